//! What PostgreSQL's errors mean.

use std::error::Error as _;
use std::io;
use std::sync::Arc;

use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::error::{Cause, DbError, Fault, Outage};

impl From<Error> for DbError {
    fn from(error: Error) -> Self {
        let Some(said) = error.as_db_error() else {
            return if is_outage(&error) {
                Self::Unavailable(Outage::Storage(cause(&error)))
            } else {
                Self::Internal(Fault::Statement(cause(&error)))
            };
        };
        if *said.code() == SqlState::UNIQUE_VIOLATION {
            return Self::Conflict {
                constraint: said.constraint().unwrap_or("key").to_owned(),
            };
        }
        match said.code().code() {
            "XX001" | "XX002" => Self::Corrupt(cause(&error)),
            // Waits given up, deadlocks, a server that turned read-only.
            "25P03" | "25006" | "55P03" | "40001" | "40P01" => {
                Self::Unavailable(Outage::Storage(cause(&error)))
            }
            code => match code.get(..2) {
                // Connection, log-in, missing database, resources, operator, system.
                Some("08" | "28" | "3D" | "53" | "57" | "58") => {
                    Self::Unavailable(Outage::Storage(cause(&error)))
                }
                _ => Self::Internal(Fault::Statement(cause(&error))),
            },
        }
    }
}

/// Whether only the statement is to blame, so that the connection is as good as
/// before once the transaction is rolled back.
pub(super) fn is_constraint(error: &Error) -> bool {
    error
        .code()
        .is_some_and(|state| state.code().starts_with("23"))
}

/// The error without the server's details, which quote stored values.
pub(super) fn cause(error: &Error) -> Cause {
    let text = match (error.as_db_error(), error.source()) {
        (Some(said), _) => format!("{} ({})", said.message(), said.code().code()),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    };
    Arc::new(Said(text))
}

/// A cause that is only words.
pub(super) fn words(text: impl Into<String>) -> Cause {
    Arc::new(Said(text.into()))
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

fn is_outage(error: &Error) -> bool {
    let io = error
        .source()
        .and_then(|source| source.downcast_ref::<io::Error>());
    error.is_closed() || io.is_some()
}
