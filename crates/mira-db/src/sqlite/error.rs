//! What SQLite's errors mean.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{ErrorCode, ffi};

use crate::error::{DbError, Fault, Outage};
use crate::open_error::OpenError;

impl From<rusqlite::Error> for DbError {
    fn from(error: rusqlite::Error) -> Self {
        if let Some(constraint) = violated_unique(&error) {
            return Self::Conflict { constraint };
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupt(Arc::new(error))
            }
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
                | ErrorCode::FileLockingProtocolFailed,
            ) => Self::Unavailable(Outage::Storage(Arc::new(error))),
            _ => Self::Internal(Fault::Statement(Arc::new(error))),
        }
    }
}

impl OpenError {
    pub(super) fn from_sqlite(path: &Path, error: &rusqlite::Error) -> Self {
        let finding = error.to_string();
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { path, finding }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked { path },
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                Self::Denied { path }
            }
            _ => Self::io(&path, finding),
        }
    }
}

/// The columns or index of a violated uniqueness, which SQLite names only in its
/// message: `UNIQUE constraint failed: keys.digest`.
fn violated_unique(error: &rusqlite::Error) -> Option<String> {
    let rusqlite::Error::SqliteFailure(failure, message) = error else {
        return None;
    };
    let is_unique = matches!(
        failure.extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE
            | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
            | ffi::SQLITE_CONSTRAINT_ROWID
    );
    let message = message.as_deref().unwrap_or("key");
    is_unique.then(|| {
        message
            .trim_start_matches("UNIQUE constraint failed: ")
            .to_owned()
    })
}
