//! What is done to an installation, one episode after the other.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mira_testkit::Postgres;
use rustix::process::Signal;
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::clock::Stamp;
use crate::databases::Databases;
use crate::installation::loopback;
use crate::life::Scene;
use crate::node::Node;
use crate::proxy::{Flow, Spoil};

/// A kind of episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A node is stopped and continued, with requests waiting in it.
    Pause,
    /// A node is killed and started again.
    Kill,
    /// Everything between nodes and database takes its time.
    Delay,
    /// What one node says does not arrive for a while.
    MuteNode,
    /// What the database says to one node does not arrive for a while.
    DeafNode,
    /// Nothing passes between one node and the database for a while.
    Partition,
    /// What the database says to one node takes ever longer, and then nothing passes
    /// any more: a reply that comes late must not count as a late question.
    Fading,
    /// What one node and the database say is lost, and their connections with it.
    Loss,
    /// The connections of a node are reset.
    Reset,
    /// Only the connection on which a node listens loses what it carries.
    Listener,
    /// The database's own processes are ended.
    Backends,
    /// The database is killed and started again.
    Database,
    /// No node reaches the database.
    BlackHole,
    /// The primary is killed, and its synchronous standby promoted.
    Failover,
    /// All nodes and the database are killed at once and started again.
    Everything,
}

/// The words under which the faults are counted.
pub(crate) const SIGNALS: &str = "nodes stopped";
pub(crate) const KILLS: &str = "nodes killed";
pub(crate) const BYTES: &str = "bytes spoiled";
pub(crate) const RESETS: &str = "connections reset";
pub(crate) const BACKENDS: &str = "backends ended";
pub(crate) const FAILOVERS: &str = "standbys promoted";
pub(crate) const DATABASES: &str = "databases killed";

impl Fault {
    /// The kinds that one process over a file can have.
    pub(crate) const SINGLE: &[Self] = &[Self::Pause, Self::Kill];
    /// The kinds that are mixed.
    pub(crate) const MIXED: &[Self] = &[
        Self::Pause,
        Self::Kill,
        Self::Delay,
        Self::MuteNode,
        Self::DeafNode,
        Self::Partition,
        Self::Fading,
        Self::Loss,
        Self::Reset,
        Self::Listener,
        Self::Backends,
        Self::Database,
    ];

    /// What must have been counted after a phase of it.
    pub(crate) const fn evidence(self) -> &'static str {
        match self {
            Self::Pause => SIGNALS,
            Self::Kill => KILLS,
            Self::Reset => RESETS,
            Self::Backends => BACKENDS,
            Self::Database | Self::Everything => DATABASES,
            Self::Failover => FAILOVERS,
            _ => BYTES,
        }
    }

    /// One episode, from the fault to the recovery.
    pub(crate) async fn strike(self, scene: &Scene, chance: &mut fastrand::Rng) {
        let nodes = &scene.installation.nodes;
        let Some(node) = nodes.get(chance.usize(..nodes.len())) else {
            return;
        };
        let lease = scene.installation.lease;
        let part_of_lease = |chance: &mut fastrand::Rng, from: f64, to: f64| {
            lease.mul_f64(from + chance.f64() * (to - from))
        };
        match self {
            Self::Pause => {
                let time = part_of_lease(chance, 0.1, 2.5);
                pause(scene, node, time).await;
            }
            Self::Kill => kill(scene, &[node], chance.u64(..300)).await,
            Self::Failover => fail_over(scene).await,
            Self::Everything => everything(scene).await,
            Self::Delay => {
                let flow = Flow::Delay(5..chance.u64(20..120));
                let time = part_of_lease(chance, 1.0, 3.0);
                spoil(scene, &all(nodes), &both(&flow), false, time).await;
            }
            Self::MuteNode => {
                let way = Spoil {
                    to_database: Flow::Hold,
                    ..Spoil::default()
                };
                let time = part_of_lease(chance, 0.5, 3.0);
                spoil(scene, &[node], &way, true, time).await;
            }
            Self::DeafNode => {
                let way = Spoil {
                    to_node: Flow::Hold,
                    ..Spoil::default()
                };
                let time = part_of_lease(chance, 0.5, 3.0);
                spoil(scene, &[node], &way, false, time).await;
            }
            Self::Partition => {
                let time = part_of_lease(chance, 0.5, 3.0);
                spoil(scene, &[node], &both(&Flow::Hold), true, time).await;
            }
            Self::Fading => fade(scene, node, part_of_lease(chance, 1.15, 1.4)).await,
            Self::Loss => {
                let time = part_of_lease(chance, 0.5, 3.0);
                spoil(scene, &[node], &both(&Flow::Swallow), true, time).await;
            }
            Self::Listener => {
                let way = Spoil {
                    only_listener: true,
                    ..both(&Flow::Swallow)
                };
                let time = part_of_lease(chance, 0.5, 3.0);
                spoil(scene, &[node], &way, false, time).await;
            }
            Self::BlackHole => {
                let time = part_of_lease(chance, 1.5, 3.0);
                spoil(scene, &all(nodes), &both(&Flow::Hold), true, time).await;
            }
            Self::Reset => reset(scene, node, chance).await,
            Self::Backends => end_backends(scene).await,
            Self::Database => restart_database(scene, chance.bool()).await,
        }
    }
}

