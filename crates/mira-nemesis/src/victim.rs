//! A key that will be killed, and the verdict on every request that presented it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::Stamp;
use crate::drip::Watcher;
use crate::record::Record;

/// A key in use.
pub(crate) struct Victim {
    pub(crate) key: String,
    pub(crate) door: Door,
    record: Arc<Record>,
    /// Accepted requests by node.
    accepted: Vec<AtomicU32>,
    in_flight: AtomicU32,
    /// Whether it is about to be killed, and used without a pause.
    is_ripe: AtomicBool,
    /// When the first byte of the mutation that kills it left.
    killed_at: AtomicU64,
    /// When the last byte of the answer that said `effective` was read.
    effective_at: AtomicU64,
    /// When the last request left that was accepted.
    accepted_at: AtomicU64,
}

/// Where a key is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// An organization key at the door for nginx, and every fourth request
    /// through the gateway to an upstream that takes notes.
    Organization,
    /// An app key at a product.
    Inference,
}

impl Victim {
    pub(crate) fn new(key: String, door: Door, nodes: usize, record: &Arc<Record>) -> Arc<Self> {
        Arc::new(Self {
            key,
            door,
            record: Arc::clone(record),
            accepted: (0..nodes).map(|_| AtomicU32::new(0)).collect(),
            in_flight: AtomicU32::new(0),
            is_ripe: AtomicBool::new(false),
            killed_at: AtomicU64::new(Stamp::NEVER.nanos()),
            effective_at: AtomicU64::new(Stamp::NEVER.nanos()),
            accepted_at: AtomicU64::new(Stamp::START.nanos()),
        })
    }

    /// A request that presents the key, sent at `sent_at`.
    pub(crate) fn request(&self, sent_at: Stamp) -> String {
        let key = &self.key;
        match self.door {
            Door::Inference => {
                format!(
                    "GET /inference/v1/models HTTP/1.1\r\nHost: mira\r\nAuthorization: Bearer {key}\r\n\r\n"
                )
            }
            Door::Organization if sent_at.nanos().is_multiple_of(4) => format!(
                "GET /drip/note?sent={} HTTP/1.1\r\nHost: mira\r\nAuthorization: Bearer {key}\r\n\r\n",
                sent_at.nanos()
            ),
            Door::Organization => format!(
                "GET /authz/nginx HTTP/1.1\r\nHost: mira\r\nX-Original-Method: POST\r\n\
                 X-Original-URI: /api/v1/templates\r\nAuthorization: Bearer {key}\r\n\r\n"
            ),
        }
    }

    pub(crate) fn is_accepted_on(&self, node: usize) -> bool {
        let count = self.accepted.get(node);
        count.is_some_and(|count| count.load(Ordering::Relaxed) > 0)
    }

    /// Its time has come.
    pub(crate) fn ripen(&self) {
        self.is_ripe.store(true, Ordering::Relaxed);
    }

    /// Between two of its requests on one connection: none when it matters.
    pub(crate) fn pause(&self) -> Duration {
        let is_ripe = self.is_ripe.load(Ordering::Relaxed);
        let killed_at = Stamp::of_nanos(self.killed_at.load(Ordering::SeqCst));
        let effective_at = self.effective_at();
        let is_rush = if effective_at == Stamp::NEVER {
            is_ripe && killed_at.elapsed() < RUSH
        } else {
            effective_at.elapsed() < RUSH
        };
        if is_rush { Duration::ZERO } else { USE_PAUSE }
    }

    pub(crate) fn begin_request(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn end_request(&self) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// A mutation that kills it is about to be sent; a later one is no news.
    pub(crate) fn begin_kill(&self) {
        self.killed_at
            .fetch_min(Stamp::now().nanos(), Ordering::SeqCst);
    }

    /// Somebody was told that it is dead.
    pub(crate) fn is_effective(&self, read_at: Stamp) {
        self.effective_at.store(read_at.nanos(), Ordering::SeqCst);
        let accepted_at = Stamp::of_nanos(self.accepted_at.load(Ordering::SeqCst));
        self.judge_accepted(accepted_at, "a node");
    }

    pub(crate) fn effective_at(&self) -> Stamp {
        Stamp::of_nanos(self.effective_at.load(Ordering::SeqCst))
    }

    /// Judges one answer of `node`.
    pub(crate) fn judge(&self, node: usize, status: u16, sent_at: Stamp, read_at: Stamp) {
        self.record.count(status);
        let name = format!("node {node}");
        match status {
            200 => {
                if let Some(count) = self.accepted.get(node) {
                    count.fetch_add(1, Ordering::Relaxed);
                }
                self.accepted_at
                    .fetch_max(sent_at.nanos(), Ordering::SeqCst);
                self.judge_accepted(sent_at, &name);
            }
            // The answer was read before the kill was sent: the key was good.
            401..=403 if read_at.nanos() < self.killed_at.load(Ordering::SeqCst) => {
                self.record
                    .violation(format!("{name} answered {status} to a good key"));
            }
            401..=403 | 502..=504 => {}
            other => self.record.violation(format!("{name} answered {other}")),
        }
    }

    /// A stream of the key gave data or was open at `at`.
    pub(crate) fn judge_stream(&self, at: Stamp, what: &str) {
        let effective_at = self.effective_at();
        let late = at.since(effective_at);
        if late > STREAM_BOUND {
            let what = format!("a stream {what} {late:.1?} after the answer");
            if late > STREAM_LIMIT {
                self.record.violation(what);
            } else {
                self.record.slow(what);
            }
        }
    }

    fn judge_accepted(&self, sent_at: Stamp, by: &str) {
        let effective_at = self.effective_at();
        if sent_at > effective_at {
            let late = sent_at.since(effective_at);
            self.record.late_acceptance(format!(
                "{by} accepted a request sent {late:.1?} after the answer"
            ));
        }
    }
}

impl Watcher for Victim {
    /// Accepted, whatever its client got.
    fn forwarded(&self, sent_at: Stamp) {
        self.judge_accepted(sent_at, "the upstream");
    }
}

const USE_PAUSE: Duration = Duration::from_millis(12);
/// A kill that waits for longer, waits for a lease; and later is the ghosts' time.
const RUSH: Duration = Duration::from_millis(50);
/// Streams of a dead key end within this time.
pub(crate) const STREAM_BOUND: Duration = Duration::from_secs(1);
/// One that is later than this does not end, however busy the machine is.
pub(crate) const STREAM_LIMIT: Duration = Duration::from_secs(10);
