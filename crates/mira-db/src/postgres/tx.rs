//! A transaction on a connection of the pool.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::TryStreamExt as _;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::error::is_constraint;
use super::pool::Lease;
use crate::database::Lane;
use crate::error::{DbError, Fault, Outage};

/// A PostgreSQL connection inside a transaction. Statements go through it, so
/// that each is bounded in time and no failure goes unnoticed.
pub struct PostgresTx {
    lease: Lease,
    lane: Lane,
    /// A statement has failed: the server takes no more until it has rolled back.
    failed: AtomicBool,
    /// The connection itself may be to blame, so nobody is to use it again.
    suspect: AtomicBool,
}

impl PostgresTx {
    pub(super) async fn begin(lease: Lease, lane: Lane) -> Result<Self, DbError> {
        let tx = Self {
            lease,
            lane,
            failed: AtomicBool::new(false),
            suspect: AtomicBool::new(false),
        };
        tx.batch_execute(match lane {
            Lane::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            // A node that starts loads everything in one statement.
            Lane::Read => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0"
            }
        })
        .await?;
        Ok(tx)
    }

    /// Whether the transaction may write. It then locks what it decides by.
    pub fn is_write(&self) -> bool {
        self.lane == Lane::Write
    }

    /// Runs a statement, compiled once per connection, and says how many rows it
    /// changed or gave.
    pub async fn execute(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, DbError> {
        let session = &self.lease.session;
        self.answer(async {
            let statement = session.prepare(sql).await?;
            session.client.execute(&statement, params).await
        })
        .await
    }

    /// Shows `visit` every row of a query, compiled once per connection, as they
    /// arrive.
    pub async fn for_each(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
        mut visit: impl FnMut(&Row) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let session = &self.lease.session;
        let rows = self
            .answer(async {
                let statement = session.prepare(sql).await?;
                let params = params.iter().copied();
                session.client.query_raw(&statement, params).await
            })
            .await?;
        let mut rows = pin!(rows);
        while let Some(row) = self.answer(rows.try_next()).await? {
            visit(&row)?;
        }
        Ok(())
    }

    /// All rows of a query, compiled once per connection.
    pub async fn query(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DbError> {
        let session = &self.lease.session;
        self.answer(async {
            let statement = session.prepare(sql).await?;
            session.client.query(&statement, params).await
        })
        .await
    }

    /// Runs statements, separated by semicolons, that bind and return nothing.
    /// Beginning, committing and rolling back stay with the database.
    pub async fn batch_execute(&self, sql: &str) -> Result<(), DbError> {
        self.answer(self.lease.session.client.batch_execute(sql))
            .await
    }

    /// Commits, and answers once that is durable, also on the standby if there
    /// is one that must confirm.
    pub(super) async fn commit(self) -> Result<(), DbError> {
        if self.failed.load(Ordering::Relaxed) {
            // The server would answer a COMMIT with a rollback and no error.
            self.roll_back().await?;
            return Err(DbError::Internal(Fault::WentOn));
        }
        self.lease.session.take_warning();
        let committed = self.batch_execute("COMMIT").await;
        // The one warning that a commit can give: a time limit or an operator ended
        // the wait for the standby.
        if self.lease.session.take_warning() {
            return Err(DbError::Unavailable(Outage::Unreplicated));
        }
        committed?;
        self.lease.give_back();
        Ok(())
    }

    pub(super) async fn roll_back(self) -> Result<(), DbError> {
        if self.suspect.load(Ordering::Relaxed) {
            return Ok(());
        }
        self.batch_execute("ROLLBACK").await?;
        self.lease.give_back();
        Ok(())
    }

    /// Waits for the server, but not forever.
    async fn answer<T>(
        &self,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, DbError> {
        let answered = timeout(self.lease.options().answer_timeout, answer).await;
        let (error, is_sound) = match answered {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => {
                if error.is_closed() {
                    self.lease.forget_idle();
                }
                let is_sound = is_constraint(&error);
                (DbError::from(error), is_sound)
            }
            Err(_) => {
                self.lease.forget_idle();
                (DbError::Unavailable(Outage::Silent), false)
            }
        };
        self.failed.store(true, Ordering::Relaxed);
        if !is_sound {
            self.suspect.store(true, Ordering::Relaxed);
        }
        Err(error)
    }
}

impl fmt::Debug for PostgresTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresTx")
            .field("lane", &self.lane)
            .finish_non_exhaustive()
    }
}
