//! A standby that lacks revocations is promoted. The nodes that have applied them must
//! notice, serve nothing and say what to do. They go on by themselves over a server that
//! has everything; without one, once what they say is done, no dead key is accepted
//! anywhere.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use mira_testkit::Postgres;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::sleep;

use crate::clock::Stamp;
use crate::databases::Databases;
use crate::exchange::{Exchange, Reply};
use crate::life::{self, Scene};
use crate::mutator::Doomed;
use crate::node::Node;
use crate::phase::Extent;
use crate::proxy::{Flow, Spoil};
use crate::strike::repoint;

/// What a phase of it must have seen.
pub(crate) const EVIDENCE: &[(&str, u64)] =
    &[(PROMOTED, 1), (LACKING, 1), (REFUSING, 1), (RETURNED, 1)];
const PROMOTED: &str = "lagging standbys promoted";
const LACKING: &str = "deaths that they lacked";
const REFUSING: &str = "nodes that refused and said what to do";
const RETURNED: &str = "returns of what had everything";

/// What the log of such a node says.
const ADVICE: [&str; 2] = ["revoke again what is missing", "restart this node"];
/// How long it may take to notice.
const PATIENCE: Duration = Duration::from_secs(30);
const STEP: Duration = Duration::from_millis(20);
/// How many keys die in one round, for each that lives at the same time.
const LIVES: usize = 3;

/// Rounds until enough keys have died.
pub(crate) async fn play(scene: &Arc<Scene>, extent: Extent, mut chance: fastrand::Rng) {
    let begun = Stamp::now();
    loop {
        let round = round(scene, extent, &mut chance).await;
        if let Err(error) = round {
            let what = format!("after the promotion of a lagging standby: {error}");
            scene.record.violation(what);
            return;
        }
        let is_enough = scene.record.kills() >= extent.revocations;
        if is_enough || begun.elapsed() >= extent.time {
            return;
        }
    }
}

async fn round(scene: &Arc<Scene>, extent: Extent, chance: &mut fastrand::Rng) -> io::Result<()> {
    let installation = &scene.installation;
    let Some(databases) = &installation.databases else {
        return Err(io::Error::other("there is no database"));
    };
    let link = databases.add_asynchronous_standby().await?;
    let doomed = make_keys(scene, extent.keys * LIVES, chance).await;
    block_in_place(|| databases.await_replay());
    link.spoil(Spoil {
        to_database: Flow::Swallow,
        to_node: Flow::Swallow,
        only_listener: false,
    });
    scene.begin_fault();
    kill_all(scene, &doomed, extent.keys, chance).await;
    lose_primary(scene, Databases::fail_over)?;
    scene.record.fault(PROMOTED, 1);
    all_refuse(scene, &doomed).await?;
    // The haunted nodes are watched for a while.
    sleep(installation.lease).await;
    lose_primary(scene, Databases::swap)?;
    go_on(scene).await;
    scene.present_latest_everywhere(doomed.len()).await;
    lose_primary(scene, Databases::swap)?;
    all_refuse(scene, &doomed).await?;
    repair(scene, &doomed).await?;
    scene.end_fault();
    scene.present_latest_everywhere(doomed.len()).await;
    Ok(())
}

/// The primary dies, and another server takes its place.
fn lose_primary(scene: &Scene, replace: fn(&Databases) -> Option<Arc<Postgres>>) -> io::Result<()> {
    let installation = &scene.installation;
    for node in &installation.nodes {
        node.begin_trouble();
    }
    let databases = installation.databases.as_ref();
    let primary = block_in_place(|| databases.and_then(replace));
    let primary = primary.ok_or_else(|| io::Error::other("there is no other server"))?;
    for node in &installation.nodes {
        node.lose_database();
    }
    repoint(&installation.nodes.iter().collect::<Vec<_>>(), &primary);
    Ok(())
}

/// Every node notices and says what to do.
async fn all_refuse(scene: &Scene, doomed: &[Arc<Doomed>]) -> io::Result<()> {
    for node in &scene.installation.nodes {
        await_refusal(node).await?;
        refuses_to_change(scene, node, doomed).await?;
        scene.record.fault(REFUSING, 1);
    }
    Ok(())
}

/// The server that has everything is back: they serve again by themselves.
async fn go_on(scene: &Scene) {
    let healed_at = Stamp::now();
    for node in &scene.installation.nodes {
        node.heal();
    }
    for node in &scene.installation.nodes {
        let key = &scene.installation.witness;
        node.recover(key, healed_at, &scene.record).await;
    }
    scene.record.fault(RETURNED, 1);
}

