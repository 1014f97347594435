//! Bringing a file's schema up to date, all or nothing.

use std::path::Path;

use refinery::error::Kind;
use rusqlite::Connection;

use crate::open_error::OpenError;

/// The migrations of the crate that owns the tables.
pub struct Migrations {
    /// The table that records which were applied. Each owning crate has its own.
    pub table: &'static str,
    /// The migrations, as `refinery::embed_migrations!` makes them.
    pub runner: refinery::Runner,
}

/// Applies the migrations that `connection` has not seen.
pub(super) fn run(
    path: &Path,
    connection: &mut Connection,
    migrations: Migrations,
) -> Result<(), OpenError> {
    let Migrations { table, runner } = migrations;
    // One transaction for all: otherwise a crash could leave a migration applied
    // but not recorded.
    let mut runner = runner
        .set_grouped(true)
        .set_abort_missing(true)
        .set_abort_divergent(true);
    runner.set_migration_table_name(table);
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
    let path_buf = path.to_owned();
    match error.kind() {
        Kind::MissingVersion(found) if !knows(runner, found) => OpenError::Newer {
            path: path_buf,
            version: found.version().into(),
        },
        Kind::MissingVersion(found) | Kind::DivergentVersion(found, _) => OpenError::Divergent {
            path: path_buf,
            migration: found.to_string(),
        },
        Kind::Connection(_, cause) => match cause.downcast_ref() {
            Some(error) => OpenError::from_sqlite(path, error),
            None => OpenError::io(path, error),
        },
        _ => OpenError::io(path, error),
    }
}

fn knows(runner: &refinery::Runner, migration: &refinery::Migration) -> bool {
    runner
        .get_migrations()
        .iter()
        .any(|ours| ours.version() == migration.version())
}
