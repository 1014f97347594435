//! Facts about the installation in SQLite.

use rusqlite::Connection;

use super::{change, find_value};
use crate::StoreError;
use crate::meta::Fact;

pub(crate) fn get(connection: &Connection, fact: Fact) -> Result<Option<String>, StoreError> {
    let sql = "SELECT value FROM meta WHERE name = ?1";
    find_value(connection, sql, [fact.as_str()])
}

pub(crate) fn set(connection: &Connection, fact: Fact, value: &str) -> Result<(), StoreError> {
    change(
        connection,
        "INSERT INTO meta (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [fact.as_str(), value],
    )?;
    Ok(())
}
