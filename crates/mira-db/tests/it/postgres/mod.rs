//! The same on PostgreSQL, and what only a server shared with others can do.

#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod open;
mod server;
mod write;

use std::time::Duration;

use mira_db::{BoxFuture, Database, DbError, OpenError, Postgres, PostgresOptions, Tx};

use crate::notes::migrations;

const CREATE: (&str, &str) = (
    "V1__create_notes",
    "CREATE TABLE notes (id BIGSERIAL PRIMARY KEY, body TEXT NOT NULL UNIQUE);",
);
const ADD_AUTHOR: (&str, &str) = (
    "V2__add_author",
    "ALTER TABLE notes ADD COLUMN author TEXT;",
);

/// A new database of notes on the shared server.
async fn notes() -> Database {
    let url = mira_testkit::Postgres::shared().create_database();
    connect(&url, PostgresOptions::default()).await.unwrap()
}

async fn connect(url: &str, options: PostgresOptions) -> Result<Database, OpenError> {
    connect_with(url, options, &[CREATE]).await
}

async fn connect_with(
    url: &str,
    options: PostgresOptions,
    list: &[(&str, &str)],
) -> Result<Database, OpenError> {
    let connected = Postgres::connect(url, options, migrations(list)).await;
    connected.map(Database::Postgres)
}

/// Options with which a test need not wait long.
fn impatient() -> PostgresOptions {
    PostgresOptions {
        connect_timeout: Duration::from_millis(500),
        queue_timeout: Duration::from_millis(500),
        answer_timeout: Duration::from_secs(2),
        statement_timeout: Duration::from_millis(700),
        lock_timeout: Duration::from_millis(500),
        idle_timeout: Duration::from_millis(300),
        ..PostgresOptions::default()
    }
}

async fn execute(tx: &mut Tx, sql: &str) -> Result<(), DbError> {
    match tx {
        Tx::Postgres(tx) => tx.execute(sql, &[]).await.map(|_| ()),
        Tx::Sqlite(_) => panic!("these notes are on a server"),
    }
}

/// Runs a last statement, which commits.
async fn conclude(tx: &mut Tx, sql: &str) -> Result<(), DbError> {
    match tx {
        Tx::Postgres(tx) => tx.query_and_commit(sql, &[]).await.map(|_| ()),
        Tx::Sqlite(_) => panic!("these notes are on a server"),
    }
}

async fn bodies(tx: &mut Tx) -> Result<Vec<String>, DbError> {
    let sql = "SELECT body FROM notes ORDER BY id";
    match tx {
        Tx::Postgres(tx) => {
            let rows = tx.query(sql, &[]).await?;
            rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
        }
        Tx::Sqlite(_) => panic!("these notes are on a server"),
    }
}

async fn write<F>(database: &Database, work: F) -> Result<(), DbError>
where
    F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<(), DbError>> + Send + 'static,
{
    database.write(work).await
}

async fn write_note(database: &Database, body: &str) -> Result<(), DbError> {
    let sql = format!("INSERT INTO notes (body) VALUES ('{body}')");
    write(database, move |tx| {
        Box::pin(async move { execute(tx, &sql).await })
    })
    .await
}

async fn read_notes(database: &Database) -> Vec<String> {
    database
        .read::<_, DbError, _>(|tx| Box::pin(bodies(tx)))
        .await
        .unwrap()
}
