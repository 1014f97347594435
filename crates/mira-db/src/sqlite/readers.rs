//! The readers: a few threads, each with its own connection, on one queue.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::job::Job;
use super::session::{Session, connect_reader};
use crate::error::DbError;
use crate::open_error::OpenError;

/// Owns one connection that reads.
pub(super) struct Reader {
    session: Session,
    queue: Arc<Mutex<mpsc::Receiver<Job>>>,
}

/// Opens the readers of `queue`.
pub(super) fn open(path: &Path, queue: mpsc::Receiver<Job>) -> Result<Vec<Reader>, OpenError> {
    let queue = Arc::new(Mutex::new(queue));
    (0..READERS)
        .map(|_| {
            let session = Session::new(connect_reader(path)?);
            Ok(Reader {
                session,
                queue: Arc::clone(&queue),
            })
        })
        .collect()
}

impl Reader {
    /// Serves the queue until it is closed and empty.
    pub(super) fn run(mut self) {
        while let Some(job) = self.next() {
            self.read(job);
        }
    }

    /// Waits for a job; the other idle readers wait for the lock meanwhile.
    fn next(&self) -> Option<Job> {
        self.queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv()
    }

    fn read(&mut self, job: Job) {
        let done = match self.session.execute("BEGIN DEFERRED") {
            Ok(()) => self.session.lend(job),
            Err(error) => job(Err(DbError::from(error))),
        };
        done.answer(self.session.roll_back());
    }
}

/// Reads that run at the same time.
const READERS: usize = 4;
