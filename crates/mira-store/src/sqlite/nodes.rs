//! The nodes in SQLite.

use mira_core::{NodeId, Timestamp};
use rusqlite::{Connection, params};

use super::{change, collect, find_value};
use crate::StoreError;
use crate::changelog::Place;
use crate::nodes::{COLUMNS, Registration, Renewal, Roster, millis, read};

pub(crate) fn register(
    connection: &Connection,
    new: &Registration,
    at: Timestamp,
) -> Result<(), StoreError> {
    if let Some(before) = new.replaces {
        retire(connection, before)?;
    }
    change(
        connection,
        "INSERT INTO nodes
         (id, state, lease_ms, position, chain, renewals, registered_at, renewed_at)
         VALUES (?1, 'live', ?2, ?3, ?4, 0, ?5, ?5)",
        params![
            new.id.as_bytes(),
            millis(new.lease),
            number(new.applied.seq.number()),
            new.applied.chain.as_bytes(),
            at.as_millis(),
        ],
    )?;
    Ok(())
}

pub(crate) fn renew(
    connection: &Connection,
    renewal: &Renewal,
    at: Timestamp,
) -> Result<Option<Place>, StoreError> {
    let renewed: Option<u64> = find_value(
        connection,
        "UPDATE nodes SET position = ?2, chain = ?3, lease_ms = max(lease_ms, ?4),
                renewals = renewals + 1, renewed_at = ?5
         WHERE id = ?1 AND state = 'live' RETURNING renewals",
        params![
            renewal.id.as_bytes(),
            number(renewal.applied.seq.number()),
            renewal.applied.chain.as_bytes(),
            millis(renewal.lease),
            at.as_millis(),
        ],
    )?;
    if renewed.is_none() {
        return Ok(None);
    }
    super::changelog::head(connection).map(Some)
}

pub(crate) fn roster(connection: &Connection) -> Result<Roster, StoreError> {
    let head = super::changelog::head(connection)?;
    let sql = format!(
        "SELECT {COLUMNS} FROM nodes AS n LEFT JOIN changelog AS c ON c.position = n.position
         WHERE n.state IN ('live', 'fenced') ORDER BY n.id"
    );
    let nodes = collect(connection, &sql, [], read)?;
    Ok(Roster { head, nodes })
}

pub(crate) fn fence(connection: &Connection, id: NodeId) -> Result<bool, StoreError> {
    let sql = "UPDATE nodes SET state = 'fenced' WHERE id = ?1 AND state = 'live'";
    Ok(change(connection, sql, [id.as_bytes()])? > 0)
}

pub(crate) fn expire(
    connection: &Connection,
    id: NodeId,
    renewals: u64,
) -> Result<bool, StoreError> {
    let sql = "UPDATE nodes SET state = 'retired'
               WHERE id = ?1 AND state <> 'retired' AND renewals = ?2";
    Ok(change(connection, sql, params![id.as_bytes(), number(renewals)])? > 0)
}

pub(crate) fn retire(connection: &Connection, id: NodeId) -> Result<(), StoreError> {
    let sql = "UPDATE nodes SET state = 'retired' WHERE id = ?1";
    change(connection, sql, [id.as_bytes()])?;
    Ok(())
}

pub(crate) fn forget_retired(connection: &Connection, until: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM nodes WHERE state = 'retired' AND renewed_at <= ?1";
    change(connection, sql, [until.as_millis()])
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
