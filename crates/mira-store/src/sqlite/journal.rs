//! The journal of usage in SQLite.

use rusqlite::{Connection, params};

use super::{change, collect, find_value};
use crate::StoreError;
use crate::column::Columns;

pub(crate) fn append(connection: &Connection, rows: &[(u8, Vec<u8>)]) -> Result<(), StoreError> {
    rows.iter().try_for_each(|(part, entries)| {
        let sql = "INSERT INTO usage_journal (part, entries) VALUES (?1, ?2)";
        change(connection, sql, params![part, entries]).map(|_| ())
    })
}

pub(crate) fn next_part(connection: &Connection, from: u8) -> Result<Option<u8>, StoreError> {
    let sql = "SELECT coalesce((SELECT min(part) FROM usage_journal WHERE part >= ?1),
                               (SELECT min(part) FROM usage_journal))";
    find_value::<Option<u8>>(connection, sql, [from]).map(Option::flatten)
}

pub(crate) fn take(connection: &Connection, part: u8) -> Result<Vec<Vec<u8>>, StoreError> {
    let sql = "SELECT entries FROM usage_journal WHERE part = ?1 ORDER BY number";
    let read = |columns: &mut Columns<'_>| columns.take();
    let entries = collect(connection, sql, [part], read)?;
    change(
        connection,
        "DELETE FROM usage_journal WHERE part = ?1",
        [part],
    )?;
    Ok(entries)
}
