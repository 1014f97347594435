//! Faults as they are done to an installation, one episode after the other, each from
//! the fault to the recovery.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mira_testkit::Postgres;
use rustix::process::Signal;
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::clock::Stamp;
use crate::databases::Databases;
use crate::fault::Fault;
use crate::installation::loopback;
use crate::life::Scene;
use crate::node::Node;
use crate::proxy::{Flow, Spoil};

/// How long keys may take to die after an episode, leases of killed nodes included.
const DEATH_PATIENCE: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_millis(10);

/// Strikes until told to stop, with each fault as often as the others, and never stops
/// in the middle. After each episode a key dies before the next one begins.
pub(crate) async fn strike_on(
    scene: Arc<Scene>,
    faults: &'static [Fault],
    is_over: impl Fn() -> bool,
    mut chance: fastrand::Rng,
) {
    while !is_over() && !faults.is_empty() {
        let mut round = faults.to_vec();
        chance.shuffle(&mut round);
        for fault in round {
            sleep(Duration::from_millis(chance.u64(100..600))).await;
            if is_over() {
                return;
            }
            strike(fault, &scene, &mut chance).await;
            await_deaths(&scene, Stamp::now(), 1, &is_over).await;
        }
    }
}

/// Waits until so many keys have been killed by calls that were sent `since` then.
async fn await_deaths(scene: &Scene, since: Stamp, count: usize, is_over: impl Fn() -> bool) {
    let begun = Stamp::now();
    while scene.record.kills_since(since) < count && begun.elapsed() < DEATH_PATIENCE && !is_over()
    {
        sleep(STEP).await;
    }
}

/// One episode.
pub(crate) async fn strike(fault: Fault, scene: &Scene, chance: &mut fastrand::Rng) {
    let nodes = &scene.installation.nodes;
    let Some(node) = nodes.get(chance.usize(..nodes.len())) else {
        return;
    };
    let lease = scene.installation.lease;
    let time = |chance: &mut fastrand::Rng, from: f64, to: f64| {
        lease.mul_f64(from + chance.f64() * (to - from))
    };
    match fault {
        Fault::Pause => pause(scene, node, time(chance, 0.1, 2.5)).await,
        Fault::Kill => kill(scene, node, chance.u64(..300)).await,
        Fault::Reset => reset(scene, node, chance).await,
        Fault::Backends => end_backends(scene).await,
        Fault::Database => restart_database(scene, chance.bool()).await,
        Fault::Failover => fail_over(scene).await,
        Fault::Everything => kill_everything(scene).await,
        Fault::Fading => fade(scene, node, time(chance, 1.15, 1.4)).await,
        Fault::Delay => {
            let way = both(&Flow::Delay(5..chance.u64(20..120)));
            let time = time(chance, 1.0, 3.0);
            spoil(fault, scene, &all(nodes), &way, time).await;
        }
        Fault::BlackHole => {
            let time = time(chance, 1.5, 3.0);
            spoil(fault, scene, &all(nodes), &both(&Flow::Hold), time).await;
        }
        Fault::MuteNode | Fault::DeafNode | Fault::Partition | Fault::Loss | Fault::Listener => {
            let time = time(chance, 0.5, 3.0);
            spoil(fault, scene, &[node], &way(fault), time).await;
        }
    }
}