async fn make_keys(
    scene: &Arc<Scene>,
    count: usize,
    chance: &mut fastrand::Rng,
) -> Vec<Arc<Doomed>> {
    let mut making = JoinSet::new();
    for _ in 0..count {
        let (scene, mut chance) = (Arc::clone(scene), chance.fork());
        making.spawn(async move { life::prepare(&scene, &mut chance).await });
    }
    let made = making.join_all().await;
    made.into_iter().flatten().map(Arc::new).collect()
}

/// Uses the keys and kills them, some at a time.
async fn kill_all(
    scene: &Arc<Scene>,
    doomed: &[Arc<Doomed>],
    at_once: usize,
    chance: &mut fastrand::Rng,
) {
    let mut killers = JoinSet::new();
    for part in doomed.chunks(doomed.len().div_ceil(at_once.max(1)).max(1)) {
        let (scene, part, mut chance) = (Arc::clone(scene), part.to_vec(), chance.fork());
        killers.spawn(async move {
            for doomed in part {
                life::spend(&scene, &doomed, &mut chance).await;
            }
        });
    }
    killers.join_all().await;
}

/// Waits until a node says that its database lacks something, and what to do.
async fn await_refusal(node: &Node) -> io::Result<()> {
    let begun = Stamp::now();
    while begun.elapsed() < PATIENCE {
        let ready = ask(node, "/readyz").await;
        let says_so = ready.is_ok_and(|reply| {
            let body = reply.json();
            reply.status == 503 && body.get("reason").is_some_and(|reason| reason == "fork")
        });
        if says_so && ADVICE.iter().all(|advice| node.has_said(advice)) {
            return Ok(());
        }
        sleep(STEP).await;
    }
    let index = node.index;
    let what = format!("node {index} does not notice, or does not say what to do");
    Err(io::Error::other(what))
}

async fn ask(node: &Node, path: &str) -> io::Result<Reply> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: mira\r\n\r\n");
    Exchange::open(node.address).await?.send(|_| request).await
}

/// It must not build on a past that it knows to be wrong.
async fn refuses_to_change(scene: &Scene, node: &Node, doomed: &[Arc<Doomed>]) -> io::Result<()> {
    let Some(doomed) = doomed.first() else {
        return Ok(());
    };
    let console = &scene.installation.console;
    let reply = doomed.kill(console, node.address, 0).await?;
    if reply.status == 503 {
        return Ok(());
    }
    let (index, status) = (node.index, reply.status);
    let what = format!("node {index} answers {status} to a change");
    Err(io::Error::other(what))
}

/// What the nodes say is to be done: through a node that no client reaches, because it
/// accepts what it must, everything is revoked again, and then the others start anew.
async fn repair(scene: &Scene, doomed: &[Arc<Doomed>]) -> io::Result<()> {
    let installation = &scene.installation;
    let Some(first) = installation.nodes.first() else {
        return Ok(());
    };
    let spare = first.spare(installation.nodes.len());
    block_in_place(|| spare.start());
    for doomed in doomed {
        let is_dead = doomed.victim.effective_at() != Stamp::NEVER;
        if is_dead && accepts(&spare, doomed).await? {
            scene.record.fault(LACKING, 1);
        }
        kill_again(scene, &spare, doomed).await?;
    }
    for node in &installation.nodes {
        block_in_place(|| {
            node.kill();
            node.heal();
            node.start();
        });
    }
    let started_at = Stamp::now();
    for node in &installation.nodes {
        let key = &installation.witness;
        node.recover(key, started_at, &scene.record).await;
    }
    block_in_place(|| spare.stop());
    Ok(())
}

/// Whether a node takes the key, as one must that knows nothing else.
async fn accepts(node: &Node, doomed: &Doomed) -> io::Result<bool> {
    let mut exchange = Exchange::open(node.address).await?;
    // Not through the gateway, whose upstream would take it for a violation.
    let request = doomed.victim.request(Stamp::of_nanos(1));
    let reply = exchange.send(|_| request).await?;
    Ok(reply.status == 200)
}

async fn kill_again(scene: &Scene, node: &Node, doomed: &Doomed) -> io::Result<()> {
    let begun = Stamp::now();
    while begun.elapsed() < PATIENCE {
        let console = &scene.installation.console;
        let reply = doomed.kill(console, node.address, 0).await;
        if reply.is_ok_and(|reply| Doomed::proof(&reply).is_some()) {
            return Ok(());
        }
        sleep(STEP).await;
    }
    Err(io::Error::other("a key could not be killed again"))
}
