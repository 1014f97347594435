//! A configured connection, lent to one job after the other.

use std::io;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::job::{Done, Job};
use crate::error::DbError;
use crate::open_error::OpenError;
use crate::tx::{SqliteTx, Tx};

/// A connection as the `Tx` that jobs see.
pub(super) struct Session {
    tx: Tx,
}

impl Session {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            tx: Tx::Sqlite(SqliteTx::new(connection)),
        }
    }

    /// Runs the job in the transaction that the caller has begun.
    pub(super) fn lend(&mut self, job: Job) -> Done {
        job(Ok(&mut self.tx))
    }

    /// Runs statements that bind and return nothing.
    pub(super) fn execute(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection().execute_batch(sql)
    }

    pub(super) fn is_in_transaction(&self) -> bool {
        !self.connection().is_autocommit()
    }

    /// Ends a transaction that is not to be kept, if it has not ended by itself.
    pub(super) fn roll_back(&self) -> Result<(), DbError> {
        if self.is_in_transaction() {
            self.execute("ROLLBACK")?;
        }
        Ok(())
    }

    fn connection(&self) -> &Connection {
        match &self.tx {
            Tx::Sqlite(tx) => tx.connection(),
            Tx::Postgres(_) => unreachable!("`new` made it of a SQLite connection"),
        }
    }
}

/// Opens the connection that writes, and proves the file sound and writable.
pub(super) fn connect_writer(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect(path)?;
    let on_error = |error| OpenError::from_sqlite(path, &error);
    if connection.is_readonly("main").map_err(on_error)? {
        return Err(OpenError::Denied {
            path: path.to_owned(),
        });
    }
    let finding: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(on_error)?;
    if finding != "ok" {
        return Err(OpenError::Damaged {
            path: path.to_owned(),
            finding,
        });
    }
    let journal: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(on_error)?;
    if journal != "wal" {
        return Err(OpenError::io(
            path,
            io::Error::from(io::ErrorKind::Unsupported),
        ));
    }
    connection
        .execute_batch("PRAGMA synchronous = FULL")
        .map_err(on_error)?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn connect_reader(path: &Path) -> Result<Connection, OpenError> {
    let connection = connect(path)?;
    connection
        .execute_batch("PRAGMA query_only = ON")
        .map_err(|error| OpenError::from_sqlite(path, &error))?;
    Ok(connection)
}

/// Copies a database into a new file. A statement rather than page by page: that
/// would begin again whenever somebody else writes.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), OpenError> {
    let name = to
        .to_str()
        .ok_or_else(|| OpenError::io(to, io::Error::from(io::ErrorKind::InvalidFilename)))?;
    let connection = connect(from)?;
    super::create(to)?;
    connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(|error| OpenError::from_sqlite(from, &error))?;
    Ok(())
}

fn connect(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let configured = Connection::open_with_flags(path, flags).and_then(|connection| {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Damage met later must be an error, never a wrong row.
        connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON")?;
        Ok(connection)
    });
    configured.map_err(|error| OpenError::from_sqlite(path, &error))
}

/// How long to wait while another process, such as an operator's shell, holds
/// the file. Well under the time in which callers must have an answer.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Compiled statements kept per connection.
const STATEMENTS: usize = 128;
