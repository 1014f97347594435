//! SQLite: one file, one writer thread with group commit, a few reader threads.

mod error;
mod job;
mod migrate;
mod readers;
mod session;
mod writer;

use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use tokio::sync::{mpsc, oneshot};

use self::job::Job;
use crate::data_dir::parent;
use crate::database::{BoxFuture, Lane};
use crate::error::{DbError, Fault, Outage};
use crate::migrations::Migrations;
use crate::open_error::OpenError;
use crate::tx::Tx;

/// An open SQLite database. Clones share it; when the last is dropped, the work
/// already queued still commits.
#[derive(Clone)]
pub struct Sqlite {
    /// None once closed.
    threads: Arc<RwLock<Option<Threads>>>,
}

/// The running threads and the queues that feed them.
struct Threads {
    to_writer: mpsc::Sender<Job>,
    to_readers: mpsc::Sender<Job>,
    writer: JoinHandle<Result<(), DbError>>,
    readers: Vec<JoinHandle<()>>,
}

impl Sqlite {
    /// Opens the database file at `path`, creating it (mode 0600) if it is
    /// missing, checks its structure, and brings its schema up to date, for each
    /// crate that owns tables in it.
    ///
    /// Blocks for as long as that takes.
    pub fn open(
        path: &Path,
        migrations: impl IntoIterator<Item = Migrations>,
    ) -> Result<Self, OpenError> {
        create(path)?;
        let mut connection = session::connect_writer(path)?;
        for migrations in migrations {
            migrate::run(path, &mut connection, migrations)?;
        }
        let threads = Threads::start(path, connection)?;
        Ok(Self {
            threads: Arc::new(RwLock::new(Some(threads))),
        })
    }

    /// Copies the database file at `from` to a new file (mode 0600) at `to`: one
    /// consistent state, also while others write. Blocks for as long as that takes.
    pub fn copy(from: &Path, to: &Path) -> Result<(), OpenError> {
        session::copy(from, to)
    }

    pub(crate) async fn run<T, E, F>(&self, lane: Lane, work: F) -> Result<T, E>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        const CLOSED: DbError = DbError::Unavailable(Outage::Closed);
        let queue = self.queue(lane).ok_or(CLOSED)?;
        let (reply, answer) = oneshot::channel();
        queue
            .send(job::new(work, reply))
            .await
            .map_err(|_| CLOSED)?;
        answer.await.unwrap_or_else(|_| Err(CLOSED.into()))
    }

    pub(crate) async fn close(self) -> Result<(), DbError> {
        let threads = self
            .threads
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(threads) = threads else {
            return Ok(());
        };
        tokio::task::spawn_blocking(move || threads.finish())
            .await
            .unwrap_or(Err(DbError::Internal(Fault::Panicked)))
    }

    fn queue(&self, lane: Lane) -> Option<mpsc::Sender<Job>> {
        let threads = self.threads.read().unwrap_or_else(PoisonError::into_inner);
        threads.as_ref().map(|threads| {
            let queue = if lane.is_write() {
                &threads.to_writer
            } else {
                &threads.to_readers
            };
            queue.clone()
        })
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").finish_non_exhaustive()
    }
}

impl Threads {
    fn start(path: &Path, connection: rusqlite::Connection) -> Result<Self, OpenError> {
        let (to_writer, queue) = mpsc::channel(QUEUE);
        let writer = writer::Writer::new(connection, queue);
        let writer = spawn(path, "mira-db-writer", move || writer.run())?;
        let (to_readers, queue) = mpsc::channel(QUEUE);
        let readers = readers::open(path, queue)?
            .into_iter()
            .map(|reader| spawn(path, "mira-db-reader", move || reader.run()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            to_writer,
            to_readers,
            writer,
            readers,
        })
    }

    /// Readers end first, so that the writer's last checkpoint finds nobody on
    /// an old snapshot.
    fn finish(self) -> Result<(), DbError> {
        let panicked = DbError::Internal(Fault::Panicked);
        drop(self.to_readers);
        for reader in self.readers {
            reader.join().map_err(|_| panicked.clone())?;
        }
        drop(self.to_writer);
        self.writer.join().unwrap_or(Err(panicked))
    }
}

/// Creates the file with its mode; SQLite gives the same to the files beside it.
/// An existing file is not even opened: closing it would release the locks that
/// this process may hold on it (POSIX `fcntl`).
/// Makes the file, if it is missing.
fn create(path: &Path) -> Result<(), OpenError> {
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(_) => Ok(()),
        Err(_) if path.is_dir() => Err(OpenError::NotAFile {
            path: path.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(OpenError::in_folder(parent(path), error)),
    }
}

fn spawn<T: Send + 'static>(
    path: &Path,
    name: &str,
    body: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, OpenError> {
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(body)
        .map_err(|error| OpenError::io(path, error))
}

/// Jobs that may wait for the writer, and for the readers; further callers wait
/// for a place.
const QUEUE: usize = 256;
