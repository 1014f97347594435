//! PostgreSQL: a pool of connections to one primary server, which other nodes
//! use at the same time.

mod address;
mod error;
mod listener;
mod migrate;
mod pool;
mod probe;
mod session;
mod tx;

use std::sync::Arc;
use std::time::Duration;

pub use self::listener::{Listener, Notifier};
pub use self::tx::PostgresTx;

use self::address::Address;
use self::pool::Pool;
use crate::database::{BoxFuture, Lane};
use crate::error::{DbError, Fault, Outage};
use crate::migrations::Migrations;
use crate::open_error::OpenError;
use crate::tx::Tx;

/// An open PostgreSQL database. Clones share it.
#[derive(Clone, Debug)]
pub struct Postgres {
    pool: Arc<Pool>,
}

/// How long things may take, and how many at once. The server's own limits are
/// shorter than the client's, so that it is the server that gives up first and
/// releases its locks.
#[derive(Clone, Debug)]
pub struct PostgresOptions {
    /// Connections, and so transactions, at the same time.
    pub connections: usize,
    /// How long making a connection may take, log-in and TLS included.
    pub connect_timeout: Duration,
    /// How long a transaction may wait for a connection.
    pub queue_timeout: Duration,
    /// How long one answer of the server may take.
    pub answer_timeout: Duration,
    /// How long a statement that writes may run on the server.
    pub statement_timeout: Duration,
    /// How long a statement may wait for a lock on the server.
    pub lock_timeout: Duration,
    /// After how much silence the server ends a transaction, so that a node which
    /// is cut off does not keep its locks. Others wait for them meanwhile, so it is
    /// well below what a revocation may take.
    pub idle_timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            connections: 16,
            connect_timeout: Duration::from_secs(4),
            queue_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(8),
            statement_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(3),
            idle_timeout: Duration::from_millis(400),
        }
    }
}

impl Postgres {
    /// Connects to the server that `url` names, checks that it is one whose
    /// confirmed writes can be trusted, and brings its schema up to date, for each
    /// crate that owns tables in it. Any number of nodes may do so at once.
    ///
    /// The URL is `postgres://user:password@host:port/database`. To a server on
    /// another machine, TLS with a verified certificate is used unless the URL
    /// says `sslmode=disable`; to one on this machine if it says
    /// `sslmode=require`. `sslrootcert` names a PEM file of further authorities.
    ///
    /// A server that is not there is an error within ten seconds.
    pub async fn connect(
        url: &str,
        options: PostgresOptions,
        migrations: impl IntoIterator<Item = Migrations>,
    ) -> Result<Self, OpenError> {
        let address = Address::parse(url)?;
        let direct = probe::connect(&address, &options).await?;
        migrate::run(&address, direct, migrations).await?;
        Ok(Self {
            pool: Arc::new(Pool::new(Arc::new(address), options)),
        })
    }

    /// The same database through connections of its own, with its own patience.
    pub fn with_options(&self, options: PostgresOptions) -> Self {
        Self {
            pool: Arc::new(self.pool.with_options(options)),
        }
    }

    /// A connection beside the others on which `channel` is heard and spoken on.
    pub async fn listen(&self, channel: &'static str) -> Result<(Listener, Notifier), DbError> {
        self.pool.listen(channel).await
    }

    pub(crate) fn forget_idle(&self) {
        self.pool.forget_idle();
    }

    /// Runs `work` in a task of its own, so that it goes to its end even if the
    /// caller does not wait for it.
    pub(crate) async fn run<T, E, F>(&self, lane: Lane, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let pool = Arc::clone(&self.pool);
        let task = tokio::spawn(async move { transact(&pool, lane, work).await });
        task.await.unwrap_or_else(|error| {
            Err(E::from(if error.is_panic() {
                DbError::Internal(Fault::Panicked)
            } else {
                DbError::Unavailable(Outage::Closed)
            }))
        })
    }

    pub(crate) async fn close(self) -> Result<(), DbError> {
        self.pool.close().await;
        Ok(())
    }
}

/// Runs `work` in one transaction. Whatever ends it early, a panic included,
/// drops the connection, and the server rolls back.
async fn transact<T, E, F>(pool: &Arc<Pool>, lane: Lane, work: F) -> Result<T, E>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>>,
    E: From<DbError>,
{
    let lease = pool.take().await?;
    let mut tx = Tx::Postgres(PostgresTx::new(lease, lane));
    let result = work(&mut tx).await;
    let Tx::Postgres(tx) = tx else {
        unreachable!("it was made three lines above")
    };
    match result {
        Ok(value) if lane.is_write() => {
            tx.commit().await?;
            Ok(value)
        }
        // The connection is given up if the end fails; nothing was to be kept.
        Ok(value) => {
            tokio::spawn(tx.roll_back());
            Ok(value)
        }
        Err(error) => {
            let _ = tx.roll_back().await;
            Err(error)
        }
    }
}
