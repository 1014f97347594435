//! What nodes tell each other beside the store: that there is something to read, that
//! somebody waits for it, and that it has been applied.
//!
//! Nothing depends on a hint. One that is lost costs the time until the next poll or
//! renewal says the same. An acknowledgement is true whichever way it comes: it was
//! said after publishing, by one run of one process, and names its place in the
//! changelog, link included.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mira_core::NodeId;
use mira_db::{Database, Listener, Notifier};
use mira_store::changelog::{Place, Seq};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{sleep, timeout};

/// Where nodes of one database hear each other.
const CHANNEL: &str = "mira_nodes";
/// How soon a connection that was lost is replaced.
const RETRY: Duration = Duration::from_millis(250);
/// After how long without a hint it is tried whether the connection still is.
const PROBE: Duration = Duration::from_secs(1);
/// Hints that are sent in one trip at most.
const AT_ONCE: usize = 256;
/// Places that an acknowledgement is compared with.
const PLACES: usize = 4_096;
/// Nodes whose acknowledgements are remembered.
const NODES: usize = 1_024;

/// One thing to tell the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// There are changes.
    Changed(NodeId),
    /// This node waits until all have applied the change.
    Waits(NodeId, Seq),
    /// This node has applied everything up to there.
    Applied(NodeId, Place),
}

/// What one node says, hears and remembers.
#[derive(Default)]
pub(crate) struct Hints {
    /// Absent while there is no connection.
    sender: Mutex<Option<mpsc::UnboundedSender<Hint>>>,
    known: Mutex<Known>,
    /// Told when there is something to read.
    changed: Notify,
    /// Grows with everything that somebody who waits might wait for.
    news: watch::Sender<u64>,
}

#[derive(Default)]
struct Known {
    /// The last changes that were applied here.
    places: VecDeque<Place>,
    /// What others have acknowledged last.
    acknowledged: HashMap<NodeId, Place>,
    /// The furthest change that somebody waits for and that is not applied here.
    wanted: Seq,
}

impl Hints {
    /// Sends a hint, if anybody can hear it.
    pub(crate) fn send(&self, hint: Hint) {
        if let Some(sender) = &*lock(&self.sender) {
            sender.send(hint).ok();
        }
    }

    /// To be called after changes were published, with their places in order.
    pub(crate) fn published(&self, id: NodeId, places: impl Iterator<Item = Place>) {
        let mut known = lock(&self.known);
        for place in places {
            known.publish(place);
        }
        if let Some(last) = known.places.back().copied()
            && known.wanted != Seq::START
            && last.seq >= known.wanted
        {
            known.wanted = Seq::START;
            self.send(Hint::Applied(id, last));
        }
        drop(known);
        self.tell();
    }

    /// Whether the node said that it has applied the change, in the history that was
    /// applied here.
    pub(crate) fn has_acknowledged(&self, node: NodeId, seq: Seq) -> bool {
        let known = lock(&self.known);
        let place = known.acknowledged.get(&node);
        place.is_some_and(|place| place.seq >= seq && known.contains(*place))
    }

    /// Resolves when there is something to read.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Tells of everything that somebody who waits might wait for.
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }

    /// Keeps a connection to the others. Never returns.
    pub(crate) async fn converse(&self, store: &Database, id: impl Fn() -> NodeId) {
        let Database::Postgres(postgres) = store else {
            return std::future::pending().await;
        };
        loop {
            if let Ok((listener, notifier)) = postgres.listen(CHANNEL).await {
                let (says, said) = mpsc::unbounded_channel();
                *lock(&self.sender) = Some(says);
                // What was said before may have been for this node.
                self.changed.notify_one();
                tokio::select! {
                    () = self.hear_all(listener, &id) => {}
                    () = send_all(&notifier, said) => {}
                }
                *lock(&self.sender) = None;
            }
            sleep(RETRY).await;
        }
    }

    async fn hear_all(&self, mut listener: Listener, id: impl Fn() -> NodeId) {
        while let Some(text) = listener.next().await {
            if let Some(hint) = Hint::parse(&text) {
                self.hear(hint, id());
            }
        }
    }

    fn hear(&self, hint: Hint, own: NodeId) {
        match hint {
            Hint::Changed(by) if by != own => self.changed.notify_one(),
            Hint::Waits(by, seq) if by != own => {
                let mut known = lock(&self.known);
                match known.places.back().copied() {
                    Some(last) if last.seq >= seq => self.send(Hint::Applied(own, last)),
                    _ => {
                        known.wanted = known.wanted.max(seq);
                        self.changed.notify_one();
                    }
                }
            }
            Hint::Applied(by, place) if by != own => {
                let mut known = lock(&self.known);
                if known.acknowledged.len() >= NODES {
                    known.acknowledged.clear();
                }
                known.acknowledged.insert(by, place);
                drop(known);
                self.tell();
            }
            _ => {}
        }
    }

    fn tell(&self) {
        self.news
            .send_modify(|count| *count = count.wrapping_add(1));
    }
}

impl Known {
    fn publish(&mut self, place: Place) {
        if self.places.len() >= PLACES {
            self.places.pop_front();
        }
        self.places.push_back(place);
    }

    /// Whether the place is one of the last that were applied here.
    fn contains(&self, place: Place) -> bool {
        let first = self.places.front();
        let index = first.and_then(|first| place.seq.number().checked_sub(first.seq.number()));
        let index = index.and_then(|index| usize::try_from(index).ok());
        index.is_some_and(|index| self.places.get(index) == Some(&place))
    }
}

/// Sends what comes, until the connection is lost.
async fn send_all(notifier: &Notifier, mut said: mpsc::UnboundedReceiver<Hint>) {
    let mut hints = Vec::new();
    loop {
        let waited = timeout(PROBE, said.recv_many(&mut hints, AT_ONCE)).await;
        if waited == Ok(0) {
            return;
        }
        let texts: Vec<String> = hints.drain(..).map(|hint| hint.to_string()).collect();
        if notifier.notify(&texts).await.is_err() {
            return;
        }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(by) => write!(f, "changed {by}"),
            Self::Waits(by, seq) => write!(f, "waits {by} {}", seq.number()),
            Self::Applied(by, Place { seq, chain }) => {
                write!(f, "applied {by} {} {chain}", seq.number())
            }
        }
    }
}

impl Hint {
    /// Nothing for what another version may say.
    fn parse(text: &str) -> Option<Self> {
        let seq = |text: &str| text.parse().ok().map(Seq::from_number);
        let parts: Vec<&str> = text.split(' ').collect();
        match parts[..] {
            ["changed", by] => Some(Self::Changed(by.parse().ok()?)),
            ["waits", by, at] => Some(Self::Waits(by.parse().ok()?, seq(at)?)),
            ["applied", by, at, chain] => {
                let (seq, chain) = (seq(at)?, chain.parse().ok()?);
                Some(Self::Applied(by.parse().ok()?, Place { seq, chain }))
            }
            _ => None,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
