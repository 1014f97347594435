//! The one writer, with group commit: it takes all the work that waits, runs it
//! in one transaction, pays for one `fsync`, and answers everybody.

use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::mpsc;

use super::job::{Done, Job};
use super::session::Session;
use crate::error::{DbError, Outage};

/// Owns the connection that writes.
pub(super) struct Writer {
    session: Session,
    queue: mpsc::Receiver<Job>,
}

impl Writer {
    pub(super) fn new(connection: Connection, queue: mpsc::Receiver<Job>) -> Self {
        Self {
            session: Session::new(connection),
            queue,
        }
    }

    /// Serves the queue until it is closed and empty, then moves everything
    /// from the log into the database file.
    pub(super) fn run(mut self) -> Result<(), DbError> {
        while let Some(first) = self.queue.blocking_recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH
                && let Ok(next) = self.queue.try_recv()
            {
                batch.push(next);
            }
            self.commit(batch);
        }
        Ok(self.session.execute("PRAGMA wal_checkpoint(TRUNCATE)")?)
    }

    fn commit(&mut self, batch: Vec<Job>) {
        let mut fate = self
            .session
            .execute("BEGIN IMMEDIATE")
            .map_err(DbError::from);
        let done: Vec<Done> = batch
            .into_iter()
            .map(|job| self.run_job(job, &mut fate))
            .collect();
        let fate = fate.and_then(|()| self.session.execute("COMMIT").map_err(unconfirmed));
        if fate.is_err() {
            // If this fails too, so does the next `BEGIN`, which comes back here.
            let _ = self.session.roll_back();
        }
        for done in done {
            done.answer(fate.clone());
        }
    }

    /// Runs one job of the batch in a savepoint of its own. `fate` is that of
    /// the whole batch.
    fn run_job(&mut self, job: Job, fate: &mut Result<(), DbError>) -> Done {
        if fate.is_ok() {
            *fate = self
                .session
                .execute("SAVEPOINT mira_job")
                .map_err(DbError::from);
        }
        if let Err(error) = fate {
            return job(Err(error.clone()));
        }
        let done = self.session.lend(job);
        *fate = self.end_job(done.keep);
        done
    }

    fn end_job(&self, keep: bool) -> Result<(), DbError> {
        // A full or failing disk can end the whole transaction, and a savepoint
        // opened after that would commit on its own.
        if !self.session.is_in_transaction() {
            return Err(DbError::Unavailable(Outage::RolledBack));
        }
        if !keep {
            self.session.execute("ROLLBACK TO mira_job")?;
        }
        Ok(self.session.execute("RELEASE mira_job")?)
    }
}

/// Whatever the reason, a commit that did not go through is not the fault of
/// any one job.
fn unconfirmed(error: rusqlite::Error) -> DbError {
    DbError::Unavailable(Outage::Storage(Arc::new(error)))
}

/// Jobs that share a commit at most, so that the first does not wait long for
/// the last.
const BATCH: usize = 64;
