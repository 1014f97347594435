//! An open transaction, lent to work by [`Database`](crate::Database).

use std::fmt;

use rusqlite::Connection;

use crate::postgres::PostgresTx;

/// An open transaction. Operations match on it and speak each back end's SQL.
#[derive(Debug)]
pub enum Tx {
    /// A transaction on a SQLite connection.
    Sqlite(SqliteTx),
    /// A transaction on a PostgreSQL connection.
    Postgres(PostgresTx),
}

/// A SQLite connection inside a transaction.
pub struct SqliteTx {
    connection: Connection,
}

impl SqliteTx {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// The connection to run statements on; `prepare_cached` keeps them compiled.
    /// Beginning, committing and rolling back stay with the database.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

impl fmt::Debug for SqliteTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteTx").finish_non_exhaustive()
    }
}
