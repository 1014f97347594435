//! Reports about meetings.

use mira_db::{DbError, Fault, Tx};

use crate::meeting::Meeting;
use crate::report::Report;
use crate::sqlite;

/// The reports about `meeting`, newest first.
pub(crate) async fn list(tx: &mut Tx, meeting: &Meeting) -> Result<Vec<Report>, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::reports::list(tx.connection(), meeting),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// Adds a report.
pub(crate) async fn insert(tx: &mut Tx, report: &Report) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::reports::insert(tx.connection(), report),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}
