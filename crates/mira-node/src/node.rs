//! One node: its verifier, its place in the changelog, its lease.

use std::sync::Arc;
use std::time::Duration;

use mira_core::{Access, Change};
use mira_db::Database;
use mira_store::changelog::{self, Seq};
use mira_store::{StoreError, apps, keys, organizations};
use mira_verifier::{
    BoxFuture, Coverage, Credential, Deadline, Refill, RefillError, Refiller, Resolved, Verifier,
};
use tokio::sync::Mutex;

use crate::usage::Unwritten;
use crate::{Effect, Proof};

/// How many changes are read at once.
const BATCH: u32 = 500;

/// A verifier and the store that it keeps in step with.
pub struct Node {
    pub(crate) db: Database,
    pub(crate) verifier: Arc<Verifier>,
    /// The last change that was applied. Whoever applies holds the lock, so
    /// changes are applied in the order of the changelog and once.
    applied: Mutex<Seq>,
    pub(crate) unwritten: Mutex<Unwritten>,
}

/// The store could not be read, so the verifier may be behind.
#[derive(Debug, thiserror::Error)]
#[error("the verifier is out of step with the store: {0}")]
pub struct NodeError(#[from] StoreError);

impl From<mira_db::DbError> for NodeError {
    fn from(error: mira_db::DbError) -> Self {
        Self(error.into())
    }
}

impl Node {
    /// Loads everything that decides from one snapshot of the store, and only
    /// then lets the verifier answer.
    pub async fn start(db: Database, verifier: Arc<Verifier>) -> Result<Arc<Self>, NodeError> {
        let loading = Arc::clone(&verifier);
        let head = db
            .read(move |tx| {
                Box::pin(async move {
                    let (head, _) = changelog::head(tx).await?;
                    organizations::load_facts(tx, |facts| {
                        loading.apply(&Change::Organization(facts));
                    })
                    .await?;
                    apps::load_balances(tx, |id, balance| {
                        loading.apply(&Change::App { id, balance });
                    })
                    .await?;
                    keys::load_facts(tx, |digest, facts| {
                        loading.apply(&Change::Key { digest, facts });
                    })
                    .await?;
                    Ok::<_, NodeError>(head)
                })
            })
            .await?;
        let node = Arc::new(Self {
            db,
            verifier,
            applied: Mutex::new(head),
            unwritten: Mutex::default(),
        });
        // Whatever was committed while loading comes before the first answer.
        node.catch_up().await?;
        node.verifier.set_coverage(Coverage::Complete);
        node.verifier.extend_lease(Deadline::NEVER_ENDS);
        Ok(node)
    }

    /// The verifier that this node feeds.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// Returns once the change at `seq` holds on every node, or, if the caller
    /// will not wait that long, when `wait` is over. [`Seq::START`] stands for a
    /// change that no verifier needs to know.
    pub async fn barrier(&self, seq: Seq, wait: Option<Duration>) -> Result<Effect, NodeError> {
        // One node never waits for another.
        let _ = wait;
        let clock = self.verifier.clock();
        let committed = clock.boot();
        if seq > Seq::START {
            self.catch_up().await?;
        }
        let waited = clock.boot().since(committed);
        let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
        Ok(Effect::Effective {
            proof: Proof::Local,
            nodes: 1,
            waited_ms,
        })
    }

    /// Asks the verifier, and the store for what memory does not hold.
    pub async fn verify(&self, presented: &Credential<'_>, access: &Access) -> Resolved {
        mira_verifier::resolve(&self.verifier, self, presented, access).await
    }

    /// Applies every change after the last applied one. A verifier that cannot
    /// catch up does not know what it should: it gives up its lease, and gets it
    /// back from the first success.
    pub(crate) async fn catch_up(&self) -> Result<(), NodeError> {
        let mut applied = self.applied.lock().await;
        loop {
            let after = *applied;
            let entries = self
                .db
                .read(move |tx| {
                    Box::pin(
                        async move { Ok::<_, NodeError>(changelog::tail(tx, after, BATCH).await?) },
                    )
                })
                .await
                .inspect_err(|_| self.verifier.drop_lease())?;
            let Some(last) = entries.last() else { break };
            let last = last.seq;
            for entry in &entries {
                self.verifier.apply(&entry.change);
            }
            *applied = last;
        }
        self.verifier.extend_lease(Deadline::NEVER_ENDS);
        Ok(())
    }
}

impl Refiller for Node {
    /// Catches up with the changelog, which holds every key there is.
    fn refill(&self, _: Refill) -> BoxFuture<'_, Result<(), RefillError>> {
        Box::pin(async { self.catch_up().await.map_err(|_| RefillError::Unreachable) })
    }
}
