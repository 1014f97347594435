//! The nodes in PostgreSQL. What a node writes about itself is one short statement
//! on its own row, so that no node waits for another, whatever became of that.

use mira_core::{NodeId, Timestamp};
use mira_db::PostgresTx;

use super::{change, collect, find, params};
use crate::StoreError;
use crate::changelog::Place;
use crate::column::{Columns, contradictory};
use crate::nodes::{COLUMNS, Registration, Renewal, Roster, millis, read_some};

pub(crate) async fn register(
    tx: &PostgresTx,
    new: &Registration,
    at: Timestamp,
) -> Result<(), StoreError> {
    if let Some(before) = new.replaces {
        retire(tx, before).await?;
    }
    change(
        tx,
        "INSERT INTO nodes
         (id, state, lease_ms, position, chain, renewals, registered_at, renewed_at)
         VALUES ($1, 'live', $2, $3, $4, 0, $5, $5)",
        &params![
            new.id.as_bytes(),
            millis(new.lease),
            number(new.applied.seq.number()),
            new.applied.chain.as_bytes(),
            at.as_millis(),
        ],
    )
    .await?;
    Ok(())
}

/// The head is read by the statement that writes, in its snapshot: a change that
/// it does not see becomes visible after the renewal was sent.
pub(crate) async fn renew(
    tx: &PostgresTx,
    renewal: &Renewal,
    at: Timestamp,
) -> Result<Option<Place>, StoreError> {
    find(
        tx,
        "UPDATE nodes SET position = $2, chain = $3, lease_ms = greatest(lease_ms, $4),
                renewals = renewals + 1, renewed_at = $5
         FROM chain_heads AS head
         WHERE nodes.id = $1 AND nodes.state = 'live' AND head.log = 'changelog'
         RETURNING head.position, head.chain",
        &params![
            renewal.id.as_bytes(),
            number(renewal.applied.seq.number()),
            renewal.applied.chain.as_bytes(),
            millis(renewal.lease),
            at.as_millis(),
        ],
        Place::read,
    )
    .await
}

pub(crate) async fn roster(tx: &PostgresTx) -> Result<Roster, StoreError> {
    let sql = format!(
        "SELECT head.position, head.chain, {COLUMNS} FROM chain_heads AS head
         LEFT JOIN nodes AS n ON n.state IN ('live', 'fenced')
         LEFT JOIN changelog AS c ON c.position = n.position
         WHERE head.log = 'changelog' ORDER BY n.id"
    );
    let read = |columns: &mut Columns<'_>| Ok((Place::read(columns)?, read_some(columns)?));
    let rows = collect(tx, &sql, &[], read).await?;
    let head = rows.first().map(|(head, _)| *head);
    Ok(Roster {
        head: head.ok_or_else(|| contradictory("chain_heads"))?,
        nodes: rows.into_iter().filter_map(|(_, node)| node).collect(),
    })
}

pub(crate) async fn fence(tx: &PostgresTx, id: NodeId) -> Result<bool, StoreError> {
    let sql = "UPDATE nodes SET state = 'fenced' WHERE id = $1 AND state = 'live'";
    Ok(change(tx, sql, &params![id.as_bytes()]).await? > 0)
}

pub(crate) async fn expire(tx: &PostgresTx, id: NodeId, renewals: u64) -> Result<bool, StoreError> {
    let sql = "UPDATE nodes SET state = 'retired'
               WHERE id = $1 AND state <> 'retired' AND renewals = $2";
    let params = params![id.as_bytes(), number(renewals)];
    Ok(change(tx, sql, &params).await? > 0)
}

pub(crate) async fn retire(tx: &PostgresTx, id: NodeId) -> Result<(), StoreError> {
    let sql = "UPDATE nodes SET state = 'retired' WHERE id = $1";
    change(tx, sql, &params![id.as_bytes()]).await?;
    Ok(())
}

pub(crate) async fn forget_retired(tx: &PostgresTx, until: Timestamp) -> Result<u64, StoreError> {
    // Somebody else is forgetting those that are locked.
    let sql = "DELETE FROM nodes WHERE id IN (
                   SELECT id FROM nodes WHERE state = 'retired' AND renewed_at <= $1
                   FOR UPDATE SKIP LOCKED)";
    change(tx, sql, &params![until.as_millis()]).await
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
