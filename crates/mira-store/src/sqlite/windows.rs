//! Windows in SQLite.

use std::num::NonZeroU32;

use mira_core::{Allotment, KeyId, Shortage, Timestamp, Window, WindowWord};
use mira_key::KeyDigest;
use rusqlite::{Connection, params};

use super::{change, each, find, find_value};
use crate::StoreError;
use crate::windows::{Counted, KEPT_AFTER, hours, length, millis, period, read, small};

/// Milliseconds since the epoch.
const CLOCK: &str = "CAST(unixepoch('subsec') * 1000 AS INTEGER)";

pub(crate) fn give(
    connection: &Connection,
    key_id: KeyId,
    shortage: &Shortage,
    nodes: NonZeroU32,
) -> Result<Option<Allotment>, StoreError> {
    let (first, last) = hours(shortage.window, shortage.number);
    let is_now = format!("SELECT {CLOCK} BETWEEN ?1 AND ?2");
    if find_value(connection, &is_now, [first, last])? != Some(true) {
        return Ok(None);
    }
    let place = params![period(shortage.window), shortage.number, key_id.as_bytes()];
    let sql = "SELECT given FROM windows WHERE period = ?1 AND number = ?2 AND key_id = ?3";
    let given = find(connection, sql, place, small)?.unwrap_or(0);
    let allotment = Allotment::next(shortage, given, nodes);
    change(
        connection,
        "INSERT INTO windows (period, number, key_id, given, latest) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (period, number, key_id) DO UPDATE
         SET given = excluded.given, latest = excluded.latest",
        params![
            period(shortage.window),
            shortage.number,
            key_id.as_bytes(),
            allotment.until,
            allotment.until - allotment.from,
        ],
    )?;
    Ok(Some(allotment))
}

pub(crate) fn keep(connection: &Connection, batch: &[Counted]) -> Result<(), StoreError> {
    batch.iter().try_for_each(|counted| {
        change(
            connection,
            "INSERT INTO windows (period, number, key_id, given, latest) VALUES (?1, ?2, ?3, ?4, 0)
             ON CONFLICT (period, number, key_id) DO UPDATE
             SET given = max(given, excluded.given)",
            params![
                period(counted.window),
                counted.word.number(),
                counted.key_id.as_bytes(),
                counted.word.unit(),
            ],
        )
        .map(|_| ())
    })
}

pub(crate) fn load(
    connection: &Connection,
    now: Timestamp,
    mut visit: impl FnMut(KeyDigest, Window, WindowWord),
) -> Result<(), StoreError> {
    for window in [Window::Minute, Window::Day] {
        let sql = "SELECT keys.digest, windows.number, windows.given
                   FROM windows JOIN keys ON keys.id = windows.key_id
                   WHERE windows.period = ?1 AND windows.number >= ?2";
        let params = params![period(window), window.number(now)];
        each(connection, sql, params, |columns| {
            let (digest, word) = read(columns)?;
            visit(digest, window, word);
            Ok(())
        })?;
    }
    Ok(())
}

pub(crate) fn forget(
    connection: &Connection,
    window: Window,
    limit: u32,
) -> Result<u64, StoreError> {
    let sql = format!(
        "DELETE FROM windows WHERE (period, number, key_id) IN (
             SELECT period, number, key_id FROM windows
             WHERE period = ?1 AND number < ({CLOCK} - ?2) / ?3 LIMIT ?4)"
    );
    let params = params![period(window), millis(KEPT_AFTER), length(window), limit];
    change(connection, &sql, params)
}
