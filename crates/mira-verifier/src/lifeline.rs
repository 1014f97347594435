//! Lifelines: the tie between what a key opened and the key.
//!
//! A grant that lets a long answer begin says nothing about its end. Whoever
//! holds a [`Lifeline`] learns when the key would be refused now, and stops.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use mira_core::{Denial, Grant};
use mira_key::KeyDigest;
use tokio::sync::oneshot;

use crate::lock::lock;

/// Why what a key opened must end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    /// The key would be refused now, for this reason.
    Denied(Denial),
    /// It cannot be known any more whether the key is good.
    Unavailable,
}

/// Held for as long as something that a key opened goes on; dropping it ends
/// the watch.
pub struct Lifeline {
    end: Option<End>,
    receiver: oneshot::Receiver<End>,
    shard: Arc<Mutex<Shard>>,
    id: u64,
}

impl Lifeline {
    /// Waits until what the key opened must end. Cancel-safe: an end is told to
    /// whoever waits next, and again to everybody after.
    pub fn ended(&mut self) -> impl Future<Output = End> + Send {
        poll_fn(|cx| self.poll_ended(cx))
    }

    /// [`ended`](Self::ended) for those who poll.
    pub fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if let Some(end) = self.end {
            return Poll::Ready(end);
        }
        Pin::new(&mut self.receiver).poll(cx).map(|end| {
            // A verifier that is gone can vouch for nobody.
            *self.end.insert(end.unwrap_or(End::Unavailable))
        })
    }

    pub(crate) fn end(&mut self, end: End) {
        self.end = Some(end);
    }
}

impl Drop for Lifeline {
    fn drop(&mut self) {
        lock(&self.shard).watched.remove(&self.id);
    }
}

/// All lifelines, spread by key so that requests seldom wait for each other.
pub(crate) struct Lifelines([Arc<Mutex<Shard>>; SHARDS]);

const SHARDS: usize = 64;

#[derive(Default)]
struct Shard {
    next_id: u64,
    watched: BTreeMap<u64, Watched>,
}

struct Watched {
    grant: Grant,
    sender: oneshot::Sender<End>,
}

impl Lifelines {
    pub(crate) fn new() -> Self {
        Self(std::array::from_fn(|_| Arc::default()))
    }

    pub(crate) fn register(&self, grant: &Grant) -> Lifeline {
        let shard = Arc::clone(self.shard(&grant.digest()));
        let (sender, receiver) = oneshot::channel();
        let grant = grant.clone();
        let mut locked = lock(&shard);
        let id = locked.next_id;
        locked.next_id += 1;
        locked.watched.insert(id, Watched { grant, sender });
        drop(locked);
        Lifeline {
            end: None,
            receiver,
            shard,
            id,
        }
    }

    /// How many are held.
    pub(crate) fn count(&self) -> usize {
        let held = self.0.iter().map(|shard| lock(shard).watched.len());
        held.sum()
    }

    /// Ends the lifelines of one key for which `judge` finds an end.
    pub(crate) fn sweep_key(&self, digest: &KeyDigest, judge: impl Fn(&Grant) -> Option<End>) {
        let judge = |grant: &Grant| (grant.digest() == *digest).then(|| judge(grant)).flatten();
        sweep_shard(self.shard(digest), judge);
    }

    /// Ends all lifelines for which `judge` finds an end.
    pub(crate) fn sweep(&self, judge: impl Fn(&Grant) -> Option<End>) {
        self.0.iter().for_each(|shard| sweep_shard(shard, &judge));
    }

    #[expect(clippy::indexing_slicing, reason = "the remainder is below the length")]
    fn shard(&self, digest: &KeyDigest) -> &Arc<Mutex<Shard>> {
        let [.., last] = digest.as_bytes();
        &self.0[usize::from(*last) % SHARDS]
    }
}

fn sweep_shard(shard: &Mutex<Shard>, judge: impl Fn(&Grant) -> Option<End>) {
    let mut ends = Vec::new();
    let judged = |_: &u64, watched: &mut Watched| {
        let end = judge(&watched.grant);
        ends.extend(end);
        end.is_some()
    };
    let ended: Vec<_> = lock(shard).watched.extract_if(.., judged).collect();
    // Told without the lock, since waking a task may run code that drops a lifeline.
    for ((_, watched), end) in ended.into_iter().zip(ends) {
        // A receiver that is gone has stopped already.
        watched.sender.send(end).ok();
    }
}
