//! Requests allowed and denied, counted for each key and UTC day.

use std::ops::Range;

use mira_core::{AppId, KeyId, OrganizationId, Timestamp, Window, WindowWord};
use mira_db::{DbError, Tx};

use crate::column::Columns;
use crate::windows::{self, Counted};
use crate::{StoreError, journal, keys, postgres, sqlite};

/// A UTC day: whole days since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i64);

impl Day {
    const MILLIS: i64 = 86_400_000;

    /// The day that `at` lies in.
    pub const fn of(at: Timestamp) -> Self {
        Self(at.as_millis().div_euclid(Self::MILLIS))
    }

    /// From days since the epoch.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// Days since the epoch.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// Its first instant.
    pub const fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(Self::MILLIS))
    }
}

/// How many requests were allowed and denied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests answered yes.
    pub allowed: u64,
    /// Requests answered no after the key's secret matched.
    pub denied: u64,
}

/// What to add to one key's day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Increment {
    /// The key.
    pub key_id: KeyId,
    /// The day.
    pub day: Day,
    /// How many more.
    pub tally: Tally,
}

/// What was counted for one key on one day since the last entry, and how far its
/// windows are spent, where the node counts them alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key_id: KeyId,
    /// The day.
    pub day: Day,
    /// How many more.
    pub tally: Tally,
    /// When it was last allowed, if it was.
    pub last_used: Option<Timestamp>,
    /// The key's minute, with 0 units if that is not to be kept.
    pub minute_window: WindowWord,
    /// The key's day, likewise.
    pub day_window: WindowWord,
}

impl Entry {
    /// Nothing counted yet.
    pub fn new(key_id: KeyId, day: Day) -> Self {
        Self {
            key_id,
            day,
            tally: Tally::default(),
            last_used: None,
            minute_window: WindowWord::default(),
            day_window: WindowWord::default(),
        }
    }

    /// Adds what `other` has of the same key and day. Of a window the later state
    /// stands.
    pub fn merge(&mut self, other: &Self) {
        let tally = &mut self.tally;
        tally.allowed = tally.allowed.saturating_add(other.tally.allowed);
        tally.denied = tally.denied.saturating_add(other.tally.denied);
        self.last_used = self.last_used.max(other.last_used);
        let later = |one: WindowWord, two: WindowWord| {
            WindowWord::from_bits(one.to_bits().max(two.to_bits()))
        };
        self.minute_window = later(self.minute_window, other.minute_window);
        self.day_window = later(self.day_window, other.day_window);
    }

    fn windows(&self) -> impl Iterator<Item = Counted> {
        let key_id = self.key_id;
        let windows = [
            (Window::Minute, self.minute_window),
            (Window::Day, self.day_window),
        ];
        let kept = windows.into_iter().filter(|(_, word)| word.unit() > 0);
        kept.map(move |(window, word)| Counted {
            key_id,
            window,
            word,
        })
    }
}

/// One flush of what a node has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flush {
    /// The run of the node.
    pub source: [u8; 16],
    /// 1, 2, 3 … for each source.
    pub number: u64,
}

/// Whose usage is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageOf {
    /// All keys of the organization.
    Organization(OrganizationId),
    /// All keys of the app.
    App(AppId),
    /// One key.
    Key(KeyId),
}

/// Notes that `flush` is written by this transaction; false if it has been written
/// before, so that nothing of it may be added again.
pub async fn begin_flush(tx: &mut Tx, flush: Flush, at: Timestamp) -> Result<bool, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::usage::begin_flush(tx.connection(), flush, at),
        Tx::Postgres(tx) => postgres::usage::begin_flush(tx, flush, at).await,
    }
}

/// The number of the last flush that `source` has written, 0 if none.
pub async fn last_flush(tx: &mut Tx, source: [u8; 16]) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::usage::last_flush(tx.connection(), source),
        Tx::Postgres(tx) => postgres::usage::last_flush(tx, source).await,
    }
}

/// Forgets the flushes of all who have written none since `until`.
pub async fn forget_flushes(tx: &mut Tx, until: Timestamp) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::usage::forget_flushes(tx.connection(), until),
        Tx::Postgres(tx) => postgres::usage::forget_flushes(tx, until).await,
    }
}

/// Adds to the counts. An unknown key is an error.
pub async fn add(tx: &mut Tx, batch: &[Increment]) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::usage::add(tx.connection(), batch),
        Tx::Postgres(tx) => postgres::usage::add(tx, batch).await,
    }
}

/// Writes `entries` into the tables that people read: usage, last uses and windows.
/// The last use of a key that somebody is changing goes to the journal instead.
pub async fn record(tx: &mut Tx, entries: &[Entry]) -> Result<(), StoreError> {
    count(tx, entries).await?;
    let left = keys::touch_last_used(tx, &last_uses(entries)).await?;
    let left: Vec<Entry> = left.into_iter().map(unused_but).collect();
    if left.is_empty() {
        return Ok(());
    }
    journal::append(tx, &left).await
}

/// The same as the last step of a transaction, which on a database of many writers
/// commits: nobody who changes a key waits while an answer to this travels. Returns
/// what is left for the next time.
pub async fn conclude(tx: &mut Tx, entries: &[Entry]) -> Result<Vec<Entry>, StoreError> {
    count(tx, entries).await?;
    let left = keys::conclude_last_used(tx, &last_uses(entries)).await?;
    Ok(left.into_iter().map(unused_but).collect())
}

async fn count(tx: &mut Tx, entries: &[Entry]) -> Result<(), StoreError> {
    let increments: Vec<Increment> = entries
        .iter()
        .map(|entry| Increment {
            key_id: entry.key_id,
            day: entry.day,
            tally: entry.tally,
        })
        .collect();
    let windows: Vec<Counted> = entries.iter().flat_map(Entry::windows).collect();
    add(tx, &increments).await?;
    windows::keep(tx, &windows).await
}

fn last_uses(entries: &[Entry]) -> Vec<(KeyId, Timestamp)> {
    let used = entries.iter();
    used.filter_map(|entry| Some((entry.key_id, entry.last_used?)))
        .collect()
}

/// Nothing but a last use.
fn unused_but((key_id, at): (KeyId, Timestamp)) -> Entry {
    Entry {
        last_used: Some(at),
        ..Entry::new(key_id, Day::of(at))
    }
}

/// The sums of each day that has any, in order. The end of `days` is outside.
pub async fn by_day(
    tx: &mut Tx,
    of: UsageOf,
    days: Range<Day>,
) -> Result<Vec<(Day, Tally)>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::usage::by_day(tx.connection(), of, days),
        Tx::Postgres(tx) => postgres::usage::by_day(tx, of, days).await,
    }
}

/// The sums of the `limit` keys with the most requests, most first. The end of
/// `days` is outside.
pub async fn by_key(
    tx: &mut Tx,
    of: UsageOf,
    days: Range<Day>,
    limit: u32,
) -> Result<Vec<(KeyId, Tally)>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::usage::by_key(tx.connection(), of, days, limit),
        Tx::Postgres(tx) => postgres::usage::by_key(tx, of, days, limit).await,
    }
}

/// Two columns: allowed and denied.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Tally, DbError> {
    Ok(Tally {
        allowed: columns.take()?,
        denied: columns.take()?,
    })
}
