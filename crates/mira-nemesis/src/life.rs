//! The life of one key: made, used on every node, killed through one of them
//! while requests are in flight, and presented everywhere again.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::clock::Stamp;
use crate::exchange::Exchange;
use crate::ghosts::Ghosts;
use crate::installation::Installation;
use crate::mutator::{Doomed, Mutator};
use crate::node::Node;
use crate::record::{Kill, Record};
use crate::stream;
use crate::victim::{Door, Victim};

/// Nodes that do not accept a fresh key by then are taken to be out of reach.
const ACCEPT_PATIENCE: Duration = Duration::from_secs(1);
/// Between connections that failed.
const USE_PAUSE: Duration = Duration::from_millis(4);
/// How long a dead key is presented before the next one lives.
const AFTERLIFE: Duration = Duration::from_millis(150);
/// The longest wait for an answer that a stopped node owes.
const ANSWER_PATIENCE: Duration = Duration::from_secs(20);
/// How long it is tried to kill a key.
const KILL_PATIENCE: Duration = Duration::from_secs(25);

/// What everybody who lives in a phase shares.
pub(crate) struct Scene {
    pub(crate) installation: Arc<Installation>,
    pub(crate) record: Arc<Record>,
    /// Odd while a fault is in force.
    pub(crate) fault: AtomicU64,
    /// Requests that outlive the key's own time.
    pub(crate) probes: std::sync::Mutex<JoinSet<()>>,
    /// The keys that somebody was told are dead.
    pub(crate) ghosts: Arc<Ghosts>,
}

impl Scene {
    pub(crate) fn begin_fault(&self) {
        self.fault.fetch_add(1, Ordering::SeqCst);
    }

    pub(crate) fn end_fault(&self) {
        self.fault.fetch_add(1, Ordering::SeqCst);
    }

    fn fault(&self) -> u64 {
        self.fault.load(Ordering::SeqCst)
    }

    /// Presents the keys that died last at one node, which is well.
    pub(crate) async fn present_latest(&self, node: &Node, count: usize) {
        if !self.ghosts.call(node.index, node.address, count).await {
            let index = node.index;
            self.record
                .violation(format!("node {index} does not answer to dead keys"));
        }
    }

    pub(crate) async fn present_latest_everywhere(&self, count: usize) {
        for node in &self.installation.nodes {
            self.present_latest(node, count).await;
        }
    }

    pub(crate) fn spawn(&self, probe: impl Future<Output = ()> + Send + 'static) {
        let mut probes = self
            .probes
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        while probes.try_join_next().is_some() {}
        probes.spawn(probe);
    }
}

/// Lives one life, if there is a node that makes the key.
pub(crate) async fn live(scene: &Arc<Scene>, chance: &mut fastrand::Rng) {
    if let Some(doomed) = prepare(scene, chance).await {
        spend(scene, &doomed, chance).await;
    }
}

/// Uses a key and kills it, and buries it if somebody was told that it is dead.
pub(crate) async fn spend(
    scene: &Arc<Scene>,
    doomed: &Doomed,
    chance: &mut fastrand::Rng,
) -> Option<()> {
    let victim = &doomed.victim;
    let nodes = scene.installation.nodes.len();
    let mut users = JoinSet::new();
    for node in 0..nodes {
        let door = scene.installation.door(node);
        let record = Arc::clone(&scene.record);
        users.spawn(use_key(Arc::clone(victim), node, door, record));
    }
    if victim.door == Door::Organization && chance.u8(..4) == 0 {
        let door = scene.installation.door(chance.usize(..nodes));
        let record = Arc::clone(&scene.record);
        scene.spawn(stream::follow(Arc::clone(victim), door, record));
    }
    await_acceptance(victim, nodes).await;
    victim.ripen();
    sleep(Duration::from_millis(chance.u64(1..20))).await;
    kill(scene, doomed, chance).await?;
    for node in 0..nodes {
        let door = scene.installation.door(node);
        let record = Arc::clone(&scene.record);
        scene.spawn(present_once(Arc::clone(victim), node, door, record));
    }
    scene.ghosts.add(Arc::clone(victim));
    sleep(AFTERLIFE).await;
    Some(())
}

