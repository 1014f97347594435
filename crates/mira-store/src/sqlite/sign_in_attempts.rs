//! Failed sign-ins in SQLite.

use mira_core::Timestamp;
use rusqlite::{Connection, params};

use super::{change, count};
use crate::StoreError;

pub(crate) fn record_failure(
    connection: &Connection,
    subject: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    change(
        connection,
        "INSERT INTO sign_in_failures (subject, at) VALUES (?1, ?2)",
        params![subject, at.as_millis()],
    )?;
    Ok(())
}

pub(crate) fn count_failures(
    connection: &Connection,
    subject: &str,
    after: Timestamp,
) -> Result<u64, StoreError> {
    count(
        connection,
        "SELECT count(*) FROM sign_in_failures WHERE subject = ?1 AND at > ?2",
        params![subject, after.as_millis()],
    )
}

pub(crate) fn clear(connection: &Connection, subject: &str) -> Result<(), StoreError> {
    let sql = "DELETE FROM sign_in_failures WHERE subject = ?1";
    change(connection, sql, [subject]).map(|_| ())
}

pub(crate) fn prune(connection: &Connection, until: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM sign_in_failures WHERE at <= ?1";
    change(connection, sql, [until.as_millis()])
}
