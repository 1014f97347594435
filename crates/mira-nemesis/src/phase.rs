//! One phase: an installation, what happens to it, and what must have been seen.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::clock::Stamp;
use crate::fault::Fault;
use crate::ghosts::Ghosts;
use crate::installation::{Installation, Plan};
use crate::life::{self, Scene};
use crate::record::{Expected, Record};
use crate::strike::strike_on;
use crate::{lag, limits, witness};

/// Requests that a stopped node owes are waited for so long.
const PROBE_PATIENCE: Duration = Duration::from_secs(25);
/// Connections on which dead keys are presented, for each node.
const HAUNTERS: usize = 2;
/// A phase that has not seen enough goes on for so many times its time, and for so long
/// for each thing that must be done.
const OVERTIME: u32 = 4;
const EPISODE: Duration = Duration::from_secs(15);
/// Keys that die at the same time where times are judged as of a healthy installation:
/// more would wait for the processors, which every dying key keeps busy on each node.
const HEALTHY_KEYS: usize = 6;
/// What 99 of 100 revocations take there, at most.
const HEALTHY_P99: Duration = Duration::from_millis(50);

/// What a phase is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Phase {
    pub(crate) name: &'static str,
    pub(crate) house: House,
    pub(crate) trial: Trial,
}

/// What happens in a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trial {
    /// Keys die. Each fault strikes as often as the others; none, if empty.
    Deaths(&'static [Fault]),
    /// Keys die without a fault, as few at a time as leave the processors room: how
    /// long they take to die is judged.
    Health,
    /// Keys die, and a standby that lacks their deaths is promoted.
    Lag,
    /// Keys with a limit are used beyond it.
    Limits,
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
    /// Standbys that are promoted where any is.
    pub(crate) promotions: u64,
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
    /// Nothing did, but something took longer than the contract says.
    TooSlow,
    /// The phase proves nothing.
    Invalid(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed => write!(f, "passed"),
            Self::Violated => write!(f, "VIOLATED"),
            Self::TooSlow => write!(f, "TOO SLOW"),
            Self::Invalid(why) => write!(f, "INVALID ({why})"),
        }
    }
}

impl Phase {
    /// A slow renewal must fit into half a lease to be worth a late reply.
    pub(crate) fn lease(&self, lease: Duration) -> Duration {
        let is_slow = self.trial == Trial::Deaths(&[Fault::Fading]);
        if is_slow { lease * 2 } else { lease }
    }

    /// Its own part of the run's seed, whichever other phases run.
    pub(crate) fn seed(&self, seed: u64) -> u64 {
        let name = self.name.bytes();
        name.fold(seed, |seed, byte| seed.rotate_left(8) ^ u64::from(byte))
    }

