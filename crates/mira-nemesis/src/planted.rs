//! The nemesis is tested itself: it must find every planted bug, and nothing where
//! none is planted.

use std::path::Path;
use std::process::ExitCode;

use mira_verifier::planted::Bug;

use crate::clock::Stamp;
use crate::phase::{Extent, PHASES, Verdict};
use crate::{Options, perform};

/// The phases that find the bugs.
const NEEDED: &[&str] = &["calm", "delay", "partition", "fading"];
/// Keys that die in each of these phases where no bug is planted.
const REVOCATIONS: usize = 20;

/// Where a bug shows.
const fn phase_of(bug: Bug) -> &'static str {
    match bug {
        Bug::Cache | Bug::Acknowledge | Bug::Stream => "calm",
        Bug::Early | Bug::Forgotten => "delay",
        Bug::Open | Bug::Refuse => "partition",
        Bug::Reply => "fading",
    }
}

/// Runs a binary with each of its bugs, and without one.
pub(crate) async fn find(options: &Options, binary: &Path) -> ExitCode {
    let begun = Stamp::now();
    let mut found = 0;
    let is_chosen =
        |phase: &str| options.phases.is_empty() || options.phases.iter().any(|name| name == phase);
    let bugs = Bug::ALL.iter().copied();
    let bugs: Vec<_> = bugs.filter(|bug| is_chosen(phase_of(*bug))).collect();
    let needed: Vec<_> = NEEDED.iter().filter(|phase| is_chosen(phase)).collect();
    for bug in bugs.iter().copied() {
        println!("planted: {}", bug.name());
        let verdict = try_one(options, binary, phase_of(bug), Some(bug)).await;
        if verdict == Verdict::Violated {
            found += 1;
        }
    }
    println!("planted: nothing");
    let mut clean = 0;
    for name in &needed {
        if try_one(options, binary, name, None).await == Verdict::Passed {
            clean += 1;
        }
    }
    let (all, needed) = (bugs.len(), needed.len());
    println!(
        "planted bugs found {found} of {all} in {:.0?}",
        begun.elapsed()
    );
    println!("phases that passed without one: {clean} of {needed}");
    if found == all && clean == needed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn try_one(options: &Options, binary: &Path, name: &str, bug: Option<Bug>) -> Verdict {
    let Some(phase) = PHASES.iter().find(|phase| phase.name == name) else {
        return Verdict::Invalid(format!("no phase is called {name}"));
    };
    let mut plan = options.plan(phase, binary);
    plan.bug = bug.map(|bug| bug.name().to_owned());
    let extent = Extent {
        // With a bug, until it is found or the time is over.
        revocations: bug.map_or(REVOCATIONS, |_| usize::MAX),
        stops_when_found: true,
        judges_times: false,
        ..options.extent(phase, 1)
    };
    perform(phase, &plan, extent).await.1
}