/// Both directions alike.
fn both(flow: &Flow) -> Spoil {
    Spoil {
        to_database: flow.clone(),
        to_node: flow.clone(),
        only_listener: false,
    }
}

fn all(nodes: &[Node]) -> Vec<&Node> {
    nodes.iter().collect()
}

async fn pause(scene: &Scene, node: &Node, time: Duration) {
    node.begin_trouble();
    scene.begin_fault();
    let is_stopped = node.signal(Signal::STOP);
    scene.record.fault(SIGNALS, u64::from(is_stopped));
    sleep(time).await;
    node.signal(Signal::CONT);
    recover(scene, &[node]).await;
    scene.end_fault();
}

fn primary(scene: &Scene) -> Option<Arc<Postgres>> {
    let databases = scene.installation.databases.as_ref();
    databases.map(Databases::primary)
}

/// Waits until the nodes serve again, and judges the time.
async fn recover(scene: &Scene, nodes: &[&Node]) {
    let healed_at = Stamp::now();
    for node in nodes {
        let key = &scene.installation.witness;
        node.recover(key, healed_at, &scene.record).await;
    }
}

async fn kill(scene: &Scene, nodes: &[&Node], pause_ms: u64) {
    scene.begin_fault();
    for node in nodes {
        node.begin_trouble();
        let is_killed = block_in_place(|| node.kill());
        scene.record.fault(KILLS, u64::from(is_killed));
    }
    sleep(Duration::from_millis(pause_ms)).await;
    for node in nodes {
        block_in_place(|| node.start());
    }
    recover(scene, nodes).await;
    scene.end_fault();
}

async fn everything(scene: &Scene) {
    let nodes = all(&scene.installation.nodes);
    if let Some(postgres) = primary(scene) {
        for node in &nodes {
            node.begin_trouble();
        }
        block_in_place(|| postgres.kill());
        scene.record.fault(DATABASES, 1);
        for node in &nodes {
            let is_killed = block_in_place(|| node.kill());
            scene.record.fault(KILLS, u64::from(is_killed));
        }
        block_in_place(|| postgres.start_again());
    }
    kill(scene, &nodes, 0).await;
}

async fn fade(scene: &Scene, node: &Node, time: Duration) {
    let slow = Spoil {
        to_node: Flow::Delay(180..220),
        ..Spoil::default()
    };
    node.spoil(slow, false);
    sleep(scene.installation.lease.mul_f64(0.7)).await;
    spoil(scene, &[node], &both(&Flow::Hold), true, time).await;
}

