//! One phase: an installation, a fault, and keys that are killed meanwhile.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::clock::Stamp;
use crate::fault::{self, Fault};
use crate::ghosts::Ghosts;
use crate::installation::{Installation, Plan};
use crate::life::{self, Scene};
use crate::record::Record;
use crate::witness;

/// Requests that a stopped node owes are waited for so long.
const PROBE_PATIENCE: Duration = Duration::from_secs(25);
/// Connections on which dead keys are presented, for each node.
const HAUNTERS: usize = 2;

/// What a phase is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    pub(crate) house: House,
    /// What is done meanwhile, each at least once; nothing, if empty.
    pub(crate) faults: &'static [Fault],
}

/// What the phase happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum House {
    /// One node over a file.
    Single,
    /// Nodes over a database.
    Cluster,
    /// The same behind a balancer.
    Balanced,
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub(crate) seed: u64,
    pub(crate) revocations: usize,
    pub(crate) time: Duration,
    /// Keys that live at the same time.
    pub(crate) keys: usize,
    /// Whether one violation is enough.
    pub(crate) stops_when_found: bool,
    /// Whether the machine is quiet enough to judge times.
    pub(crate) judges_times: bool,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    /// Something happened that must not.
    Violated,
    /// The phase proves nothing.
    Invalid(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => write!(f, "passed"),
            Self::Violated => write!(f, "VIOLATED"),
            Self::Invalid(why) => write!(f, "INVALID ({why})"),
        }
    }
}

impl Phase {
    /// A slow renewal must fit into half a lease to be worth a late reply.
    pub(crate) fn lease(&self, lease: Duration) -> Duration {
        let is_slow = self.faults == [Fault::Fading];
        if is_slow { lease * 2 } else { lease }
    }

    /// Its own part of the run's seed, whichever other phases run.
    pub(crate) fn seed(&self, seed: u64) -> u64 {
        let name = self.name.bytes();
        name.fold(seed, |seed, byte| seed.rotate_left(8) ^ u64::from(byte))
    }

    /// Runs it, and gives what was counted and what that means.
    pub(crate) async fn run(
        &self,
        plan: &Plan,
        extent: Extent,
    ) -> io::Result<(Arc<Record>, Verdict)> {
        let installation = match self.house {
            House::Single => Installation::single(plan).await?,
            House::Cluster => Installation::cluster(plan).await?,
            House::Balanced => Installation::balanced(plan).await?,
        };
        let scene = Arc::new(Scene {
            installation: Arc::new(installation),
            record: Arc::new(Record::default()),
            fault: 0.into(),
            probes: std::sync::Mutex::default(),
        });
        self.play(&scene, extent).await;
        let record = Arc::clone(&scene.record);
        let verdict = self.verdict(&record, extent.judges_times);
        Ok((record, verdict))
    }

    async fn play(&self, scene: &Arc<Scene>, extent: Extent) {
        let mut chance = fastrand::Rng::with_seed(extent.seed);
        let ghosts = Arc::new(Ghosts::default());
        let mut crowd = crowd(scene, &ghosts, &mut chance);
        let is_over = Arc::new(AtomicBool::new(false));
        let striking = {
            let (scene, is_over) = (Arc::clone(scene), Arc::clone(&is_over));
            let is_over = move || is_over.load(Ordering::SeqCst);
            tokio::spawn(fault::strike_on(scene, self.faults, is_over, chance.fork()))
        };
        let begun = Stamp::now();
        let mut lives = JoinSet::new();
        for _ in 0..extent.keys {
            let (scene, ghosts) = (Arc::clone(scene), Arc::clone(&ghosts));
            let mut chance = chance.fork();
            let expected = self.evidence();
            lives.spawn(async move {
                let is_done = || {
                    let record = &scene.record;
                    let is_enough = record.kills() >= extent.revocations;
                    let is_found = extent.stops_when_found && record.violations() > 0;
                    is_found || is_enough && record.invalid(&expected).is_none()
                };
                while !is_done() && begun.elapsed() < extent.time {
                    if let Some(victim) = life::live(&scene, &mut chance).await {
                        ghosts.add(victim);
                    }
                }
            });
        }
        let ended = lives.join_all().await.len();
        is_over.store(true, Ordering::SeqCst);
        let struck = striking.await;
        if ended != extent.keys || struck.is_err() {
            scene
                .record
                .violation("the nemesis itself failed".to_owned());
        }
        if !extent.stops_when_found || scene.record.violations() == 0 {
            self.look_back(scene, &ghosts).await;
        }
        crowd.shutdown().await;
    }