/// How the way of one node is spoiled.
fn way(fault: Fault) -> Spoil {
    match fault {
        Fault::MuteNode => Spoil {
            to_database: Flow::Hold,
            ..Spoil::default()
        },
        Fault::DeafNode => Spoil {
            to_node: Flow::Hold,
            ..Spoil::default()
        },
        Fault::Listener => Spoil {
            only_listener: true,
            ..both(&Flow::Swallow)
        },
        Fault::Loss => both(&Flow::Swallow),
        _ => both(&Flow::Hold),
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

fn primary(scene: &Scene) -> Option<Arc<Postgres>> {
    let databases = scene.installation.databases.as_ref();
    databases.map(Databases::primary)
}

fn begin(scene: &Scene, nodes: &[&Node]) {
    scene.begin_fault();
    for node in nodes {
        node.begin_trouble();
    }
}

/// Waits until the nodes serve again, and judges the time.
async fn recover(scene: &Scene, nodes: &[&Node]) {
    let healed_at = Stamp::now();
    for node in nodes {
        let key = &scene.installation.witness;
        node.recover(key, healed_at, &scene.record).await;
    }
    scene.end_fault();
}

async fn pause(scene: &Scene, node: &Node, time: Duration) {
    begin(scene, &[node]);
    let is_stopped = node.signal(Signal::STOP);
    let evidence = Fault::Pause.evidence();
    scene.record.fault(evidence, u64::from(is_stopped));
    sleep(time).await;
    node.signal(Signal::CONT);
    recover(scene, &[node]).await;
}

async fn kill(scene: &Scene, node: &Node, pause_ms: u64) {
    begin(scene, &[node]);
    let is_killed = block_in_place(|| node.kill());
    let evidence = Fault::Kill.evidence();
    scene.record.fault(evidence, u64::from(is_killed));
    sleep(Duration::from_millis(pause_ms)).await;
    block_in_place(|| node.start());
    recover(scene, &[node]).await;
}

async fn kill_everything(scene: &Scene) {
    let Some(postgres) = primary(scene) else {
        return;
    };
    let nodes = all(&scene.installation.nodes);
    begin(scene, &nodes);
    block_in_place(|| postgres.kill());
    let killed = nodes.iter().filter(|node| block_in_place(|| node.kill()));
    let is_everything = killed.count() == nodes.len();
    let evidence = Fault::Everything.evidence();
    scene.record.fault(evidence, u64::from(is_everything));
    block_in_place(|| postgres.start_again());
    for node in &nodes {
        block_in_place(|| node.start());
    }
    recover(scene, &nodes).await;
}

async fn fade(scene: &Scene, node: &Node, time: Duration) {
    let lease = scene.installation.lease;
    // Three answers of this kind still fit into the half of a lease that a renewal may
    // take.
    let late = u64::try_from(lease.as_millis() * 3 / 20).unwrap_or(0);
    let slow = Spoil {
        to_node: Flow::Delay(late..late + 10),
        ..Spoil::default()
    };
    node.spoil(slow, false);
    sleep(lease.mul_f64(0.7)).await;
    spoil(Fault::Fading, scene, &[node], &both(&Flow::Hold), time).await;
}

/// Spoils the way of some nodes for a time.
async fn spoil(fault: Fault, scene: &Scene, nodes: &[&Node], way: &Spoil, time: Duration) {
    let spoiled = || -> u64 {
        let proxies = nodes.iter().filter_map(|node| node.proxy.as_ref());
        proxies
            .map(|proxy| proxy.counters().spoiled.load(Ordering::Relaxed))
            .sum()
    };
    let before = spoiled();
    scene.begin_fault();
    for node in nodes {
        node.spoil(way.clone(), way.cuts());
    }
    sleep(time).await;
    scene.record.fault(fault.evidence(), spoiled() - before);
    for node in nodes {
        node.heal();
    }
    recover(scene, nodes).await;
}

async fn reset(scene: &Scene, node: &Node, chance: &mut fastrand::Rng) {
    let Some(proxy) = &node.proxy else { return };
    let before = proxy.counters().reset.load(Ordering::Relaxed);
    begin(scene, &[node]);
    for _ in 0..chance.u8(1..6) {
        proxy.reset(chance.u8(..3) == 0);
        sleep(Duration::from_millis(chance.u64(10..200))).await;
    }
    let count = proxy.counters().reset.load(Ordering::Relaxed) - before;
    scene.record.fault(Fault::Reset.evidence(), count);
    recover(scene, &[node]).await;
}

async fn end_backends(scene: &Scene) {
    let Some(postgres) = primary(scene) else {
        return;
    };
    let nodes = all(&scene.installation.nodes);
    begin(scene, &nodes);
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity \
               WHERE usename IS NOT NULL AND pid <> pg_backend_pid() ORDER BY random() LIMIT 4) b";
    let count = block_in_place(|| postgres.execute("postgres", sql));
    let evidence = Fault::Backends.evidence();
    scene.record.fault(evidence, count.parse().unwrap_or(0));
    recover(scene, &nodes).await;
}

async fn restart_database(scene: &Scene, by_signal: bool) {
    let Some(postgres) = primary(scene) else {
        return;
    };
    let nodes = all(&scene.installation.nodes);
    begin(scene, &nodes);
    block_in_place(|| {
        if by_signal {
            postgres.kill();
        } else {
            postgres.stop("fast");
        }
    });
    scene.record.fault(Fault::Database.evidence(), 1);
    sleep(Duration::from_millis(300)).await;
    block_in_place(|| postgres.start_again());
    recover(scene, &nodes).await;
}

/// The primary dies, and a node with it that has then nothing but what the standby
/// has. Before that, keys have died that only these two servers know of.
async fn fail_over(scene: &Scene) {
    let Some(databases) = &scene.installation.databases else {
        return;
    };
    let nodes = all(&scene.installation.nodes);
    block_in_place(|| databases.add_synchronous_standby());
    let attached_at = Stamp::now();
    await_deaths(scene, attached_at, DEATHS_BEFORE, || false).await;
    let promoted = Fault::Failover.evidence();
    let reborn = scene.record.fault_count(promoted);
    let reborn = nodes
        .iter()
        .cycle()
        .nth(usize::try_from(reborn).unwrap_or(0));
    begin(scene, &nodes);
    if let Some(node) = reborn {
        block_in_place(|| node.kill());
    }
    let deaths = scene.record.kills_since(attached_at);
    if let Some(primary) = block_in_place(|| databases.fail_over()) {
        scene.record.fault(promoted, u64::from(deaths > 0));
        repoint(&nodes, &primary);
    }
    if let Some(node) = reborn {
        block_in_place(|| node.start());
    }
    recover(scene, &nodes).await;
    scene.present_latest_everywhere(LATEST).await;
}

/// Keys that die between the arrival of a standby and its promotion, at least.
const DEATHS_BEFORE: usize = 3;
/// How many of the dead are presented everywhere after a promotion, at least.
const LATEST: usize = 100;

/// Leads the nodes to another primary.
pub(crate) fn repoint(nodes: &[&Node], primary: &Postgres) {
    for proxy in nodes.iter().filter_map(|node| node.proxy.as_ref()) {
        proxy.repoint(loopback(primary.port()));
    }
}
