//! The handle through which every read and write of durable state goes.

use std::pin::Pin;

use crate::error::DbError;
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::tx::Tx;

/// A future on the heap, as transaction work returns it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An open database. Clones share it.
#[derive(Clone, Debug)]
pub enum Database {
    /// One file on this machine.
    Sqlite(Sqlite),
    /// A PostgreSQL server, shared with other nodes.
    Postgres(Postgres),
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    Write,
    Read,
    /// One statement that writes.
    WriteOne,
    /// One statement that reads.
    ReadOne,
}

impl Lane {
    pub(crate) fn is_write(self) -> bool {
        matches!(self, Self::Write | Self::WriteOne)
    }
}

impl Database {
    /// Runs `work` in one transaction and returns once its commit is durable.
    ///
    /// An error from `work`, or a panic in it, undoes what it wrote and nothing
    /// else. Once queued, the work runs to its end even if this future is
    /// dropped. [`DbError::Unavailable`] means that the commit was not
    /// confirmed: it is undone for every later transaction of this process, but
    /// after a power failure the disk may still turn out to hold it. On
    /// PostgreSQL it may hold for everybody at once: read before trying again.
    ///
    /// The work must never wait for anything but the database. On SQLite it must
    /// leave no deferred constraint unsatisfied, since it shares its commit with
    /// the work of others. On PostgreSQL it runs beside the work of others (READ
    /// COMMITTED), so it locks the rows whose state it decides by, and a failed
    /// statement ends the transaction: going on is [`Fault::WentOn`].
    ///
    /// [`Fault::WentOn`]: crate::Fault::WentOn
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.run(Lane::Write, work).await,
            Self::Postgres(postgres) => postgres.run(Lane::Write, work).await,
        }
    }

    /// Runs `work` on one consistent snapshot, which holds every write that was
    /// answered before. Attempts to write fail.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.run(Lane::Read, work).await,
            Self::Postgres(postgres) => postgres.run(Lane::Read, work).await,
        }
    }

    /// The same as [`write`](Self::write) for work that is a single statement, which
    /// PostgreSQL runs and commits in one trip. A second one is [`Fault::WentOn`].
    ///
    /// [`Fault::WentOn`]: crate::Fault::WentOn
    pub async fn write_one<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.run(Lane::WriteOne, work).await,
            Self::Postgres(postgres) => postgres.run(Lane::WriteOne, work).await,
        }
    }

    /// The same as [`read`](Self::read) for work that is a single `SELECT`.
    pub async fn read_one<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        match self {
            Self::Sqlite(sqlite) => sqlite.run(Lane::ReadOne, work).await,
            Self::Postgres(postgres) => postgres.run(Lane::ReadOne, work).await,
        }
    }

    /// Closes the connections that nobody uses, for whoever has learnt that the way
    /// to the server was cut.
    pub fn forget_idle(&self) {
        match self {
            Self::Sqlite(_) => {}
            Self::Postgres(postgres) => postgres.forget_idle(),
        }
    }

    /// Finishes the work already queued and closes the files
    /// or connections. Later work, also
    /// through clones, is refused with [`Outage::Closed`](crate::Outage::Closed).
    pub async fn close(self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
            Self::Postgres(postgres) => postgres.close().await,
        }
    }
}