/// Spoils the way of some nodes for a time.
async fn spoil(scene: &Scene, nodes: &[&Node], way: &Spoil, cuts: bool, time: Duration) {
    let spoiled = || -> u64 {
        let proxies = nodes.iter().filter_map(|node| node.proxy.as_ref());
        proxies
            .map(|proxy| proxy.counters().spoiled.load(Ordering::Relaxed))
            .sum()
    };
    let before = spoiled();
    scene.begin_fault();
    for node in nodes {
        node.spoil(way.clone(), cuts);
    }
    sleep(time).await;
    scene.record.fault(BYTES, spoiled() - before);
    for node in nodes {
        node.heal();
    }
    recover(scene, nodes).await;
    scene.end_fault();
}

async fn reset(scene: &Scene, node: &Node, chance: &mut fastrand::Rng) {
    let Some(proxy) = &node.proxy else { return };
    let before = proxy.counters().reset.load(Ordering::Relaxed);
    scene.begin_fault();
    node.begin_trouble();
    for _ in 0..chance.u8(1..6) {
        proxy.reset(chance.u8(..3) == 0);
        sleep(Duration::from_millis(chance.u64(10..200))).await;
    }
    recover(scene, &[node]).await;
    let count = proxy.counters().reset.load(Ordering::Relaxed) - before;
    scene.record.fault(RESETS, count);
    scene.end_fault();
}

async fn end_backends(scene: &Scene) {
    let Some(postgres) = primary(scene) else {
        return;
    };
    let nodes = all(&scene.installation.nodes);
    scene.begin_fault();
    for node in &nodes {
        node.begin_trouble();
    }
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity \
               WHERE usename IS NOT NULL AND pid <> pg_backend_pid() ORDER BY random() LIMIT 4) b";
    let count = block_in_place(|| postgres.execute("postgres", sql));
    scene.record.fault(BACKENDS, count.parse().unwrap_or(0));
    recover(scene, &nodes).await;
    scene.end_fault();
}

async fn restart_database(scene: &Scene, by_signal: bool) {
    let Some(postgres) = primary(scene) else {
        return;
    };
    let nodes = all(&scene.installation.nodes);
    scene.begin_fault();
    for node in &nodes {
        node.begin_trouble();
    }
    block_in_place(|| {
        if by_signal {
            postgres.kill();
        } else {
            postgres.stop("fast");
        }
    });
    scene.record.fault(DATABASES, 1);
    sleep(Duration::from_millis(300)).await;
    block_in_place(|| postgres.start_again());
    recover(scene, &nodes).await;
    scene.end_fault();
}

async fn fail_over(scene: &Scene) {
    let Some(databases) = &scene.installation.databases else {
        return;
    };
    let nodes = all(&scene.installation.nodes);
    block_in_place(|| databases.add_synchronous_standby());
    // Some keys are to die while the commits wait for the standby.
    sleep(Duration::from_millis(500)).await;
    scene.begin_fault();
    for node in &nodes {
        node.begin_trouble();
    }
    if let Some(primary) = block_in_place(|| databases.fail_over()) {
        scene.record.fault(FAILOVERS, 1);
        for proxy in nodes.iter().filter_map(|node| node.proxy.as_ref()) {
            proxy.repoint(loopback(primary.port()));
        }
    }
    recover(scene, &nodes).await;
    scene.end_fault();
}

/// Strikes until told to stop, and never stops in the middle.
pub(crate) async fn strike_on(
    scene: Arc<Scene>,
    faults: &'static [Fault],
    is_over: impl Fn() -> bool,
    mut chance: fastrand::Rng,
) {
    while !is_over() {
        sleep(Duration::from_millis(chance.u64(100..600))).await;
        if let Some(fault) = faults.get(chance.usize(..faults.len().max(1))) {
            fault.strike(&scene, &mut chance).await;
        } else {
            return;
        }
    }
}