    /// Whether keys die in it.
    pub(crate) fn has_deaths(&self) -> bool {
        self.trial != Trial::Limits
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
            record: Arc::default(),
            fault: 0.into(),
            probes: std::sync::Mutex::default(),
            ghosts: Arc::default(),
        });
        let mut chance = fastrand::Rng::with_seed(extent.seed);
        let mut crowd = crowd(&scene, &mut chance);
        match self.trial {
            Trial::Deaths(faults) => self.kill_keys(&scene, faults, extent, chance).await,
            Trial::Health => {
                let keys = extent.keys.min(HEALTHY_KEYS);
                let extent = Extent { keys, ..extent };
                self.kill_keys(&scene, &[], extent, chance).await;
                scene.record.judge_health(HEALTHY_P99);
            }
            Trial::Lag => lag::play(&scene, extent, chance).await,
            Trial::Limits => limits::play(&scene, extent, chance).await,
        }
        if !extent.stops_when_found || scene.record.violations() == 0 {
            look_back(&scene).await;
        }
        crowd.shutdown().await;
        let record = Arc::clone(&scene.record);
        let verdict = self.verdict(&record, extent);
        Ok((record, verdict))
    }

    async fn kill_keys(
        &self,
        scene: &Arc<Scene>,
        faults: &'static [Fault],
        extent: Extent,
        mut chance: fastrand::Rng,
    ) {
        let is_over = Arc::new(AtomicBool::new(false));
        let striking = {
            let (scene, is_over) = (Arc::clone(scene), Arc::clone(&is_over));
            let is_over = move || is_over.load(Ordering::SeqCst);
            tokio::spawn(strike_on(scene, faults, is_over, chance.fork()))
        };
        let begun = Stamp::now();
        let mut lives = JoinSet::new();
        for _ in 0..extent.keys {
            let scene = Arc::clone(scene);
            let mut chance = chance.fork();
            let expected = self.expected(extent);
            lives.spawn(async move {
                while !extent.is_done(&scene.record, &expected, begun.elapsed()) {
                    life::live(&scene, &mut chance).await;
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
    }

    /// What must have been counted.
    fn expected(&self, extent: Extent) -> Expected {
        let faults = match self.trial {
            Trial::Deaths(faults) => faults.iter().map(|fault| extent.evidence(*fault)).collect(),
            Trial::Health => Vec::new(),
            Trial::Lag => lag::EVIDENCE.to_vec(),
            Trial::Limits => limits::EVIDENCE.to_vec(),
        };
        let deaths = self.has_deaths();
        Expected { deaths, faults }
    }

    fn verdict(&self, record: &Record, extent: Extent) -> Verdict {
        if record.violations() > 0 {
            return Verdict::Violated;
        }
        let invalid = record.invalid(&self.expected(extent));
        match invalid.map(Verdict::Invalid) {
            Some(invalid) => invalid,
            None if extent.judges_times && record.slow_count() > 0 => Verdict::TooSlow,
            None => Verdict::Passed,
        }
    }
}

impl Extent {
    /// What a fault must have done.
    fn evidence(&self, fault: Fault) -> (&'static str, u64) {
        let least = match fault {
            Fault::Failover => self.promotions,
            _ => 1,
        };
        (fault.evidence(), least)
    }

    /// Whether enough was seen, or it cannot be waited for any longer.
    pub(crate) fn is_done(&self, record: &Record, expected: &Expected, after: Duration) -> bool {
        if self.stops_when_found && record.violations() > 0 {
            return true;
        }
        let is_enough = record.kills() >= self.revocations || after >= self.time;
        let episodes: u64 = expected.faults.iter().map(|(_, least)| least).sum();
        let episodes = EPISODE * u32::try_from(episodes).unwrap_or(u32::MAX);
        let is_hopeless = after >= self.time * OVERTIME + episodes;
        is_hopeless || is_enough && record.invalid(expected).is_none()
    }
}

/// With every fault over, no dead key is accepted anywhere.
async fn look_back(scene: &Scene) {
    scene.present_latest_everywhere(usize::MAX).await;
    let mut probes = std::mem::take(
        &mut *scene
            .probes
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner),
    );
    let all = async { while probes.join_next().await.is_some() {} };
    timeout(PROBE_PATIENCE, all).await.ok();
}

/// Those who use good and dead keys on every node all the time.
fn crowd(scene: &Scene, chance: &mut fastrand::Rng) -> JoinSet<()> {
    let mut crowd = JoinSet::new();
    for node in 0..scene.installation.nodes.len() {
        let (installation, record) = (Arc::clone(&scene.installation), Arc::clone(&scene.record));
        let door = installation.door(node);
        crowd.spawn(witness::witness(installation, node, record));
        for _ in 0..HAUNTERS {
            let (ghosts, record) = (Arc::clone(&scene.ghosts), Arc::clone(&scene.record));
            crowd.spawn(Ghosts::haunt(ghosts, node, door, record, chance.fork()));
        }
    }
    crowd
}

/// Every phase, in the order of a full run.
pub(crate) const PHASES: &[Phase] = &[
    phase("single", House::Single, Trial::Deaths(Fault::SINGLE)),
    phase("healthy", House::Cluster, Trial::Health),
    phase("calm", House::Cluster, Trial::Deaths(&[])),
    phase("pause", House::Cluster, Trial::Deaths(&[Fault::Pause])),
    phase("kill", House::Cluster, Trial::Deaths(&[Fault::Kill])),
    phase("delay", House::Cluster, Trial::Deaths(&[Fault::Delay])),
    phase("mute", House::Cluster, Trial::Deaths(&[Fault::MuteNode])),
    phase("deaf", House::Cluster, Trial::Deaths(&[Fault::DeafNode])),
    phase(
        "partition",
        House::Cluster,
        Trial::Deaths(&[Fault::Partition]),
    ),
    phase("fading", House::Cluster, Trial::Deaths(&[Fault::Fading])),
    phase("loss", House::Cluster, Trial::Deaths(&[Fault::Loss])),
    phase("reset", House::Cluster, Trial::Deaths(&[Fault::Reset])),
    phase(
        "listener",
        House::Cluster,
        Trial::Deaths(&[Fault::Listener]),
    ),
    phase(
        "backends",
        House::Cluster,
        Trial::Deaths(&[Fault::Backends]),
    ),
    phase(
        "database",
        House::Cluster,
        Trial::Deaths(&[Fault::Database]),
    ),
    phase(
        "black-hole",
        House::Cluster,
        Trial::Deaths(&[Fault::BlackHole]),
    ),
    phase(
        "everything",
        House::Cluster,
        Trial::Deaths(&[Fault::Everything]),
    ),
    phase("mixed", House::Cluster, Trial::Deaths(Fault::MIXED)),
    phase(
        "failover",
        House::Cluster,
        Trial::Deaths(&[Fault::Failover]),
    ),
    phase("lag", House::Cluster, Trial::Lag),
    phase("balancer", House::Balanced, Trial::Deaths(Fault::SINGLE)),
    phase("limits", House::Cluster, Trial::Limits),
];

const fn phase(name: &'static str, house: House, trial: Trial) -> Phase {
    Phase { name, house, trial }
}
