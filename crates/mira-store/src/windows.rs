//! The windows of keys: which of their units were given to nodes, and, where a
//! node is on its own, what it has counted.

use std::num::NonZeroU32;
use std::time::Duration;

use mira_core::{Allotment, KeyId, Shortage, Timestamp, Window, WindowWord};
use mira_db::{DbError, Tx};
use mira_key::KeyDigest;

use crate::column::{Columns, contradictory};
use crate::{StoreError, postgres, sqlite};

/// How far a node's clock may be from the store's. For as long before and after a
/// window by its own clock, the store gives of it; whoever asks at another time
/// has a clock that is wrong.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);

/// How long a window that is over stays, by the store's clock. Nobody is given of
/// it any more by then, and never may be, as it would begin anew.
pub const KEPT_AFTER: Duration = Duration::from_mins(10);

/// How far a window of a key was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// The key.
    pub key_id: KeyId,
    /// Which kind of window.
    pub window: Window,
    /// Its number and its count.
    pub word: WindowWord,
}

/// Gives units of a window to one of `nodes`. There is no answer if the window is
/// none of the present by the store's clock, give or take [`CLOCK_TOLERANCE`].
pub async fn give(
    tx: &mut Tx,
    key_id: KeyId,
    shortage: &Shortage,
    nodes: NonZeroU32,
) -> Result<Option<Allotment>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::windows::give(tx.connection(), key_id, shortage, nodes),
        Tx::Postgres(tx) => postgres::windows::give(tx, key_id, shortage, nodes).await,
    }
}

/// Writes down what was counted. The higher count stands, so that the same may be
/// written twice.
pub async fn keep(tx: &mut Tx, batch: &[Counted]) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::windows::keep(tx.connection(), batch),
        Tx::Postgres(tx) => postgres::windows::keep(tx, batch).await,
    }
}

/// Shows `visit` the count of every window that is not over at `now`.
pub async fn load(
    tx: &mut Tx,
    now: Timestamp,
    visit: impl FnMut(KeyDigest, Window, WindowWord),
) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::windows::load(tx.connection(), now, visit),
        Tx::Postgres(tx) => postgres::windows::load(tx, now, visit).await,
    }
}

/// Forgets at most `limit` windows of each kind that have been over for longer than
/// [`KEPT_AFTER`], and says of how many.
pub async fn forget(tx: &mut Tx, limit: u32) -> Result<u64, StoreError> {
    let mut forgotten = 0;
    for window in [Window::Minute, Window::Day] {
        forgotten += match tx {
            Tx::Sqlite(tx) => sqlite::windows::forget(tx.connection(), window, limit)?,
            Tx::Postgres(tx) => postgres::windows::forget(tx, window, limit).await?,
        };
    }
    Ok(forgotten)
}

/// The word of a window, in tables.
pub(crate) const fn period(window: Window) -> &'static str {
    match window {
        Window::Minute => "minute",
        Window::Day => "day",
    }
}

/// The length of a window in milliseconds.
pub(crate) fn length(window: Window) -> i64 {
    window.end(0).as_millis()
}

/// The first and the last millisecond at which the store gives of a window.
pub(crate) fn hours(window: Window, number: u32) -> (i64, i64) {
    let tolerance = millis(CLOCK_TOLERANCE);
    let start = window.start(number).as_millis() - tolerance;
    (start, window.end(number).as_millis() + tolerance - 1)
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Three columns: the digest of a key, the number of a window and its count.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<(KeyDigest, WindowWord), DbError> {
    let digest = columns.take()?;
    Ok((digest, WindowWord::new(small(columns)?, small(columns)?)))
}

/// A column that was never more than 32 bits.
pub(crate) fn small(columns: &mut Columns<'_>) -> Result<u32, DbError> {
    let number: u64 = columns.take()?;
    u32::try_from(number).map_err(|_| contradictory("windows"))
}
