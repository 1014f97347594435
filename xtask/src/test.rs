//! The one command before a change is merged: sets the machine up, then runs every check and every
//! test, cheapest first, and stops at the first that fails.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use crate::{setup, tidy};

/// One stage of the run.
struct Step {
    name: &'static str,
    run: fn(&Path) -> Outcome,
}

enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

const STEPS: &[Step] = &[
    Step {
        name: "set-up",
        run: set_up,
    },
    Step {
        name: "format",
        run: |root| cargo(root, &["fmt", "--all", "--check"]),
    },
    Step {
        name: "clippy",
        run: clippy,
    },
    Step {
        name: "tidy",
        run: |root| Outcome::of(tidy::run(root)),
    },
    Step {
        name: "tests",
        run: |root| cargo(root, &["test", "--workspace", "--locked"]),
    },
    Step {
        name: "planted bugs",
        run: find_planted,
    },
    Step {
        name: "documentation",
        run: document,
    },
    Step {
        name: "dependency policy",
        run: deny,
    },
];

/// Runs all steps; false if one failed.
pub(crate) fn run(root: &Path) -> bool {
    let started = now();
    for step in STEPS {
        println!("== {}", step.name);
        let step_started = now();
        let outcome = (step.run)(root);
        let time = seconds(step_started.elapsed());
        match outcome {
            Outcome::Passed => println!("== {}: passed in {time}", step.name),
            Outcome::Skipped(why) => println!("== {}: skipped, {why}", step.name),
            Outcome::Failed => {
                eprintln!("== {}: FAILED after {time}", step.name);
                return false;
            }
        }
    }
    println!("== all passed in {}", seconds(started.elapsed()));
    true
}

fn set_up(root: &Path) -> Outcome {
    match setup::prepare() {
        Ok(()) => {
            setup::prepare_envoy(root);
            Outcome::Passed
        }
        Err(error) => {
            eprintln!("{error}");
            Outcome::Failed
        }
    }
}

fn clippy(root: &Path) -> Outcome {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    cargo(root, &arguments)
}

/// What finds nothing in the tests must find what is there to be found, in a build of its
/// own. With `--workspace` what comes from elsewhere has the features of the tests, and is
/// not built again.
fn find_planted(root: &Path) -> Outcome {
    let arguments = [
        "test",
        "--workspace",
        "--features",
        "mira-nemesis/planted",
        "--test",
        "planted",
        "--locked",
    ];
    cargo(root, &arguments)
}

fn document(root: &Path) -> Outcome {
    let mut command = Command::new("cargo");
    command
        .args(["doc", "--workspace", "--no-deps", "--locked"])
        .env("RUSTDOCFLAGS", "-D warnings");
    Outcome::of_command(command.current_dir(root))
}

fn deny(root: &Path) -> Outcome {
    if !setup::is_installed("cargo-deny") {
        return Outcome::Skipped("cargo-deny is not installed");
    }
    cargo(
        root,
        &["deny", "--offline", "check", "licenses", "bans", "sources"],
    )
}

fn cargo(root: &Path, arguments: &[&str]) -> Outcome {
    Outcome::of_command(Command::new("cargo").args(arguments).current_dir(root))
}

impl Outcome {
    fn of(passed: bool) -> Self {
        if passed { Self::Passed } else { Self::Failed }
    }

    fn of_command(command: &mut Command) -> Self {
        match command.status() {
            Ok(status) => Self::of(status.success()),
            Err(error) => {
                eprintln!("cannot start {}: {error}", command.get_program().display());
                Self::Failed
            }
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch for the person who waits"
)]
fn now() -> Instant {
    Instant::now()
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
