//! Remembered requests in SQLite.

use mira_core::Timestamp;
use rusqlite::{Connection, params};

use super::{change, find};
use crate::StoreError;
use crate::idempotency::{Remembered, Slot};

pub(crate) fn get(connection: &Connection, slot: &Slot) -> Result<Option<Remembered>, StoreError> {
    find(
        connection,
        "SELECT fingerprint, record_id, created_at FROM idempotency_keys
         WHERE actor = ?1 AND route = ?2 AND key = ?3",
        params![slot.actor, slot.route, slot.key],
        |columns| {
            Ok(Remembered {
                fingerprint: columns.take()?,
                record_id: columns.take()?,
                created_at: columns.take()?,
            })
        },
    )
}

pub(crate) fn insert(
    connection: &Connection,
    slot: &Slot,
    remembered: &Remembered,
) -> Result<(), StoreError> {
    change(
        connection,
        "INSERT INTO idempotency_keys (actor, route, key, fingerprint, record_id, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            slot.actor,
            slot.route,
            slot.key,
            remembered.fingerprint,
            remembered.record_id,
            remembered.created_at.as_millis(),
        ],
    )?;
    Ok(())
}

pub(crate) fn prune(connection: &Connection, until: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM idempotency_keys WHERE created_at <= ?1";
    change(connection, sql, [until.as_millis()])
}
