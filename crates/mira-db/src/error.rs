//! Why a read or write did not happen.

use std::error::Error;
use std::sync::Arc;

/// What the back end said. Shared, because one failed commit answers many.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a read or write did not happen.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DbError {
    /// The database cannot answer now, or did not confirm the commit.
    #[error("the database is unavailable: {0}")]
    Unavailable(Outage),
    /// A record with the same unique value exists.
    #[error("a record with the same {constraint} exists")]
    Conflict {
        /// The columns, as `table.column, table.column`, or the constraint's name.
        constraint: String,
    },
    /// The stored data is damaged.
    #[error("the database is damaged, restore it from a backup: {0}")]
    Corrupt(Cause),
    /// A mistake in the program.
    #[error("the database was used wrongly: {0}")]
    Internal(Fault),
}

/// Why the database cannot answer now.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Outage {
    /// It has been closed.
    #[error("it has been closed")]
    Closed,
    /// Work that shared the commit ended the transaction for all.
    #[error("the transaction was rolled back")]
    RolledBack,
    /// The disk is full or failing, another process keeps the file locked, or
    /// the server cannot be reached or refuses.
    #[error("{0}")]
    Storage(Cause),
    /// The server did not answer in time.
    #[error("it did not answer in time")]
    Silent,
    /// All connections stayed in use by others.
    #[error("all connections are in use")]
    Busy,
    /// The server committed without the standby that must confirm it.
    #[error("the commit was not confirmed by the standby")]
    Unreplicated,
}

/// A mistake in the program.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// The work panicked.
    #[error("the work panicked")]
    Panicked,
    /// The work waited for something else while it held the only writer.
    #[error("the work waited for something other than the database")]
    Waited,
    /// The work went on after its transaction had ended: by a failed statement, by
    /// its commit, or because it was to be one statement.
    #[error("the work went on after its transaction had ended")]
    WentOn,
    /// The work does not know this back end.
    #[error("this is not kept in PostgreSQL yet")]
    Unsupported,
    /// A statement is wrong, or broke a constraint other than uniqueness.
    #[error("{0}")]
    Statement(Cause),
}
