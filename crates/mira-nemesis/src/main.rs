//! The command line of the nemesis; `cargo xtask nemesis` builds and runs it.

use std::process::ExitCode;

use clap::Parser as _;
use mira_nemesis::{Options, run};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    let options = Options::parse();
    tokio::select! {
        code = run(&options) => code,
        // What was started ends with it.
        _ = tokio::signal::ctrl_c() => ExitCode::FAILURE,
    }
}
