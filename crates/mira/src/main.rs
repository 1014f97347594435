//! The command line: `serve`, and everything an operator types. A command reads
//! its arguments, asks the server or the data folder once, and prints what came
//! back; it exits with 0 if it is done, 1 if it was refused, 2 if it cannot be
//! understood.

mod answer;
mod api;
mod commands;
mod error;
mod login;
mod page;
mod query;
mod stop;
mod table;
mod terminal;
mod trace;

use std::collections::BTreeMap;
use std::process::ExitCode;

use clap::Parser;
use mira_server::InheritedSockets;

use commands::{Arguments, Context};
use error::CommandError;
use terminal::note;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How a command that was understood ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it was asked to.
    Done,
    /// It was answered with a no, which is on stdout.
    Refused,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(refusal) => {
            // A closed terminal changes nothing about the exit code.
            let _ = refusal.print();
            return ExitCode::from(u8::try_from(refusal.exit_code()).unwrap_or(2));
        }
    };
    let context = Context {
        environment: environment(),
        json: arguments.json,
    };
    match run(arguments, &context) {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::FAILURE,
        Err(error) => {
            note(&format!("mira: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    // Before there are threads, which must not see variables change.
    let inherited = InheritedSockets::take()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CommandError::Runtime)?;
    runtime.block_on(arguments.command.run(context, inherited))
}

/// The variables of this process, read here and nowhere else. One that is not
/// Unicode means nothing here.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
