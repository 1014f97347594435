//! `cargo xtask bench <name>`: builds what is measured as it is released, and runs the measurement.
//! It is never part of the test run.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// Programs that the measurements use.
const PROGRAMS: [&str; 4] = ["taskset", "wrk", "nginx", "haproxy"];

/// Runs the measurements that were named; false if one could not be run.
pub(crate) fn run(root: &Path) -> bool {
    let names: Vec<String> = std::env::args().skip(2).collect();
    if names == ["streams"] {
        return streams(root);
    }
    if names == ["insights"] {
        return insights(root);
    }
    for program in PROGRAMS {
        if !is_there(program) {
            eprintln!("{program} is missing: apt-get install util-linux wrk nginx haproxy");
            return false;
        }
    }
    let build = [
        "build",
        "--profile",
        "dist",
        "--locked",
        "-p",
        "mira",
        "-p",
        "mira-bench",
    ];
    if !succeeds(Command::new("cargo").args(build).current_dir(root)) {
        return false;
    }
    if names.is_empty() {
        return succeeds(&mut Command::new(program(root)));
    }
    names
        .iter()
        .all(|name| succeeds(Command::new(program(root)).arg(name)))
}

/// Many streams at once, by a program that needs none of the others.
fn streams(root: &Path) -> bool {
    let build = |package: &str, bin: &str| {
        let arguments = [
            "build",
            "--profile",
            "dist",
            "--locked",
            "-p",
            package,
            "--bin",
            bin,
        ];
        succeeds(Command::new("cargo").args(arguments).current_dir(root))
    };
    let folder = root.join("target/dist");
    build("mira", "mira")
        && build("mira-testkit", "mira-streams")
        && succeeds(Command::new(folder.join("mira-streams")).arg(folder.join("mira")))
}

/// Team stats and insights over many meetings, in one process.
fn insights(root: &Path) -> bool {
    let arguments = [
        "bench",
        "--profile",
        "dist",
        "--locked",
        "-p",
        "mira-meetings",
        "--bench",
        "insights",
    ];
    succeeds(Command::new("cargo").args(arguments).current_dir(root))
}

fn program(root: &Path) -> PathBuf {
    root.join("target/dist/mira-bench")
}

fn is_there(program: &str) -> bool {
    let output = Command::new("which").arg(program).output();
    output.is_ok_and(|output| output.status.success())
}

fn succeeds(command: &mut Command) -> bool {
    command.status().is_ok_and(|status| status.success())
}