/// Makes a key.
pub(crate) async fn prepare(scene: &Scene, chance: &mut fastrand::Rng) -> Option<Doomed> {
    let installation = &scene.installation;
    let nodes = installation.nodes.len();
    let mutator = Mutator::choose(chance);
    let door = installation.door(chance.usize(..nodes));
    let doomed = mutator
        .prepare(&installation.console, door, nodes, &scene.record)
        .await;
    let Ok(doomed) = doomed else {
        // A node that is out of reach makes no keys.
        sleep(Duration::from_millis(chance.u64(20..100))).await;
        return None;
    };
    let victim = Arc::clone(&doomed.victim);
    installation.drip.watch(&doomed.id, victim);
    Some(doomed)
}

async fn await_acceptance(victim: &Victim, nodes: usize) {
    let accepted = async {
        while !(0..nodes).all(|node| victim.is_accepted_on(node)) {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(ACCEPT_PATIENCE, accepted).await.ok();
}

/// Kills it through one node after the other until one says that it is dead.
async fn kill(scene: &Scene, doomed: &Doomed, chance: &mut fastrand::Rng) -> Option<()> {
    let installation = &scene.installation;
    let begun = Stamp::now();
    let fault = scene.fault();
    let mut attempt = 0;
    while begun.elapsed() < KILL_PATIENCE {
        let node = installation
            .nodes
            .get(chance.usize(..installation.nodes.len()))?;
        let trouble = node.trouble();
        let in_flight = doomed.victim.in_flight();
        let sent_at = Stamp::now();
        let reply = doomed
            .kill(
                &installation.console,
                installation.door(node.index),
                attempt,
            )
            .await;
        attempt += 1;
        let took = sent_at.elapsed();
        let is_healthy = trouble.is_multiple_of(2) && trouble == node.trouble();
        if is_healthy && installation.is_direct() && took > installation.revoke_bound() {
            let index = node.index;
            scene.record.slow(format!(
                "node {index}, in contact, took {took:.2?} to revoke"
            ));
        }
        let proof = reply.as_ref().ok().and_then(Doomed::proof);
        if let Some((proof, read_at)) = proof {
            doomed.victim.is_effective(read_at);
            scene.record.kill(Kill {
                mutator: doomed.mutator.name(),
                proof,
                took: read_at.since(sent_at),
                sent_at,
                in_flight,
                is_under_fault: fault % 2 == 1 || fault != scene.fault(),
            });
            return Some(());
        }
        if let Ok(reply) = reply
            && !matches!(reply.status, 202 | 409 | 502..=504)
        {
            let status = reply.status;
            scene
                .record
                .violation(format!("{} answered {status}", doomed.mutator.name()));
            return None;
        }
        sleep(Duration::from_millis(20)).await;
    }
    scene.record.remark("a key could not be killed".to_owned());
    None
}

/// Uses the key on one node until it has been dead for a while.
async fn use_key(victim: Arc<Victim>, node: usize, door: SocketAddr, record: Arc<Record>) {
    while victim.effective_at().elapsed() < AFTERLIFE {
        let used = async {
            let mut exchange = Exchange::open(door).await?;
            while victim.effective_at().elapsed() < AFTERLIFE {
                present(&victim, node, &mut exchange).await?;
                sleep(victim.pause()).await;
            }
            io::Result::Ok(())
        };
        if used.await.is_err() {
            record.broken();
            sleep(USE_PAUSE).await;
        }
    }
}

/// One request, and its verdict.
async fn present(victim: &Victim, node: usize, exchange: &mut Exchange) -> io::Result<()> {
    victim.begin_request();
    let reply = exchange.send(|sent_at| victim.request(sent_at)).await;
    victim.end_request();
    let reply = reply?;
    victim.judge(node, reply.status, reply.sent_at, reply.read_at);
    Ok(())
}

/// One request of a dead key on a connection of its own, which waits in a node
/// that is stopped.
async fn present_once(victim: Arc<Victim>, node: usize, door: SocketAddr, record: Arc<Record>) {
    let presented = async {
        let mut exchange = Exchange::open(door).await?;
        present(&victim, node, &mut exchange).await
    };
    if !matches!(timeout(ANSWER_PATIENCE, presented).await, Ok(Ok(()))) {
        record.broken();
    }
}
