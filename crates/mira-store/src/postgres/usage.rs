//! Usage in PostgreSQL.

use std::ops::Range;

use mira_core::KeyId;
use mira_db::PostgresTx;

use super::{collect, params};
use crate::StoreError;
use crate::usage::{Day, Increment, Tally, UsageOf, read};

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
