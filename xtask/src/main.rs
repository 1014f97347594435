//! Checks and jobs for developers, run as `cargo xtask <verb>`: what the compiler and clippy cannot
//! see about this repository, and the one command that sets a machine up and tests everything.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program speaks to its terminal"
)]

mod bench;
mod edges;
mod nemesis;
mod setup;
mod test;
mod tidy;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// One thing that can be asked for.
struct Verb {
    name: &'static str,
    about: &'static str,
    /// Given the repository's root, whether all is well.
    run: fn(&Path) -> bool,
}

const VERBS: &[Verb] = &[
    Verb {
        name: "test",
        about: "set the machine up, then format, lint, tidy, test and document everything",
        run: test::run,
    },
    Verb {
        name: "nemesis",
        about: "break a running installation while keys are revoked; `nemesis --help` says how",
        run: nemesis::run,
    },
    Verb {
        name: "bench",
        about: "measure against floors: verify, http, gateway, memory, start, revoke",
        run: bench::run,
    },
    Verb {
        name: "tidy",
        about: "check what holds for the repository as a whole; one line per finding",
        run: tidy::run,
    },
];

fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    if ["help", "--help", "-h"].contains(&name.as_str()) {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(verb) = VERBS.iter().find(|verb| verb.name == name) else {
        eprint!("unknown verb `{name}`\n\n{}", help());
        return ExitCode::from(2);
    };
    if (verb.run)(&root()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn help() -> String {
    let mut text = "usage: cargo xtask <verb>\n\n".to_owned();
    for verb in VERBS {
        text.extend(["  ", verb.name, "  ", verb.about, "\n"]);
    }
    text
}

/// The repository: the folder above this crate's.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
