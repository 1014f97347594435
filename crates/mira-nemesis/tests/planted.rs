//! What finds nothing must be able to find something.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use mira_nemesis::{Options, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_planted_bug_is_found_and_nothing_without_one() {
    let mut options =
        Options::parse_from(["nemesis", "--planted", "--keys", "6", "--lease-ms", "1500"]);
    options.mira = Some(PathBuf::from(env!("CARGO_BIN_EXE_mira-planted")));
    assert_eq!(run(&options).await, ExitCode::SUCCESS);
}
