//! Running statements, compiled once for each connection.

use mira_db::DbError;
use rusqlite::{Connection, Params};

use crate::StoreError;
use crate::column::{Column, Columns, Row};

/// Runs a statement that returns nothing, and says how many rows it changed.
pub(super) fn change(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<u64, StoreError> {
    let changed = connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params))
        .map_err(DbError::from)?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

/// Shows `visit` every row.
pub(super) fn each(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    mut visit: impl FnMut(&mut Columns<'_>) -> Result<(), DbError>,
) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(DbError::from)?;
    let mut rows = statement.query(params).map_err(DbError::from)?;
    while let Some(row) = rows.next().map_err(DbError::from)? {
        visit(&mut Columns::of(Row::Sqlite(row)))?;
    }
    Ok(())
}

/// Every row.
pub(super) fn collect<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    each(connection, sql, params, |columns| {
        found.push(read(columns)?);
        Ok(())
    })?;
    Ok(found)
}

/// The only row, if there is one.
pub(super) fn find<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
) -> Result<Option<T>, StoreError> {
    collect(connection, sql, params, read).map(|mut found| found.pop())
}

/// The only column of the only row, if there is one.
pub(super) fn find_value<T: Column>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Option<T>, StoreError> {
    let read = |columns: &mut Columns<'_>| columns.take();
    find(connection, sql, params, read)
}

/// The number that a `SELECT count(*)` gives.
pub(super) fn count(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<u64, StoreError> {
    find_value(connection, sql, params).map(Option::unwrap_or_default)
}
