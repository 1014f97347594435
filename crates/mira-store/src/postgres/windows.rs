//! Windows in PostgreSQL. Giving is one statement on one row that nothing else
//! locks, so it waits for no change of a key, and none waits for it.

use std::num::NonZeroU32;

use mira_core::{Allotment, KeyId, Shortage, Timestamp, Window, WindowWord};
use mira_db::PostgresTx;
use mira_key::KeyDigest;

use super::{change, each, find, params};
use crate::StoreError;
use crate::windows::{Counted, KEPT_AFTER, hours, length, millis, period, read, small};

/// Milliseconds since the epoch, as they are and not as of the transaction's begin.
const CLOCK: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::BIGINT";

pub(crate) async fn give(
    tx: &PostgresTx,
    key_id: KeyId,
    shortage: &Shortage,
    nodes: NonZeroU32,
) -> Result<Option<Allotment>, StoreError> {
    let (first, last) = hours(shortage.window, shortage.number);
    let sql = format!(
        "INSERT INTO windows (period, number, key_id, given, latest)
         SELECT $1, $2, $3, first.amount, first.amount FROM (SELECT {} AS amount) AS first
         WHERE {CLOCK} BETWEEN $8 AND $9
         ON CONFLICT (period, number, key_id) DO UPDATE
         SET given = windows.given + {next}, latest = {next}
         RETURNING given, latest",
        amount("$4::BIGINT"),
        next = amount("($4::BIGINT - windows.given)"),
    );
    let parts = i64::from(nodes.get()) * i64::from(Allotment::PARTS_PER_NODE);
    let params = params![
        period(shortage.window),
        shortage.number,
        key_id.as_bytes(),
        shortage.limit.get(),
        parts,
        shortage.least.get(),
        shortage.want.get(),
        first,
        last,
    ];
    let given = find(tx, &sql, &params, |columns| {
        Ok((small(columns)?, small(columns)?))
    });
    Ok(given.await?.map(|(given, latest)| Allotment {
        number: shortage.number,
        from: given.saturating_sub(latest),
        until: given,
    }))
}

/// [`Allotment::next`] where `left` is left; the parts are `$5`, the least `$6` and
/// the wanted `$7`.
fn amount(left: &str) -> String {
    format!(
        "CASE WHEN {left} < $6::BIGINT THEN 0
         ELSE least({left}, greatest($7::BIGINT, {left} / $5::BIGINT)) END"
    )
}

pub(crate) async fn keep(tx: &PostgresTx, batch: &[Counted]) -> Result<(), StoreError> {
    let periods: Vec<&str> = batch.iter().map(|one| period(one.window)).collect();
    let numbers: Vec<i64> = batch.iter().map(|one| one.word.number().into()).collect();
    let ids: Vec<&[u8]> = batch.iter().map(|one| &one.key_id.as_bytes()[..]).collect();
    let counts: Vec<i64> = batch.iter().map(|one| one.word.unit().into()).collect();
    let sql = "INSERT INTO windows (period, number, key_id, given, latest)
               SELECT period, number, key_id, max(given), 0
               FROM unnest($1::TEXT[], $2::BIGINT[], $3::BYTEA[], $4::BIGINT[])
                    AS counted (period, number, key_id, given)
               GROUP BY period, number, key_id ORDER BY period, number, key_id
               ON CONFLICT (period, number, key_id) DO UPDATE
               SET given = greatest(windows.given, excluded.given)";
    tx.execute(sql, &[&periods, &numbers, &ids, &counts])
        .await?;
    Ok(())
}

pub(crate) async fn load(
    tx: &PostgresTx,
    now: Timestamp,
    mut visit: impl FnMut(KeyDigest, Window, WindowWord),
) -> Result<(), StoreError> {
    for window in [Window::Minute, Window::Day] {
        let sql = "SELECT keys.digest, windows.number, windows.given
                   FROM windows JOIN keys ON keys.id = windows.key_id
                   WHERE windows.period = $1 AND windows.number >= $2";
        let params = params![period(window), window.number(now)];
        each(tx, sql, &params, |columns| {
            let (digest, word) = read(columns)?;
            visit(digest, window, word);
            Ok(())
        })
        .await?;
    }
    Ok(())
}

pub(crate) async fn forget(tx: &PostgresTx, window: Window, limit: u32) -> Result<u64, StoreError> {
    // Another node is forgetting those that are locked.
    let sql = format!(
        "DELETE FROM windows WHERE (period, number, key_id) IN (
             SELECT period, number, key_id FROM windows
             WHERE period = $1 AND number < ({CLOCK} - $2) / $3
             LIMIT $4 FOR UPDATE SKIP LOCKED)"
    );
    let params = params![period(window), millis(KEPT_AFTER), length(window), limit];
    change(tx, &sql, &params).await
}
