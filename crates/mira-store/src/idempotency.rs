//! What requests with an `Idempotency-Key` made, so that a repeat makes nothing.

use mira_core::Timestamp;
use mira_db::Tx;

use crate::{StoreError, postgres, sqlite};

/// What makes a request a repeat of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Who asks.
    pub actor: String,
    /// The method and path.
    pub route: String,
    /// The `Idempotency-Key`.
    pub key: String,
}

/// What the first request said and made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// SHA-256 of its body; another body is another request.
    pub fingerprint: [u8; 32],
    /// The id of the record that it made.
    pub record_id: String,
    /// When.
    pub created_at: Timestamp,
}

/// What is remembered of `slot`.
pub async fn get(tx: &mut Tx, slot: &Slot) -> Result<Option<Remembered>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::idempotency::get(tx.connection(), slot),
        Tx::Postgres(tx) => postgres::idempotency::get(tx, slot).await,
    }
}

/// Remembers what a request made. A slot in use is a conflict, also one that is
/// due to be forgotten: [`prune`] first.
pub async fn insert(tx: &mut Tx, slot: &Slot, remembered: &Remembered) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::idempotency::insert(tx.connection(), slot, remembered),
        Tx::Postgres(tx) => postgres::idempotency::insert(tx, slot, remembered).await,
    }
}

/// Forgets what was made at or before `until`, and says how much.
pub async fn prune(tx: &mut Tx, until: Timestamp) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::idempotency::prune(tx.connection(), until),
        Tx::Postgres(tx) => postgres::idempotency::prune(tx, until).await,
    }
}
