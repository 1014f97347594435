//! The changelog: every change of what decides, in the order of commits.
//!
//! Positions are gapless: they are taken inside the transaction, from a head
//! that the next writer waits for, so a reader always sees a beginning of the
//! log and never a hole. Each entry extends a hash chain.

mod body;

use mira_core::{Change, Timestamp};
use mira_db::Tx;

use crate::{Chain, Integrity, StoreError, postgres, sqlite};

pub(crate) use body::{decode, encode};

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

/// Appends a change, as a late step of the transaction that makes it: on a
/// database of many writers it holds the others up until the commit.
pub async fn append(tx: &mut Tx, at: Timestamp, change: &Change) -> Result<Seq, StoreError> {
    let body = encode(at, change)?;
    match tx {
        Tx::Sqlite(tx) => sqlite::changelog::append(tx.connection(), &body),
        Tx::Postgres(tx) => postgres::changelog::append(tx, &body).await,
    }
}

/// The position and link of the last entry.
pub async fn head(tx: &mut Tx) -> Result<(Seq, Chain), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::changelog::head(tx.connection()),
        Tx::Postgres(tx) => postgres::changelog::head(tx).await,
    }
}

/// At most `limit` entries after `after`, in order.
pub async fn tail(tx: &mut Tx, after: Seq, limit: u32) -> Result<Vec<Entry>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::changelog::tail(tx.connection(), after, limit),
        Tx::Postgres(tx) => postgres::changelog::tail(tx, after, limit).await,
    }
}

/// Recomputes the chain over the whole log.
pub async fn verify(tx: &mut Tx) -> Result<Integrity, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::changelog::verify(tx.connection()),
        Tx::Postgres(tx) => postgres::changelog::verify(tx).await,
    }
}
