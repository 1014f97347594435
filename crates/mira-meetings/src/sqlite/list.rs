//! Counting a list and reading one page of it.

use mira_db::DbError;
use rusqlite::{Connection, Row, ToSql};

use crate::page::{Listed, Page};

/// What a list is of, in SQL.
pub(super) struct Query<'a> {
    pub(super) table: &'static str,
    pub(super) columns: &'static str,
    /// Which rows, by named parameters.
    pub(super) condition: &'a str,
    /// The column of instants by which the newest comes first.
    pub(super) newest_by: &'static str,
}

/// Named parameters and their values.
pub(super) type Parameters<'a> = Vec<(&'a str, &'a dyn ToSql)>;

/// Counts the rows of `query` and reads one page of them.
pub(super) fn list<T>(
    connection: &Connection,
    query: &Query<'_>,
    parameters: Parameters<'_>,
    page: Page,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Listed<T>, DbError> {
    let Query {
        table, condition, ..
    } = query;
    let count = format!("SELECT count(*) FROM {table} WHERE {condition}");
    let total = self::total(connection, &count, &parameters)?;
    self::page(connection, query, parameters, page, total, read)
}

/// The number that `sql` selects.
pub(super) fn total(
    connection: &Connection,
    sql: &str,
    parameters: &[(&str, &dyn ToSql)],
) -> Result<u64, DbError> {
    let total: i64 = connection
        .prepare_cached(sql)?
        .query_row(parameters, |row| row.get(0))?;
    Ok(total.unsigned_abs())
}

/// Reads one page of the `total` rows of `query`. The inner selection walks an
/// index that holds all it asks, so that skipping to a late page is cheap too;
/// only the rows of the page itself are looked up.
pub(super) fn page<T>(
    connection: &Connection,
    query: &Query<'_>,
    parameters: Parameters<'_>,
    page: Page,
    total: u64,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Listed<T>, DbError> {
    let (limit, offset) = (page.limit, page.offset());
    if offset.unsigned_abs() >= total {
        return Ok(Listed {
            items: Vec::new(),
            total,
        });
    }
    let Query {
        table,
        columns,
        condition,
        newest_by,
    } = query;
    let mut select = connection.prepare_cached(&format!(
        "SELECT {columns} FROM {table} WHERE id IN (
             SELECT id FROM {table} WHERE {condition}
             ORDER BY {newest_by} DESC, id DESC LIMIT :limit OFFSET :offset
         ) ORDER BY {newest_by} DESC, id DESC"
    ))?;
    let mut parameters = parameters;
    parameters.extend([(":limit", &limit as &dyn ToSql), (":offset", &offset)]);
    let items = select
        .query_map(parameters.as_slice(), read)?
        .collect::<Result<_, _>>()?;
    Ok(Listed { items, total })
}
