//! Keys with a limit that are used beyond it on every node, while nodes are killed and
//! windows change: never is more admitted than the limit says, and spread evenly over
//! healthy nodes nearly all of it is.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::clock::Stamp;
use crate::drip::Watcher;
use crate::exchange::{Exchange, Reply};
use crate::fault::Fault;
use crate::life::Scene;
use crate::phase::Extent;
use crate::strike::strike;

/// What a phase of it must have seen.
pub(crate) const EVIDENCE: &[(&str, u64)] = &[
    (Fault::Kill.evidence(), 2),
    (CHANGES, 2),
    (BEYOND, 1),
    (SPREAD, 1),
];
const CHANGES: &str = "windows that changed";
const BEYOND: &str = "requests beyond the limit";
const SPREAD: &str = "keys spread evenly";

/// In a minute.
const LIMIT: u64 = 100;
/// Of it, what an even use of healthy nodes reaches.
const EVEN: u64 = 90;
const KEYS: usize = 2;
/// Connections with each key to each node.
const HAMMERS: usize = 2;
/// How far into the last window the nodes are killed.
const LAST: Duration = Duration::from_secs(10);
/// What is left of a window in which a key is used evenly, at least.
const ROOM: Duration = Duration::from_secs(30);
/// A node has no units for a key that it refuses so many times in a row.
const REFUSALS: u32 = 5;
/// The clock of a node may be off by this much at the change of a window.
const UNCLEAR: Duration = Duration::from_millis(50);

const MINUTE: Duration = Duration::from_mins(1);
const AFTER_ADMISSION: Duration = Duration::from_millis(10);
const AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// Plays to its end; what goes wrong with it is a violation.
pub(crate) async fn play(scene: &Arc<Scene>, extent: Extent, chance: fastrand::Rng) {
    let played = async {
        hammer(scene, extent, chance).await?;
        spread_evenly(scene).await
    };
    if let Err(error) = played.await {
        scene.record.violation(format!("limits: {error}"));
    }
}

/// Uses keys without a pause over changes of windows, and kills nodes meanwhile.
async fn hammer(scene: &Arc<Scene>, extent: Extent, mut chance: fastrand::Rng) -> io::Result<()> {
    let is_over = Arc::new(AtomicBool::new(false));
    let mut hammers = JoinSet::new();
    let mut meters = Vec::new();
    for _ in 0..KEYS {
        let meter = Meter::of_new_key(scene).await?;
        for node in 0..scene.installation.nodes.len() {
            for _ in 0..HAMMERS {
                let (scene, meter) = (Arc::clone(scene), Arc::clone(&meter));
                hammers.spawn(pound(scene, node, meter, Arc::clone(&is_over)));
            }
        }
        meters.push(meter);
    }
    let first = minute(Stamp::now());
    let end = MINUTE * u32::try_from(first + 2).unwrap_or(u32::MAX) + LAST;
    let is_found = || extent.stops_when_found && meters.iter().any(|meter| meter.is_exceeded());
    while Stamp::now().since_epoch() < end && !is_found() {
        sleep(Duration::from_millis(chance.u64(200..1_500))).await;
        strike(Fault::Kill, scene, &mut chance).await;
    }
    let changes = minute(Stamp::now()) - first;
    scene.record.fault(CHANGES, changes);
    is_over.store(true, Ordering::SeqCst);
    hammers.join_all().await;
    for meter in meters {
        meter.judge(scene);
        scene.record.fault(BEYOND, meter.refused());
        scene.record.remark(meter.summary());
    }
    Ok(())
}

async fn pound(scene: Arc<Scene>, node: usize, meter: Arc<Meter>, is_over: Arc<AtomicBool>) {
    while !is_over.load(Ordering::SeqCst) {
        let used = async {
            let mut exchange = Exchange::open(scene.installation.door(node)).await?;
            while !is_over.load(Ordering::SeqCst) {
                let reply = meter.ask(&scene, node, &mut exchange).await?;
                sleep(match reply.status {
                    200 => AFTER_ADMISSION,
                    _ => AFTER_REFUSAL,
                })
                .await;
            }
            io::Result::Ok(())
        };
        if used.await.is_err() {
            scene.record.broken();
            sleep(AFTER_ADMISSION).await;
        }
    }
}

/// Uses a key at the same pace on all nodes until each has refused it for good.
async fn spread_evenly(scene: &Arc<Scene>) -> io::Result<()> {
    // In the rest of one window: what it does not last for is tried in the next.
    for _ in 0..3 {
        let left = MINUTE.saturating_sub(into_minute(Stamp::now()));
        if left < ROOM {
            sleep(left + UNCLEAR).await;
        }
        let meter = Meter::of_new_key(scene).await?;
        let began_in = minute(Stamp::now());
        let mut users = JoinSet::new();
        for node in 0..scene.installation.nodes.len() {
            let (scene, meter) = (Arc::clone(scene), Arc::clone(&meter));
            users.spawn(async move { use_up(&scene, node, &meter).await });
        }
        for used in users.join_all().await {
            used?;
        }
        meter.judge(scene);
        let admitted = meter.answered();
        if minute(Stamp::now()) == began_in {
            scene.record.fault(SPREAD, 1);
            let summary = format!("spread evenly, {admitted} of {LIMIT} were admitted");
            scene.record.remark(summary.clone());
            if admitted < EVEN {
                scene.record.violation(summary);
            }
            return Ok(());
        }
    }
    Ok(())
}

