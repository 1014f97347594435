//! The two chained logs: the changelog and the audit trail.

use mira_db::PostgresTx;

use super::{each, find, params};
use crate::chain::Walk;
use crate::column::{Columns, Row, contradictory};
use crate::{Chain, Integrity, StoreError};

/// A chained log: a table with `position`, `chain` and `body`.
#[derive(Clone, Copy)]
pub(super) struct Log {
    /// Its word in `chain_heads`.
    pub(super) name: &'static str,
    /// Its table.
    pub(super) table: &'static str,
}

/// Appends to both logs and says where the changelog ends.
///
/// Whoever appends next waits for the commit, so the order of positions is that of
/// commits, without gaps.
pub(crate) async fn append(
    tx: &PostgresTx,
    changes: &[String],
    events: &[String],
) -> Result<u64, StoreError> {
    last(&tx.query(APPEND, &[&changes, &events]).await?)
}

/// The same, and commits in the same trip.
pub(crate) async fn conclude(
    tx: &PostgresTx,
    changes: &[String],
    events: &[String],
) -> Result<u64, StoreError> {
    last(&tx.query_and_commit(APPEND, &[&changes, &events]).await?)
}

const APPEND: &str = "WITH appended AS (SELECT append_to_logs($1, $2) AS last)
                      SELECT last FROM appended";

fn last(rows: &[tokio_postgres::Row]) -> Result<u64, StoreError> {
    let row = rows.first().ok_or_else(|| contradictory("chain_heads"))?;
    Ok(Columns::of(Row::Postgres(row)).take()?)
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
