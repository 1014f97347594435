//! Usage in PostgreSQL.

use std::ops::Range;

use mira_core::{KeyId, Timestamp};
use mira_db::PostgresTx;

use super::{change, collect, find_value, params};
use crate::StoreError;
use crate::usage::{Day, Flush, Increment, Tally, UsageOf, read};

pub(crate) async fn begin_flush(
    tx: &PostgresTx,
    flush: Flush,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO usage_flushes (source, number, flushed_at) VALUES ($1, $2, $3)
               ON CONFLICT (source) DO UPDATE
               SET number = excluded.number, flushed_at = excluded.flushed_at
               WHERE usage_flushes.number < excluded.number";
    let number = i64::try_from(flush.number).unwrap_or(i64::MAX);
    let params = params![flush.source, number, at.as_millis()];
    Ok(change(tx, sql, &params).await? > 0)
}

pub(crate) async fn last_flush(tx: &PostgresTx, source: [u8; 16]) -> Result<u64, StoreError> {
    let sql = "SELECT number FROM usage_flushes WHERE source = $1";
    Ok(find_value(tx, sql, &params![source]).await?.unwrap_or(0))
}

pub(crate) async fn forget_flushes(tx: &PostgresTx, until: Timestamp) -> Result<u64, StoreError> {
    // Somebody else is forgetting those that are locked.
    let sql = "DELETE FROM usage_flushes WHERE source IN (
                   SELECT source FROM usage_flushes WHERE flushed_at < $1
                   FOR UPDATE SKIP LOCKED)";
    change(tx, sql, &params![until.as_millis()]).await
}

pub(crate) async fn add(tx: &PostgresTx, batch: &[Increment]) -> Result<(), StoreError> {
    let count = |requests| i64::try_from(requests).unwrap_or(i64::MAX);
    let ids: Vec<&[u8]> = batch.iter().map(|one| &one.key_id.as_bytes()[..]).collect();
    let days: Vec<i64> = batch.iter().map(|one| one.day.number()).collect();
    let allowed: Vec<i64> = batch.iter().map(|one| count(one.tally.allowed)).collect();
    let denied: Vec<i64> = batch.iter().map(|one| count(one.tally.denied)).collect();
    // In the order of keys, so that nodes that add at once wait for each other in
    // one direction.
    let sql = "INSERT INTO usage (key_id, day, allowed, denied)
               SELECT key_id, day, sum(allowed)::BIGINT, sum(denied)::BIGINT
               FROM unnest($1::BYTEA[], $2::BIGINT[], $3::BIGINT[], $4::BIGINT[])
                    AS increment (key_id, day, allowed, denied)
               GROUP BY key_id, day ORDER BY key_id, day
               ON CONFLICT (key_id, day) DO UPDATE
               SET allowed = usage.allowed + excluded.allowed,
                   denied = usage.denied + excluded.denied";
    tx.execute(sql, &[&ids, &days, &allowed, &denied]).await?;
    Ok(())
}

pub(crate) async fn by_day(
    tx: &PostgresTx,
    of: UsageOf,
    days: Range<Day>,
) -> Result<Vec<(Day, Tally)>, StoreError> {
    let (keys, id) = keys(&of);
    let sql = format!(
        "SELECT day, sum(allowed)::BIGINT, sum(denied)::BIGINT FROM usage
         WHERE key_id {keys} AND day >= $2 AND day < $3 GROUP BY day ORDER BY day"
    );
    let params = &params![id, days.start.number(), days.end.number()];
    collect(tx, &sql, params, |columns| {
        Ok((columns.take()?, read(columns)?))
    })
    .await
}

pub(crate) async fn by_key(
    tx: &PostgresTx,
    of: UsageOf,
    days: Range<Day>,
    limit: u32,
) -> Result<Vec<(KeyId, Tally)>, StoreError> {
    let (keys, id) = keys(&of);
    let sql = format!(
        "SELECT key_id, sum(allowed)::BIGINT, sum(denied)::BIGINT FROM usage
         WHERE key_id {keys} AND day >= $2 AND day < $3 GROUP BY key_id
         ORDER BY sum(allowed) + sum(denied) DESC, key_id DESC LIMIT $4"
    );
    let params = &params![id, days.start.number(), days.end.number(), limit];
    collect(tx, &sql, params, |columns| {
        Ok((columns.take()?, read(columns)?))
    })
    .await
}

/// The condition on `key_id`, and the id that it has as `$1`.
fn keys(of: &UsageOf) -> (&'static str, &[u8; 16]) {
    match of {
        UsageOf::Organization(id) => (
            "IN (SELECT id FROM keys WHERE organization_id = $1)",
            id.as_bytes(),
        ),
        UsageOf::App(id) => ("IN (SELECT id FROM keys WHERE app_id = $1)", id.as_bytes()),
        UsageOf::Key(id) => ("= $1", id.as_bytes()),
    }
}