async fn use_up(scene: &Scene, node: usize, meter: &Meter) -> io::Result<()> {
    let mut exchange = Exchange::open(scene.installation.door(node)).await?;
    let mut refusals = 0;
    while refusals < REFUSALS {
        let status = meter.ask(scene, node, &mut exchange).await?.status;
        refusals = if status == 429 { refusals + 1 } else { 0 };
        sleep(AFTER_REFUSAL).await;
    }
    Ok(())
}

/// A key with a limit, and what was admitted of it.
struct Meter {
    key: String,
    /// By the window that the node named, as its clients heard.
    answered: Mutex<BTreeMap<u64, u64>>,
    /// By the window in which the request was sent and forwarded, whether its client
    /// heard of it or not; those at a change are in none.
    forwarded: Mutex<BTreeMap<u64, u64>>,
    refused: AtomicU64,
}

impl Meter {
    async fn of_new_key(scene: &Scene) -> io::Result<Arc<Self>> {
        let installation = &scene.installation;
        let console = &installation.console;
        let path = format!("/v1/organizations/{}/keys", console.organization);
        let body = json!({"name": "limited", "permissions": ["read", "write"],
            "rate_limit": {"per_minute": LIMIT}});
        let made = console.create(installation.door(0), &path, &body).await?;
        let text = |member| made.get(member).and_then(Value::as_str).unwrap_or_default();
        let meter = Arc::new(Self {
            key: text("key").to_owned(),
            answered: Mutex::default(),
            forwarded: Mutex::default(),
            refused: AtomicU64::new(0),
        });
        let watcher = Arc::clone(&meter);
        installation.drip.watch(text("id"), watcher);
        Ok(meter)
    }

    /// One request through the gateway, whose upstream takes notes.
    async fn ask(&self, scene: &Scene, node: usize, exchange: &mut Exchange) -> io::Result<Reply> {
        let key = &self.key;
        let request = |sent_at: Stamp| {
            let sent = sent_at.nanos();
            format!(
                "GET /drip/note?sent={sent} HTTP/1.1\r\nHost: mira\r\n\
                 Authorization: Bearer {key}\r\n\r\n"
            )
        };
        let reply = exchange.send(request).await?;
        scene.record.count(reply.status);
        match reply.status {
            200 => {
                let reset = reply.header("x-ratelimit-reset");
                let reset = reset.and_then(|reset| reset.parse().ok());
                let reset = reset.ok_or_else(|| io::Error::other("no window is named"))?;
                *lock(&self.answered).entry(reset).or_default() += 1;
            }
            429 => {
                self.refused.fetch_add(1, Ordering::Relaxed);
            }
            502..=504 => {}
            other => {
                let what = format!("node {node} answered {other} to a key with a limit");
                scene.record.violation(what);
            }
        }
        Ok(reply)
    }

    fn is_exceeded(&self) -> bool {
        let all = [&self.answered, &self.forwarded];
        all.iter()
            .any(|counts| lock(counts).values().any(|count| *count > LIMIT))
    }

    /// No window may have more than the limit.
    fn judge(&self, scene: &Scene) {
        for (heard, counts) in [("answered", &self.answered), ("forwarded", &self.forwarded)] {
            for (window, count) in &*lock(counts) {
                if *count > LIMIT {
                    let what = format!(
                        "{count} requests of a key with {LIMIT} were {heard} in window {window}"
                    );
                    scene.record.violation(what);
                }
            }
        }
    }

    fn answered(&self) -> u64 {
        lock(&self.answered).values().sum()
    }

    fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    fn summary(&self) -> String {
        let list = |counts: &Mutex<BTreeMap<u64, u64>>| {
            let counts: Vec<_> = lock(counts).values().map(u64::to_string).collect();
            counts.join(", ")
        };
        let (answered, forwarded) = (list(&self.answered), list(&self.forwarded));
        format!("of {LIMIT} a minute, {answered} were answered and {forwarded} forwarded")
    }
}

impl Watcher for Meter {
    fn forwarded(&self, sent_at: Stamp) {
        let now = Stamp::now();
        let is_clear = |at: Stamp| {
            let into = into_minute(at);
            into > UNCLEAR && into + UNCLEAR < MINUTE
        };
        let window = minute(now);
        if window == minute(sent_at) && is_clear(now) && is_clear(sent_at) {
            *lock(&self.forwarded).entry(window).or_default() += 1;
        }
    }
}

/// The minute in which something was.
fn minute(at: Stamp) -> u64 {
    at.since_epoch().as_secs() / MINUTE.as_secs()
}

fn into_minute(at: Stamp) -> Duration {
    let nanos = at.since_epoch().as_nanos() % MINUTE.as_nanos();
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(0))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
