//! A short nemesis with a fixed seed: a few faults, a few dozen keys. The full one is
//! `cargo xtask nemesis`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use mira_nemesis::{Options, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_dead_key_is_accepted_while_nodes_are_paused_killed_and_cut_off() {
    let mut options = Options::parse_from([
        "nemesis",
        "--noisy",
        "--phases",
        "single,pause,fading,everything,balancer",
        "--revocations",
        "60",
        "--seconds",
        "30",
        "--keys",
        "6",
    ]);
    options.mira = Some(PathBuf::from(env!("CARGO_BIN_EXE_mira")));
    assert_eq!(run(&options).await, ExitCode::SUCCESS);
}
