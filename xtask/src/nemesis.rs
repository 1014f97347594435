//! Builds the product and its nemesis, and lets the one loose on the other. The harness is a crate
//! of its own, so that this one stays free of what a server needs.

use std::{path::Path, process::Command};

/// Passes everything behind the verb on; `--release` says how to build.
pub(crate) fn run(root: &Path) -> bool {
    let (profile, arguments): (Vec<_>, Vec<_>) = std::env::args()
        .skip(2)
        .partition(|argument| argument == "--release");
    let build = ["build", "--package", "mira", "--package", "mira-nemesis"];
    let mut nemesis = vec!["run", "--quiet", "--package", "mira-nemesis"];
    nemesis.extend(["--bin", "mira-nemesis"]);
    cargo(root, &build, &profile, &[])
        && cargo(
            root,
            &nemesis,
            &profile,
            &[vec!["--".to_owned()], arguments].concat(),
        )
}

fn cargo(root: &Path, verb: &[&str], profile: &[String], arguments: &[String]) -> bool {
    let mut command = Command::new("cargo");
    command.args(verb).args(profile).args(arguments);
    match command.current_dir(root).status() {
        Ok(status) => status.success(),
        Err(error) => {
            eprintln!("cannot start cargo: {error}");
            false
        }
    }
}
