//! A node's part in an installation of many: who it is there, and its own
//! connections to the store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mira_core::{Clock as _, NodeId};
use mira_db::{Database, PostgresOptions};
use mira_key::Entropy;
use mira_store::nodes::{self, Roster};
use mira_verifier::{BootClock, BootInstant};
use tokio::sync::{Mutex as AsyncMutex, Notify};

use crate::NodeError;
use crate::hints::Hints;
use crate::roster::Watch;

/// How a node takes part.
pub struct Membership {
    /// How long it may serve after a renewal was sent.
    pub lease: Duration,
    /// For its ids.
    pub entropy: Arc<dyn Entropy>,
}

/// The longest that one step towards a lease may take.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// One to renew, one to read on, one for the roster, and one to spare.
const CONNECTIONS: usize = 4;

pub(crate) struct Member {
    pub(crate) lease: Duration,
    pub(crate) entropy: Arc<dyn Entropy>,
    /// Connections that no caller can use up, and that are given up soon.
    store: Database,
    id: Mutex<NodeId>,
    /// The last roster, and when reading it began.
    roster: AsyncMutex<Option<(BootInstant, Arc<Roster>)>>,
    watch: Mutex<Watch>,
    has_forked: AtomicBool,
    /// What the nodes tell each other.
    pub(crate) hints: Hints,
    /// Told when a balance has moved.
    pub(crate) moved: Notify,
}

impl Member {
    pub(crate) fn new(
        db: &Database,
        membership: Membership,
        clock: &BootClock,
    ) -> Result<Self, NodeError> {
        let Membership { lease, entropy } = membership;
        let id = NodeId::generate(clock.now(), entropy.as_ref())?;
        Ok(Self {
            lease,
            entropy,
            store: impatient(db, patience(lease)),
            id: Mutex::new(id),
            roster: AsyncMutex::default(),
            watch: Mutex::default(),
            has_forked: AtomicBool::new(false),
            hints: Hints::default(),
            moved: Notify::new(),
        })
    }

    pub(crate) fn store(&self) -> &Database {
        &self.store
    }

    /// Who this process is on the roster now.
    pub(crate) fn id(&self) -> NodeId {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_id(&self, id: NodeId) {
        *self.id.lock().unwrap_or_else(PoisonError::into_inner) = id;
    }

    /// Whether the store was found to lack what was applied here, and has not been
    /// found to hold it since.
    pub(crate) fn has_forked(&self) -> bool {
        self.has_forked.load(Ordering::Acquire)
    }

    pub(crate) fn set_forked(&self, has_forked: bool) {
        self.has_forked.store(has_forked, Ordering::Release);
    }

    /// The roster that was read last.
    pub(crate) async fn last_roster(&self) -> Option<Arc<Roster>> {
        let last = self.roster.lock().await;
        last.as_ref().map(|(_, roster)| Arc::clone(roster))
    }

    /// How often the lease is renewed.
    pub(crate) fn cadence(&self) -> Duration {
        self.lease / 5
    }

    /// How long one renewal may take.
    pub(crate) fn patience(&self) -> Duration {
        patience(self.lease)
    }

    /// Who on a roster that had been read by `now` holds no lease any more, and how
    /// often it was renewed.
    pub(crate) fn observe(&self, roster: &Roster, now: BootInstant) -> Vec<(NodeId, u64)> {
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.observe(roster, now)
    }

    /// A roster whose reading began after `asked`. One reading serves all who asked
    /// before it began.
    pub(crate) async fn roster_since(
        &self,
        asked: BootInstant,
        clock: &BootClock,
    ) -> Result<Arc<Roster>, NodeError> {
        let mut last = self.roster.lock().await;
        if let Some((begun, roster)) = &*last
            && *begun > asked
        {
            return Ok(Arc::clone(roster));
        }
        let begun = clock.boot();
        let read = self
            .store
            .read_one(|tx| Box::pin(async move { Ok::<_, NodeError>(nodes::roster(tx).await?) }));
        let roster = Arc::new(read.await?);
        *last = Some((begun, Arc::clone(&roster)));
        Ok(roster)
    }
}

/// A step that takes longer than half a lease comes too late.
fn patience(lease: Duration) -> Duration {
    PATIENCE.min(lease / 2)
}

/// The database through a few connections of its own.
pub(crate) fn impatient(db: &Database, patience: Duration) -> Database {
    match db {
        Database::Sqlite(_) => db.clone(),
        Database::Postgres(postgres) => {
            let options = PostgresOptions {
                connections: CONNECTIONS,
                connect_timeout: patience,
                queue_timeout: patience,
                answer_timeout: patience,
                statement_timeout: patience,
                lock_timeout: patience,
                ..PostgresOptions::default()
            };
            Database::Postgres(postgres.with_options(options))
        }
    }
}
