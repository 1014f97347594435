//! Fetches units of windows that this node shares with others.
//!
//! One trip to the store at a time for each window of a key: who comes while it is
//! under way shares the next. A trip asks for what all who wait need, so each waits
//! for two at most, unless others are quicker to spend what it brought.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mira_core::{KeyId, Shortage, Window};
use mira_db::Database;
use mira_key::KeyDigest;
use mira_store::nodes::{NodeState, Roster};
use mira_store::{StoreError, windows};
use mira_verifier::{RefillError, Verifier};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use crate::membership::impatient;

/// How long a request waits for units.
const PATIENCE: Duration = Duration::from_secs(1);
/// Trips at once, on connections that nobody who changes keys has to wait for.
const TRIPS: usize = 4;
/// Windows that are fetched for at once, and requests that wait for one of them.
const MOST: usize = 4_096;
/// How often a clock that is wrong is told of, in seconds.
const REMIND_EVERY: u64 = 60;

/// Fetches units from the store, and credits them to the verifier.
pub(crate) struct Allotter {
    db: Database,
    verifier: Arc<Verifier>,
    /// How many nodes share the windows.
    nodes: AtomicU32,
    trips: Mutex<HashMap<Place, Trip>>,
    travelling: Semaphore,
    reminded: AtomicU64,
}

/// One window of one key.
type Place = (KeyDigest, Window);

/// A trip that is under way, and who waits for the next.
#[derive(Default)]
struct Trip {
    next: Option<Batch>,
}

/// Requests that share a trip.
struct Batch {
    key_id: KeyId,
    shortage: Shortage,
    waiting: Vec<oneshot::Sender<Result<(), RefillError>>>,
}

impl Allotter {
    pub(crate) fn new(db: &Database, verifier: Arc<Verifier>) -> Arc<Self> {
        Arc::new(Self {
            db: impatient(db, PATIENCE),
            verifier,
            nodes: AtomicU32::new(1),
            trips: Mutex::default(),
            travelling: Semaphore::new(TRIPS),
            reminded: AtomicU64::new(0),
        })
    }

    /// Says who shares the windows. How much is admitted at most does not depend on
    /// it; how much is left unspent does.
    pub(crate) fn set_nodes(&self, roster: &Roster) {
        let live = roster.nodes.iter();
        let live = live.filter(|node| node.state == NodeState::Live).count();
        let live = u32::try_from(live).unwrap_or(u32::MAX);
        self.nodes.store(live, Ordering::Relaxed);
    }

    /// Returns once the store was asked for what is missing.
    pub(crate) async fn fetch(
        self: &Arc<Self>,
        digest: KeyDigest,
        key_id: KeyId,
        shortage: Shortage,
    ) -> Result<(), RefillError> {
        let (tell, told) = oneshot::channel();
        self.join((digest, shortage.window), key_id, shortage, tell)?;
        match timeout(PATIENCE, told).await {
            Ok(answer) => answer.unwrap_or(Err(RefillError::Unreachable)),
            Err(_) => Err(RefillError::TimedOut),
        }
    }

    fn join(
        self: &Arc<Self>,
        place: Place,
        key_id: KeyId,
        shortage: Shortage,
        tell: oneshot::Sender<Result<(), RefillError>>,
    ) -> Result<(), RefillError> {
        let mut trips = self.trips();
        let is_full = trips.len() >= MOST;
        let (trip, is_new) = match trips.entry(place) {
            Entry::Occupied(trip) => (trip.into_mut(), false),
            Entry::Vacant(_) if is_full => return Err(RefillError::Overloaded),
            Entry::Vacant(free) => (free.insert(Trip::default()), true),
        };
        match &mut trip.next {
            None => {
                trip.next = Some(Batch {
                    key_id,
                    shortage,
                    waiting: vec![tell],
                });
            }
            Some(batch) if batch.waiting.len() >= MOST => return Err(RefillError::Overloaded),
            Some(batch) => {
                batch.shortage = both(&batch.shortage, &shortage);
                batch.waiting.push(tell);
            }
        }
        if is_new {
            // Not the task of a request: that one may go away.
            tokio::spawn(Arc::clone(self).travel(place));
        }
        Ok(())
    }

    /// Makes trips for as long as somebody waits.
    async fn travel(self: Arc<Self>, place: Place) {
        while let Some(batch) = self.next(place) {
            let answer = self.ask(place, &batch).await;
            for waiting in batch.waiting {
                waiting.send(answer).ok();
            }
        }
    }

    fn next(&self, place: Place) -> Option<Batch> {
        let mut trips = self.trips();
        let next = trips.get_mut(&place).and_then(|trip| trip.next.take());
        if next.is_none() {
            trips.remove(&place);
        }
        next
    }

    async fn ask(&self, (digest, window): Place, batch: &Batch) -> Result<(), RefillError> {
        let unreachable = |_| RefillError::Unreachable;
        let _place = self.travelling.acquire().await.map_err(unreachable)?;
        let (key_id, shortage) = (batch.key_id, batch.shortage);
        let nodes = NonZeroU32::new(self.nodes.load(Ordering::Relaxed)).unwrap_or(NonZeroU32::MIN);
        let given = self
            .db
            .write_one(move |tx| {
                Box::pin(async move { windows::give(tx, key_id, &shortage, nodes).await })
            })
            .await;
        match given {
            Ok(Some(allotment)) => {
                let limit = shortage.limit.get();
                self.verifier.credit(&digest, window, limit, allotment);
                Ok(())
            }
            Ok(None) => {
                self.tell_of_wrong_time();
                Err(RefillError::WrongTime)
            }
            Err(error) => {
                let error: StoreError = error;
                tracing::warn!(%error, "units of a window could not be fetched");
                Err(RefillError::Unreachable)
            }
        }
    }

    fn tell_of_wrong_time(&self) {
        let now = self.verifier.clock().boot().as_nanos() / 1_000_000_000;
        let last = self.reminded.load(Ordering::Relaxed);
        if now.saturating_sub(last) >= REMIND_EVERY {
            self.reminded.store(now, Ordering::Relaxed);
            tracing::error!(
                "the clock of this node is more than {} s from that of the store: \
                 limited keys are answered 503",
                windows::CLOCK_TOLERANCE.as_secs()
            );
        }
    }

    fn trips(&self) -> MutexGuard<'_, HashMap<Place, Trip>> {
        self.trips.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What two lack together. Where their windows or limits differ, the one of the
/// later window counts, else the lower limit: the other asks again.
fn both(one: &Shortage, other: &Shortage) -> Shortage {
    let is_later = other.number > one.number;
    let is_lower = other.number == one.number && other.limit < one.limit;
    let base = if is_later || is_lower { other } else { one };
    Shortage {
        least: one.least.min(other.least),
        want: one.want.saturating_add(other.want.get()),
        ..*base
    }
}
