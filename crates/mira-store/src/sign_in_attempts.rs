//! Failed sign-ins, counted for each subject: an account or a client address.

use mira_core::Timestamp;
use mira_db::Tx;

use crate::{StoreError, postgres, sqlite};

/// Notes a failure. The subject says of what it is: `account:ann@example.com`.
pub async fn record_failure(tx: &mut Tx, subject: &str, at: Timestamp) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::sign_in_attempts::record_failure(tx.connection(), subject, at),
        Tx::Postgres(tx) => postgres::sign_in_attempts::record_failure(tx, subject, at).await,
    }
}

/// How often `subject` has failed later than `after`.
pub async fn count_failures(
    tx: &mut Tx,
    subject: &str,
    after: Timestamp,
) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::sign_in_attempts::count_failures(tx.connection(), subject, after),
        Tx::Postgres(tx) => postgres::sign_in_attempts::count_failures(tx, subject, after).await,
    }
}

/// Forgets the failures of `subject`.
pub async fn clear(tx: &mut Tx, subject: &str) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::sign_in_attempts::clear(tx.connection(), subject),
        Tx::Postgres(tx) => postgres::sign_in_attempts::clear(tx, subject).await,
    }
}

/// Forgets the failures at or before `until`, and says how many.
pub async fn prune(tx: &mut Tx, until: Timestamp) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::sign_in_attempts::prune(tx.connection(), until),
        Tx::Postgres(tx) => postgres::sign_in_attempts::prune(tx, until).await,
    }
}
