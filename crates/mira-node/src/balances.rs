//! Tells the nodes what apps have left.
//!
//! Where many nodes charge apps, each charge would be one more change that everybody
//! queues for. So a charge notes that a balance has moved, and what it is now is told
//! a moment later, once for all charges that came meanwhile, by whichever node comes
//! first: a node that dies after a charge leaves it to the others.

use std::time::Duration;

use mira_core::{Change, Clock as _};
use mira_store::changelog::Seq;
use mira_store::{StoreError, ledger, logs};

use crate::hints::Hint;
use crate::{Node, NodeError};

/// How often balances are told at most, and looked for. Twice that is how long a
/// charge takes to reach every node.
pub(crate) const TELL: Duration = Duration::from_millis(400);
/// How many at once.
const AT_ONCE: u32 = 500;

impl Node {
    /// Whether charges are told later, because other nodes share the store.
    pub fn tells_balances_later(&self) -> bool {
        self.member.is_some()
    }

    /// To be called when a charge was committed that is to be told later.
    pub fn balance_has_moved(&self) {
        if let Some(member) = &self.member {
            member.moved.notify_one();
        }
    }

    /// Tells every balance that has moved.
    pub(crate) async fn tell_balances(&self) -> Result<(), NodeError> {
        while self.have_balances_moved().await? {
            let now = self.clock().now();
            let told = self.db.write(move |tx| {
                Box::pin(async move {
                    let moved = ledger::take_moved(tx, AT_ONCE).await?;
                    let change = |(id, balance)| Change::App { id, balance };
                    let changes: Vec<_> = moved.into_iter().map(change).collect();
                    logs::conclude(tx, now, &changes, &[]).await
                })
            });
            let _: Seq = told
                .await
                .map_err(|error: StoreError| NodeError::from(error))?;
            if let Some(member) = &self.member {
                member.hints.send(Hint::Changed(member.id()));
            }
            self.catch_up().await?;
        }
        Ok(())
    }

    async fn have_balances_moved(&self) -> Result<bool, StoreError> {
        let asked = self.db.read_one(|tx| Box::pin(ledger::has_moved(tx)));
        asked.await
    }
}