    /// With every fault over, no dead key is accepted anywhere.
    async fn look_back(&self, scene: &Scene, ghosts: &Ghosts) {
        for node in &scene.installation.nodes {
            if !ghosts.call_all(node.index, node.address).await {
                let index = node.index;
                scene
                    .record
                    .violation(format!("node {index} does not answer at the end"));
            }
        }
        let mut probes = std::mem::take(
            &mut *scene
                .probes
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        let all = async { while probes.join_next().await.is_some() {} };
        timeout(PROBE_PATIENCE, all).await.ok();
    }

    /// What must have been counted.
    fn evidence(&self) -> Vec<&'static str> {
        self.faults.iter().map(|fault| fault.evidence()).collect()
    }

    fn verdict(&self, record: &Record, judges_times: bool) -> Verdict {
        if record.violations() > 0 || judges_times && record.slow_count() > 0 {
            return Verdict::Violated;
        }
        record
            .invalid(&self.evidence())
            .map_or(Verdict::Passed, Verdict::Invalid)
    }
}

/// Those who use good and dead keys on every node all the time.
fn crowd(scene: &Arc<Scene>, ghosts: &Arc<Ghosts>, chance: &mut fastrand::Rng) -> JoinSet<()> {
    let mut crowd = JoinSet::new();
    for node in 0..scene.installation.nodes.len() {
        let (installation, record) = (Arc::clone(&scene.installation), Arc::clone(&scene.record));
        let door = installation.door(node);
        crowd.spawn(witness::witness(installation, node, record));
        for _ in 0..HAUNTERS {
            let record = Arc::clone(&scene.record);
            crowd.spawn(Arc::clone(ghosts).haunt(node, door, record, chance.fork()));
        }
    }
    crowd
}

/// Every phase that kills keys, in the order of a full run.
pub(crate) const PHASES: &[Phase] = &[
    phase("single", House::Single, Fault::SINGLE),
    phase("calm", House::Cluster, &[]),
    phase("pause", House::Cluster, &[Fault::Pause]),
    phase("kill", House::Cluster, &[Fault::Kill]),
    phase("delay", House::Cluster, &[Fault::Delay]),
    phase("mute", House::Cluster, &[Fault::MuteNode]),
    phase("deaf", House::Cluster, &[Fault::DeafNode]),
    phase("partition", House::Cluster, &[Fault::Partition]),
    phase("fading", House::Cluster, &[Fault::Fading]),
    phase("loss", House::Cluster, &[Fault::Loss]),
    phase("reset", House::Cluster, &[Fault::Reset]),
    phase("listener", House::Cluster, &[Fault::Listener]),
    phase("backends", House::Cluster, &[Fault::Backends]),
    phase("database", House::Cluster, &[Fault::Database]),
    phase("black-hole", House::Cluster, &[Fault::BlackHole]),
    phase("everything", House::Cluster, &[Fault::Everything]),
    phase("mixed", House::Cluster, Fault::MIXED),
    phase("failover", House::Cluster, &[Fault::Failover]),
    phase("balancer", House::Balanced, Fault::SINGLE),
];

const fn phase(name: &'static str, house: House, faults: &'static [Fault]) -> Phase {
    Phase {
        name,
        house,
        faults,
    }
}
