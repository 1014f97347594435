//! The changelog: every change of what decides, in the order of commits.
//!
//! Positions are gapless: they are taken inside the transaction, from a head
//! that the next writer waits for, so a reader always sees a beginning of the
//! log and never a hole. Each entry extends a hash chain.

mod body;

use mira_core::{Change, Timestamp};
use mira_db::{DbError, Tx};

use crate::column::Columns;
use crate::{Chain, Integrity, StoreError, postgres, sqlite};

use body::decode;

pub(crate) use body::encode;

/// A position in the changelog; the first entry has 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seq(u64);

impl Seq {
    /// Before the first entry.
    pub const START: Self = Self(0);

    /// From a number that another node or the store gave.
    pub const fn from_number(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A position and the link there. Two logs that have a place in common are the
/// same up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The position.
    pub seq: Seq,
    /// The link of its entry.
    pub chain: Chain,
}

impl Place {
    /// Before the first entry.
    pub const START: Self = Self {
        seq: Seq::START,
        chain: Chain::START,
    };
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its position.
    pub seq: Seq,
    /// The link of the chain, over it and all before it.
    pub chain: Chain,
    /// When the change was made.
    pub at: Timestamp,
    /// The change.
    pub change: Change,
}

impl Entry {
    /// Its place.
    pub const fn place(&self) -> Place {
        Place {
            seq: self.seq,
            chain: self.chain,
        }
    }
}

/// Appends a change, as a late step of the transaction that makes it: on a
/// database of many writers it holds the others up until the commit, unlike
/// [`conclude`](crate::logs::conclude).
pub async fn append(tx: &mut Tx, at: Timestamp, change: &Change) -> Result<Seq, StoreError> {
    let body = encode(at, change)?;
    match tx {
        Tx::Sqlite(tx) => sqlite::changelog::append(tx.connection(), &body),
        Tx::Postgres(tx) => {
            let last = postgres::log::append(tx, &[body], &[]).await?;
            Ok(Seq::from_number(last))
        }
    }
}

/// The place of the last entry.
pub async fn head(tx: &mut Tx) -> Result<Place, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::changelog::head(tx.connection()),
        Tx::Postgres(tx) => postgres::changelog::head(tx).await,
    }
}

/// At most `limit` entries after `after`, in order. [`StoreError::Forked`] if they
/// do not follow from it: the log is not the one that `after` was read from, or
/// has lost its end.
pub async fn tail(tx: &mut Tx, after: Place, limit: u32) -> Result<Vec<Entry>, StoreError> {
    // From `after` itself on, since it may be gone.
    let count = limit.saturating_add(1);
    let rows = match tx {
        Tx::Sqlite(tx) => sqlite::changelog::from(tx.connection(), after.seq, count),
        Tx::Postgres(tx) => postgres::changelog::from(tx, after.seq, count).await,
    }?;
    let mut rows = rows.into_iter();
    let is_known = after == Place::START || rows.next().is_some_and(|row| row.place == after);
    if !is_known {
        return Err(StoreError::Forked);
    }
    let mut before = after;
    let follow = |row: Row| {
        let (at, change) = decode(&row.body)?;
        let Place { seq, chain } = row.place;
        if seq != before.seq.next() || chain != before.chain.next(seq.0, row.body.as_bytes()) {
            return Err(StoreError::Forked);
        }
        before = row.place;
        Ok(Entry {
            seq,
            chain,
            at,
            change,
        })
    };
    rows.take(limit as usize).map(follow).collect()
}

/// An entry as it is kept.
pub(crate) struct Row {
    pub(crate) place: Place,
    pub(crate) body: String,
}

impl Place {
    /// The columns `position` and `chain`.
    pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Self, DbError> {
        Ok(Self {
            seq: Seq(columns.take()?),
            chain: columns.take()?,
        })
    }
}

impl Row {
    /// The columns `position`, `chain` and `body`.
    pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Self, DbError> {
        Ok(Self {
            place: Place::read(columns)?,
            body: columns.take()?,
        })
    }
}

/// Recomputes the chain over the whole log.
pub async fn verify(tx: &mut Tx) -> Result<Integrity, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::changelog::verify(tx.connection()),
        Tx::Postgres(tx) => postgres::changelog::verify(tx).await,
    }
}
