//! A short nemesis with a fixed seed: a few faults, a few dozen keys. The full one is
//! `cargo xtask nemesis`. Times are not judged here.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use mira_nemesis::{Options, run};

async fn nemesis(phases: &str) -> ExitCode {
    let fixed = ["nemesis", "--noisy", "--phases", phases];
    let extent = ["--revocations", "40", "--promotions", "1"];
    let pace = ["--seconds", "15", "--keys", "6", "--lease-ms", "1500"];
    let mut options = Options::parse_from([&fixed[..], &extent, &pace].concat());
    options.mira = Some(PathBuf::from(env!("CARGO_BIN_EXE_mira")));
    run(&options).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_dead_key_is_accepted_while_nodes_are_paused_killed_and_cut_off() {
    let phases = "single,pause,fading,balancer";
    assert_eq!(nemesis(phases).await, ExitCode::SUCCESS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_dead_key_is_accepted_when_databases_die_and_standbys_take_over() {
    let phases = "everything,failover,lag";
    assert_eq!(nemesis(phases).await, ExitCode::SUCCESS);
}
