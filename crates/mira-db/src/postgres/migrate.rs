//! Bringing a database's schema up to date, one node at a time, all or nothing.

use std::path::Path;

use refinery::Runner;
use tokio_postgres::Error;

use super::address::Address;
use super::error::words;
use super::session::Session;
use crate::migrations::Migrations;
use crate::open_error::OpenError;

/// Applies the migrations that the database has not seen, on a connection that
/// nothing else uses. The others that start meanwhile wait.
pub(super) async fn run(
    address: &Address,
    mut session: Session,
    migrations: impl IntoIterator<Item = Migrations>,
) -> Result<(), OpenError> {
    if !lock(&session)
        .await
        .map_err(|error| address.refused(&error))?
    {
        return Err(OpenError::Pooled {
            database: address.name.clone(),
        });
    }
    for migrations in migrations {
        let runner = migrations.into_runner();
        runner
            .run_async(&mut session.client)
            .await
            .map_err(|error| explain(address, &runner, &error))?;
    }
    Ok(())
}

/// Takes the lock that the session keeps until it ends, and says whether the
/// server knows of it: behind a proxy it may protect nothing.
async fn lock(session: &Session) -> Result<bool, Error> {
    let client = &session.client;
    let patience = "SET statement_timeout = '10min'; SET lock_timeout = '1min'";
    client.batch_execute(patience).await?;
    client
        .execute("SELECT pg_advisory_lock($1)", &[&LOCK])
        .await?;
    let held = client
        .query_one(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted
                 AND pid = pg_backend_pid() AND objsubid = 1
                 AND (classid::bigint << 32 | objid::bigint) = $1)",
            &[&LOCK],
        )
        .await?;
    held.try_get(0)
}

fn explain(address: &Address, runner: &Runner, error: &refinery::Error) -> OpenError {
    OpenError::of_schema(Path::new(&address.name), runner, error).unwrap_or_else(|| {
        let database = address.name.clone();
        let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
        match source {
            Some(error) => address.refused(error),
            None => OpenError::Server {
                database,
                cause: words(error.to_string()),
            },
        }
    })
}

/// "mira" in ASCII. Advisory locks belong to one database.
const LOCK: i64 = 0x6d69_7261;
