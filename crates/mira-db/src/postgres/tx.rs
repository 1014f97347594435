//! A transaction on a connection of the pool.

use std::fmt;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::TryStreamExt as _;
use futures_util::future::join;
use tokio::time::timeout;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Error, Row};

use super::error::is_constraint;
use super::pool::Lease;
use super::session::Session;
use crate::database::Lane;
use crate::error::{DbError, Fault, Outage};

/// A PostgreSQL connection inside a transaction. Statements go through it, so
/// that each is bounded in time and no failure goes unnoticed.
///
/// What need not wait for an answer is sent together: the first statement with what
/// begins the transaction, and the last, by [`query_and_commit`], with its commit.
///
/// [`query_and_commit`]: Self::query_and_commit
pub struct PostgresTx {
    lease: Lease,
    lane: Lane,
    /// The first statement was sent, and what begins the transaction before it.
    has_begun: AtomicBool,
    /// It has ended: no statement may follow.
    has_ended: AtomicBool,
    /// A statement has failed: the server takes no more until it has rolled back.
    failed: AtomicBool,
    /// The connection itself may be to blame, so nobody is to use it again.
    suspect: AtomicBool,
}

impl PostgresTx {
    pub(super) fn new(lease: Lease, lane: Lane) -> Self {
        Self {
            lease,
            lane,
            has_begun: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            suspect: AtomicBool::new(false),
        }
    }

    /// Whether the transaction may write. It then locks what it decides by.
    pub fn is_write(&self) -> bool {
        self.lane.is_write()
    }

    /// Runs a statement, compiled once per connection, and says how many rows it
    /// changed or gave.
    pub async fn execute(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, DbError> {
        self.run(sql, async |session: &Session| {
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
        let rows = self
            .run(sql, async |session: &Session| {
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
        self.run(sql, async |session: &Session| {
            let statement = session.prepare(sql).await?;
            session.client.query(&statement, params).await
        })
        .await
    }

    /// All rows of a query that is the last step, and commits with it in one trip:
    /// no lock that it takes is held while an answer travels. If the query fails,
    /// nothing is committed.
    pub async fn query_and_commit(
        &self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, DbError> {
        self.refuse_to_go_on()?;
        let session = &self.lease.session;
        let statement = self.answer(session.prepare(sql)).await?;
        session.take_warning();
        let query = session.client.query(&statement, params);
        let answer = if self.has_begun.swap(true, Ordering::Relaxed) {
            self.answer(async {
                let commit = session.client.batch_execute("COMMIT");
                let (rows, committed) = join(query, commit).await;
                let rows = rows?;
                committed?;
                Ok(rows)
            })
            .await
        } else {
            self.answer(query).await
        };
        self.has_ended.store(true, Ordering::Relaxed);
        self.refuse_unreplicated()?;
        answer
    }

    /// Runs statements, separated by semicolons, that bind and return nothing.
    /// Beginning, committing and rolling back stay with the database.
    pub async fn batch_execute(&self, sql: &str) -> Result<(), DbError> {
        self.run(sql, async |session: &Session| {
            session.client.batch_execute(sql).await
        })
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
        if self.is_open() {
            self.lease.session.take_warning();
            let committed = self.control("COMMIT").await;
            self.refuse_unreplicated()?;
            committed?;
        }
        self.lease.give_back();
        Ok(())
    }

    pub(super) async fn roll_back(self) -> Result<(), DbError> {
        if self.suspect.load(Ordering::Relaxed) {
            return Ok(());
        }
        if self.is_open() {
            self.control("ROLLBACK").await?;
        }
        self.lease.give_back();
        Ok(())
    }

    /// Whether the server is in a transaction.
    fn is_open(&self) -> bool {
        let has_begun = self.has_begun.load(Ordering::Relaxed);
        has_begun && !self.has_ended.load(Ordering::Relaxed)
    }

    fn refuse_to_go_on(&self) -> Result<(), DbError> {
        if self.has_ended.load(Ordering::Relaxed) {
            self.failed.store(true, Ordering::Relaxed);
            return Err(DbError::Internal(Fault::WentOn));
        }
        Ok(())
    }

    /// The one warning that a commit can give: a time limit or an operator ended the
    /// wait for the standby.
    fn refuse_unreplicated(&self) -> Result<(), DbError> {
        if self.lease.session.take_warning() {
            return Err(DbError::Unavailable(Outage::Unreplicated));
        }
        Ok(())
    }

    /// Runs a statement, the first one in a transaction that begins with it.
    async fn run<T>(
        &self,
        sql: &str,
        statement: impl AsyncFnOnce(&Session) -> Result<T, Error>,
    ) -> Result<T, DbError> {
        self.refuse_to_go_on()?;
        let session = &self.lease.session;
        if self.has_begun.swap(true, Ordering::Relaxed) {
            return self.answer(statement(session)).await;
        }
        let begin = match self.lane {
            Lane::ReadOne | Lane::WriteOne => return self.run_alone(statement).await,
            Lane::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            // A node that starts loads everything in one statement.
            Lane::Read => {
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0"
            }
        };
        // What is sent behind a BEGIN that fails runs by itself: harmless if it
        // changes nothing.
        if self.lane.is_write() && !sql.starts_with("SELECT") {
            self.control(begin).await?;
            return self.answer(statement(session)).await;
        }
        let begin = session.client.batch_execute(begin);
        self.answer(async {
            let (opened, answer) = join(begin, statement(session)).await;
            opened?;
            answer
        })
        .await
    }

    /// Runs a statement that the server commits by itself.
    async fn run_alone<T>(
        &self,
        statement: impl AsyncFnOnce(&Session) -> Result<T, Error>,
    ) -> Result<T, DbError> {
        let session = &self.lease.session;
        session.take_warning();
        self.has_ended.store(true, Ordering::Relaxed);
        let answer = self.answer(statement(session)).await;
        if self.lane.is_write() {
            self.refuse_unreplicated()?;
        }
        answer
    }

    async fn control(&self, sql: &str) -> Result<(), DbError> {
        self.answer(self.lease.session.client.batch_execute(sql))
            .await
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
