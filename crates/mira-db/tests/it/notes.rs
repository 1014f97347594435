//! A database of notes: the smallest schema that can be right or wrong.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

use std::path::Path;
use std::sync::mpsc;

use mira_db::{Database, DbError, Migrations, OpenError, Sqlite, Tx};
use refinery::{Migration, Runner};
use tokio::sync::oneshot;

pub(crate) const CREATE: (&str, &str) = (
    "V1__create_notes",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE) STRICT;
     CREATE TABLE replies (note INTEGER REFERENCES notes DEFERRABLE INITIALLY DEFERRED) STRICT;",
);
pub(crate) const ADD_AUTHOR: (&str, &str) = (
    "V2__add_author",
    "ALTER TABLE notes ADD COLUMN author TEXT;",
);

pub(crate) fn migrations(list: &[(&str, &str)]) -> Migrations {
    let list: Vec<_> = list
        .iter()
        .map(|(name, sql)| Migration::unapplied(name, sql).unwrap())
        .collect();
    Migrations {
        table: "notes_migrations",
        runner: Runner::new(&list),
    }
}

pub(crate) fn try_open(path: &Path) -> Result<Database, OpenError> {
    Sqlite::open(path, migrations(&[CREATE])).map(Database::Sqlite)
}

pub(crate) fn open(path: &Path) -> Database {
    try_open(path).unwrap()
}

pub(crate) fn insert(tx: &mut Tx, body: &str) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(tx) => {
            let mut insert = tx
                .connection()
                .prepare_cached("INSERT INTO notes (body) VALUES (?1)")?;
            insert.execute([body])?;
        }
        Tx::Postgres(_) => panic!("these notes are in a file"),
    }
    Ok(())
}

pub(crate) fn bodies(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    match tx {
        Tx::Sqlite(tx) => {
            let mut select = tx
                .connection()
                .prepare_cached("SELECT body FROM notes ORDER BY id")?;
            let rows = select.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<Result<_, _>>()?)
        }
        Tx::Postgres(_) => panic!("these notes are in a file"),
    }
}

pub(crate) fn execute(tx: &mut Tx, sql: &str) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(tx) => Ok(tx.connection().execute_batch(sql)?),
        Tx::Postgres(_) => panic!("these notes are in a file"),
    }
}

pub(crate) async fn write_note(db: &Database, body: impl Into<String>) -> Result<(), DbError> {
    let body = body.into();
    db.write(move |tx| Box::pin(async move { insert(tx, &body) }))
        .await
}

pub(crate) async fn read_notes(db: &Database) -> Vec<String> {
    db.read::<_, DbError, _>(|tx| Box::pin(async move { bodies(tx) }))
        .await
        .unwrap()
}

/// The writer, held busy so that what is queued next ends up in one batch.
pub(crate) struct HeldWriter {
    release: mpsc::Sender<()>,
    job: tokio::task::JoinHandle<Result<(), DbError>>,
}

impl HeldWriter {
    pub(crate) async fn hold(db: &Database) -> Self {
        let (started, has_started) = oneshot::channel();
        let (release, released) = mpsc::channel();
        let db = db.clone();
        let job = tokio::spawn(async move {
            let wait = move || {
                started.send(()).unwrap();
                released.recv().unwrap();
            };
            db.write(move |_| {
                Box::pin(async move {
                    wait();
                    Ok(())
                })
            })
            .await
        });
        has_started.await.unwrap();
        Self { release, job }
    }

    pub(crate) async fn release(self) {
        // The tests run on one thread: a turn for every task lets it queue its write.
        tokio::task::yield_now().await;
        self.release.send(()).unwrap();
        self.job.await.unwrap().unwrap();
    }
}
