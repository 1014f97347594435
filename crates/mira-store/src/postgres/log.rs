//! The two chained logs: the changelog and the audit trail.

use mira_db::PostgresTx;

use super::{change, collect, each, find, params};
use crate::chain::Walk;
use crate::column::contradictory;
use crate::{Chain, Integrity, StoreError};

/// A chained log: a table with `position`, `chain` and `body`.
#[derive(Clone, Copy)]
pub(super) struct Log {
    /// Its word in `chain_heads`.
    pub(super) name: &'static str,
    /// Its table.
    pub(super) table: &'static str,
}

impl Log {
    /// The last position and its link.
    pub(super) async fn head(self, tx: &PostgresTx) -> Result<(u64, Chain), StoreError> {
        let sql = "SELECT position, chain FROM chain_heads WHERE log = $1";
        let head = find(tx, sql, &params![self.name], |columns| {
            Ok((columns.take()?, columns.take()?))
        })
        .await?;
        head.ok_or_else(|| contradictory("chain_heads").into())
    }

    /// Appends an entry and says where.
    ///
    /// Whoever appends next waits for the commit, so the order of positions is
    /// that of commits, without gaps.
    pub(super) async fn append(self, tx: &PostgresTx, body: &str) -> Result<u64, StoreError> {
        let (last, chain) = self.lock(tx).await?;
        let position = last + 1;
        let chain = chain.next(position, body.as_bytes());
        let number = i64::try_from(position).unwrap_or(i64::MAX);
        let table = self.table;
        let sql = format!(
            "WITH moved AS (UPDATE chain_heads SET position = $2, chain = $3 WHERE log = $1)
             INSERT INTO {table} (position, chain, body) VALUES ($2, $3, $4)"
        );
        let params = params![self.name, number, chain.as_bytes(), body];
        change(tx, &sql, &params).await?;
        Ok(position)
    }

    /// The last position and its link, which stay until the commit. Both logs are
    /// locked at once, so that no two transactions wait for each other's log. From
    /// here on everybody waits for this transaction, so the server ends it soon if
    /// its node falls silent.
    async fn lock(self, tx: &PostgresTx) -> Result<(u64, Chain), StoreError> {
        let sql = "SELECT log, position, chain,
                          set_config('idle_in_transaction_session_timeout', '250', true)
                   FROM chain_heads ORDER BY log FOR UPDATE";
        let heads = collect(tx, sql, &[], |columns| {
            let log: String = columns.take()?;
            Ok((log, (columns.take()?, columns.take()?)))
        })
        .await?;
        let head = heads.into_iter().find(|(log, _)| log == self.name);
        head.map(|(_, head)| head)
            .ok_or_else(|| contradictory("chain_heads").into())
    }

    /// Recomputes the chain.
    pub(super) async fn verify(self, tx: &PostgresTx) -> Result<Integrity, StoreError> {
        let mut walk = Walk::START;
        let table = self.table;
        each(
            tx,
            &format!("SELECT position, chain, body FROM {table} ORDER BY position"),
            &[],
            |columns| {
                let (position, chain) = (columns.take()?, columns.take()?);
                let body: String = columns.take()?;
                walk.step(position, body.as_bytes(), chain);
                Ok(())
            },
        )
        .await?;
        Ok(walk.finish(self.head(tx).await?))
    }
}
