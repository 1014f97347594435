//! The nemesis is tested itself: it must find every planted bug, and nothing where
//! none is planted.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use mira_verifier::planted::Bug;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::clock::Stamp;
use crate::phase::{Extent, PHASES, Verdict};
use crate::{Options, perform};

/// The phases that find the bugs.
const NEEDED: &[&str] = &["calm", "delay", "partition", "fading"];
/// Keys that die in each of these phases where no bug is planted.
const REVOCATIONS: usize = 20;
/// So many times the time of a phase may pass until a bug is found.
const PATIENCE: u32 = 3;
/// Installations at the same time: each waits more than it works.
const AT_ONCE: usize = 2;

/// A phase of one installation, with a bug or without.
#[derive(Clone)]
struct Case {
    phase: &'static str,
    bug: Option<Bug>,
}

/// Where a bug shows.
const fn phase_of(bug: Bug) -> &'static str {
    match bug {
        Bug::Cache | Bug::Acknowledge | Bug::Stream => "calm",
        Bug::Early | Bug::Forgotten => "delay",
        Bug::Open | Bug::Refuse => "partition",
        Bug::Reply => "fading",
    }
}

/// What a violation says by which a bug is known, one or the other.
const fn signs_of(bug: Bug) -> &'static [&'static str] {
    match bug {
        Bug::Stream => &["a stream"],
        Bug::Refuse => &["to a good key"],
        // What is not published yet may be a new key, too.
        Bug::Acknowledge => &["accepted", "to a good key"],
        Bug::Cache | Bug::Early | Bug::Forgotten | Bug::Open | Bug::Reply => &["accepted"],
    }
}

/// Runs a binary with each of its bugs, and without one.
pub(crate) async fn find(options: &Options, binary: &Path) -> ExitCode {
    let begun = Stamp::now();
    let is_chosen = |case: &Case| {
        options.phases.is_empty() || options.phases.iter().any(|name| name == case.phase)
    };
    let with_bugs = Bug::ALL.iter().map(|bug| Case {
        phase: phase_of(*bug),
        bug: Some(*bug),
    });
    let clean = NEEDED.iter().map(|phase| Case { phase, bug: None });
    let cases: Vec<_> = with_bugs.chain(clean).filter(is_chosen).collect();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut trying = JoinSet::new();
    for case in cases.clone() {
        let (options, binary) = (options.clone(), PathBuf::from(binary));
        let places = Arc::clone(&places);
        trying.spawn(async move {
            let place = places.acquire().await;
            let is_right = place.is_ok() && case.is_right(&options, &binary).await;
            (case.bug, is_right)
        });
    }
    let right = trying.join_all().await;
    let right = right.into_iter().filter(|(_, is_right)| *is_right);
    let (bugs, clean): (Vec<_>, Vec<_>) = right.partition(|(bug, _)| bug.is_some());
    let names: Vec<_> = bugs
        .iter()
        .filter_map(|(bug, _)| Some(bug.as_ref()?.name()))
        .collect();
    let (planted, needed): (Vec<_>, Vec<_>) = cases.iter().partition(|case| case.bug.is_some());
    println!(
        "planted bugs found {} of {} in {:.0?}: {}",
        names.len(),
        planted.len(),
        begun.elapsed(),
        names.join(", ")
    );
    let (clean, needed) = (clean.len(), needed.len());
    println!("phases that passed without one: {clean} of {needed}");
    if names.len() == planted.len() && clean == needed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

impl Case {
    /// A late reply is found by a key that dies in the moments before it.
    fn crowd(&self) -> usize {
        if self.bug == Some(Bug::Reply) { 2 } else { 1 }
    }

    /// Whether what came of it is what must: the bug is found by its own sign, or
    /// there is nothing to be found.
    async fn is_right(&self, options: &Options, binary: &Path) -> bool {
        let Some(phase) = PHASES.iter().find(|phase| phase.name == self.phase) else {
            return false;
        };
        let mut plan = options.plan(phase, binary);
        plan.bug = self.bug.map(|bug| bug.name().to_owned());
        let extent = options.extent(phase, 1);
        let extent = Extent {
            // With a bug, until it is found or the time is over.
            revocations: self.bug.map_or(REVOCATIONS, |_| usize::MAX),
            time: extent.time * PATIENCE,
            stops_when_found: true,
            judges_times: false,
            keys: options.keys * self.crowd(),
            ..extent
        };
        let name = self.bug.map_or("nothing", Bug::name);
        let title = format!("planted: {name}, in {}", self.phase);
        let (record, verdict) = perform(&title, phase, &plan, extent).await;
        match self.bug {
            Some(bug) => {
                let has_sign = signs_of(bug).iter().any(|sign| record.has_violation(sign));
                verdict == Verdict::Violated && has_sign
            }
            None => verdict == Verdict::Passed,
        }
    }
}
