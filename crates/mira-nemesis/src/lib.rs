//! The nemesis: real nodes, a real database, real faults, and keys that are killed
//! meanwhile. It counts what the contract rules out, above all accepted requests
//! whose first byte left after the last byte of the answer that said `effective`.
//!
//! `cargo xtask nemesis` builds and runs it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line program speaks to its terminal"
)]

mod balancer;
mod clock;
mod console;
mod databases;
mod drip;
mod exchange;
mod fault;
mod ghosts;
mod installation;
mod lag;
mod life;
mod limits;
mod mutator;
mod node;
mod phase;
#[cfg(feature = "planted")]
mod planted;
mod proxy;
mod record;
mod stream;
mod strike;
mod victim;
mod witness;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;

use crate::clock::Stamp;
use crate::installation::Plan;
use crate::phase::{Extent, House, PHASES, Phase, Verdict};
use crate::record::Record;

/// Breaks an installation while keys are revoked, and counts what must not happen.
#[derive(Debug, Clone, Parser)]
#[command(name = "cargo xtask nemesis")]
pub struct Options {
    /// Makes the schedule of faults and deaths the same again
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many keys die, over all phases
    #[arg(long, default_value_t = 1_000)]
    pub revocations: usize,
    /// How many standbys are promoted
    #[arg(long, default_value_t = 3)]
    pub promotions: u64,
    /// Which phases, by name; all if absent
    #[arg(long, value_delimiter = ',')]
    pub phases: Vec<String>,
    /// The longest time of one phase
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
    /// How many nodes there are
    #[arg(long, default_value_t = 3)]
    pub nodes: usize,
    /// How many keys live at the same time
    #[arg(long, default_value_t = 12)]
    pub keys: usize,
    /// The lease of the nodes
    #[arg(long, default_value_t = 1_000)]
    pub lease_ms: u64,
    /// The machine is not quiet: times are printed and not judged
    #[arg(long)]
    pub noisy: bool,
    /// Finds the bugs of a binary that has some, and nothing in it without one
    #[arg(long)]
    pub planted: bool,
    /// The binary of the nodes; the one beside this program if absent
    #[arg(long)]
    pub mira: Option<PathBuf>,
}

/// Runs the chosen phases and prints what came of each: success only if every one
/// exercised its fault and nothing happened that must not.
pub async fn run(options: &Options) -> ExitCode {
    let phases = match chosen(&options.phases) {
        Ok(phases) => phases,
        Err(unknown) => {
            let names: Vec<_> = PHASES.iter().map(|phase| phase.name).collect();
            eprintln!(
                "no phase is called {unknown}; there are {}",
                names.join(", ")
            );
            return ExitCode::from(2);
        }
    };
    let Some(binary) = options.mira.clone().or_else(|| options.beside()) else {
        eprintln!("where is the binary of the nodes? say --mira PATH");
        return ExitCode::from(2);
    };
    if options.planted {
        #[cfg(feature = "planted")]
        return planted::find(options, &binary).await;
        #[cfg(not(feature = "planted"))]
        eprintln!("this build has no bugs; `cargo xtask nemesis --planted` makes one that has");
        #[cfg(not(feature = "planted"))]
        return ExitCode::from(2);
    }
    let begun = Stamp::now();
    println!(
        "seed {}, {} nodes, lease {} ms",
        options.seed, options.nodes, options.lease_ms
    );
    let (mut kills, mut failed) = (0, Vec::new());
    let deadly = phases.iter().filter(|phase| phase.has_deaths()).count();
    for phase in &phases {
        let extent = options.extent(phase, deadly);
        let plan = options.plan(phase, &binary);
        let (record, verdict) = perform(phase.name, phase, &plan, extent).await;
        kills += record.kills();
        if verdict != Verdict::Passed {
            failed.push(phase.name);
        }
    }
    let (number, time) = (phases.len(), begun.elapsed());
    println!("{kills} revocations in {number} phases in {time:.0?}");
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("failed: {}", failed.join(", "));
    ExitCode::FAILURE
}

/// Runs one phase and prints what came of it.
async fn perform(
    title: &str,
    phase: &Phase,
    plan: &Plan,
    extent: Extent,
) -> (Arc<Record>, Verdict) {
    let begun = Stamp::now();
    let (record, verdict) = phase.run(plan, extent).await.unwrap_or_else(|reason| {
        let verdict = Verdict::Invalid(reason.to_string());
        (Arc::default(), verdict)
    });
    // At once, as others may be performed beside it.
    let time = begun.elapsed();
    println!("{title}\n{record}  {verdict} in {time:.1?}");
    (record, verdict)
}

impl Options {
    /// The binary in the folder of this program.
    fn beside(&self) -> Option<PathBuf> {
        let name = if self.planted { "mira-planted" } else { "mira" };
        let binary = std::env::current_exe().ok()?.with_file_name(name);
        binary.is_file().then_some(binary)
    }

    fn plan(&self, phase: &Phase, binary: &Path) -> Plan {
        let is_single = phase.house == House::Single;
        Plan {
            binary: binary.to_owned(),
            nodes: if is_single { 1 } else { self.nodes },
            lease: phase.lease(Duration::from_millis(self.lease_ms)),
            bug: None,
        }
    }

    fn extent(&self, phase: &Phase, phases: usize) -> Extent {
        Extent {
            seed: phase.seed(self.seed),
            revocations: self.revocations.div_ceil(phases.max(1)),
            promotions: self.promotions,
            time: Duration::from_secs(self.seconds),
            keys: self.keys,
            stops_when_found: false,
            judges_times: !self.noisy,
        }
    }
}

/// The phases of these names, or the name that none has.
fn chosen(names: &[String]) -> Result<Vec<Phase>, &String> {
    if names.is_empty() {
        return Ok(PHASES.to_vec());
    }
    let of_name = |name: &String| PHASES.iter().find(|phase| phase.name == *name).copied();
    names.iter().map(|name| of_name(name).ok_or(name)).collect()
}
