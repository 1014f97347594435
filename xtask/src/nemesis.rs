//! Builds the product and its nemesis, and lets the one loose on the other. The harness is a crate
//! of its own, so that this one stays free of what a server needs.

use std::{path::Path, process::Command};

/// What builds the product without bugs.
const PRODUCT: &[&str] = &["build", "--package", "mira"];
const NEMESIS: &[&str] = &["--package", "mira-nemesis"];
/// What builds it with those that the nemesis must find.
const PLANTED: &[&str] = &["--features", "mira-nemesis/planted"];

/// Passes everything behind the verb on, but for `--release`, which says how to build.
pub(crate) fn run(root: &Path) -> bool {
    let (profile, arguments): (Vec<_>, Vec<_>) = std::env::args()
        .skip(2)
        .partition(|argument| argument == "--release");
    let is_planted = arguments.iter().any(|argument| argument == "--planted");
    let features = if is_planted { PLANTED } else { &[] };
    let product = if is_planted {
        [&["build"], NEMESIS, features].concat()
    } else {
        PRODUCT.to_vec()
    };
    let nemesis = [&["run"], NEMESIS, features, &["--bin", "mira-nemesis"]].concat();
    let arguments = [vec!["--".to_owned()], arguments].concat();
    cargo(root, &product, &profile, &[]) && cargo(root, &nemesis, &profile, &arguments)
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
