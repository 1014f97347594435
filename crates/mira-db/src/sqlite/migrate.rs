//! Bringing a file's schema up to date, all or nothing.

use std::path::Path;

use refinery::error::Kind;
use rusqlite::Connection;

use crate::migrations::Migrations;
use crate::open_error::OpenError;

/// Applies the migrations that `connection` has not seen.
pub(super) fn run(
    path: &Path,
    connection: &mut Connection,
    migrations: Migrations,
) -> Result<(), OpenError> {
    let runner = migrations.into_runner();
    // A migration that rebuilds a table drops the old one, which must not
    // cascade; SQLite knows no other way than to look away meanwhile.
    let enforce = |connection: &Connection, on: bool| {
        connection
            .pragma_update(None, "foreign_keys", on)
            .map_err(|error| OpenError::from_sqlite(path, &error))
    };
    enforce(connection, false)?;
    runner
        .run(connection)
        .map_err(|error| explain(path, &runner, error))?;
    enforce(connection, true)
}

fn explain(path: &Path, runner: &refinery::Runner, error: refinery::Error) -> OpenError {
    if let Some(refusal) = OpenError::of_schema(path, runner, &error) {
        return refusal;
    }
    match error.kind() {
        Kind::Connection(_, cause) => match cause.downcast_ref() {
            Some(error) => OpenError::from_sqlite(path, error),
            None => OpenError::io(path, error),
        },
        _ => OpenError::io(path, error),
    }
}
