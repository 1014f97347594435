//! Remembered requests in PostgreSQL.

use mira_core::Timestamp;
use mira_db::PostgresTx;

use super::{change, find, params};
use crate::StoreError;
use crate::idempotency::{Remembered, Slot};

pub(crate) async fn get(tx: &PostgresTx, slot: &Slot) -> Result<Option<Remembered>, StoreError> {
    find(
        tx,
        "SELECT fingerprint, record_id, created_at FROM idempotency_keys
         WHERE actor = $1 AND route = $2 AND key = $3",
        &params![&slot.actor, &slot.route, &slot.key],
        |columns| {
            Ok(Remembered {
                fingerprint: columns.take()?,
                record_id: columns.take()?,
                created_at: columns.take()?,
            })
        },
    )
    .await
}

pub(crate) async fn insert(
    tx: &PostgresTx,
    slot: &Slot,
    remembered: &Remembered,
) -> Result<(), StoreError> {
    change(
        tx,
        "INSERT INTO idempotency_keys (actor, route, key, fingerprint, record_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &params![
            &slot.actor,
            &slot.route,
            &slot.key,
            remembered.fingerprint,
            &remembered.record_id,
            remembered.created_at.as_millis(),
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn prune(tx: &PostgresTx, until: Timestamp) -> Result<u64, StoreError> {
    // Somebody else is forgetting those that are locked.
    let sql = "DELETE FROM idempotency_keys WHERE (actor, route, key) IN (
                   SELECT actor, route, key FROM idempotency_keys WHERE created_at <= $1
                   FOR UPDATE SKIP LOCKED)";
    change(tx, sql, &params![until.as_millis()]).await
}
