//! Usage in SQLite.

use std::ops::Range;

use mira_core::{KeyId, Timestamp};
use rusqlite::{Connection, params};

use super::{change, collect, find_value};
use crate::StoreError;
use crate::usage::{Day, Flush, Increment, Tally, UsageOf, read};

pub(crate) fn begin_flush(
    connection: &Connection,
    flush: Flush,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO usage_flushes (source, number, flushed_at) VALUES (?1, ?2, ?3)
               ON CONFLICT (source) DO UPDATE
               SET number = excluded.number, flushed_at = excluded.flushed_at
               WHERE usage_flushes.number < excluded.number";
    let number = i64::try_from(flush.number).unwrap_or(i64::MAX);
    let params = params![flush.source, number, at.as_millis()];
    Ok(change(connection, sql, params)? > 0)
}

pub(crate) fn last_flush(connection: &Connection, source: [u8; 16]) -> Result<u64, StoreError> {
    let sql = "SELECT number FROM usage_flushes WHERE source = ?1";
    Ok(find_value(connection, sql, [source])?.unwrap_or(0))
}

pub(crate) fn forget_flushes(connection: &Connection, until: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM usage_flushes WHERE flushed_at < ?1";
    change(connection, sql, [until.as_millis()])
}

pub(crate) fn add(connection: &Connection, batch: &[Increment]) -> Result<(), StoreError> {
    let count = |requests| i64::try_from(requests).unwrap_or(i64::MAX);
    batch.iter().try_for_each(|increment| {
        change(
            connection,
            "INSERT INTO usage (key_id, day, allowed, denied) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key_id, day) DO UPDATE
             SET allowed = allowed + excluded.allowed, denied = denied + excluded.denied",
            params![
                increment.key_id.as_bytes(),
                increment.day.number(),
                count(increment.tally.allowed),
                count(increment.tally.denied),
            ],
        )
        .map(|_| ())
    })
}

pub(crate) fn by_day(
    connection: &Connection,
    of: UsageOf,
    days: Range<Day>,
) -> Result<Vec<(Day, Tally)>, StoreError> {
    let (keys, id) = keys(&of);
    let sql = format!(
        "SELECT day, sum(allowed), sum(denied) FROM usage
         WHERE key_id {keys} AND day >= ?2 AND day < ?3 GROUP BY day ORDER BY day"
    );
    let params = params![id, days.start.number(), days.end.number()];
    collect(connection, &sql, params, |columns| {
        Ok((columns.take()?, read(columns)?))
    })
}

pub(crate) fn by_key(
    connection: &Connection,
    of: UsageOf,
    days: Range<Day>,
    limit: u32,
) -> Result<Vec<(KeyId, Tally)>, StoreError> {
    let (keys, id) = keys(&of);
    let sql = format!(
        "SELECT key_id, sum(allowed), sum(denied) FROM usage
         WHERE key_id {keys} AND day >= ?2 AND day < ?3 GROUP BY key_id
         ORDER BY sum(allowed) + sum(denied) DESC, key_id DESC LIMIT ?4"
    );
    let params = params![id, days.start.number(), days.end.number(), limit];
    collect(connection, &sql, params, |columns| {
        Ok((columns.take()?, read(columns)?))
    })
}

/// The condition on `key_id`, and the id that it has as `?1`.
fn keys(of: &UsageOf) -> (&'static str, &[u8; 16]) {
    match of {
        UsageOf::Organization(id) => (
            "IN (SELECT id FROM keys WHERE organization_id = ?1)",
            id.as_bytes(),
        ),
        UsageOf::App(id) => ("IN (SELECT id FROM keys WHERE app_id = ?1)", id.as_bytes()),
        UsageOf::Key(id) => ("= ?1", id.as_bytes()),
    }
}
