//! Running statements, compiled once for each connection.

use mira_db::{DbError, PostgresTx};
use tokio_postgres::types::ToSql;

use crate::StoreError;
use crate::column::{Column, Columns, Row};
use crate::value::Value;

/// The values of a statement, in the order of `$1`, `$2` …
macro_rules! params {
    ($($value:expr),+ $(,)?) => {
        [$($crate::value::Value::from($value)),+]
    };
}

pub(super) use params;

/// Runs a statement that returns nothing, and says how many rows it changed.
pub(super) async fn change(
    tx: &PostgresTx,
    sql: &str,
    params: &[Value<'_>],
) -> Result<u64, StoreError> {
    Ok(tx.execute(sql, &references(params)).await?)
}

/// Shows `visit` every row.
pub(super) async fn each(
    tx: &PostgresTx,
    sql: &str,
    params: &[Value<'_>],
    mut visit: impl FnMut(&mut Columns<'_>) -> Result<(), DbError>,
) -> Result<(), StoreError> {
    let params = references(params);
    let visit = |row: &_| visit(&mut Columns::of(Row::Postgres(row)));
    Ok(tx.for_each(sql, &params, visit).await?)
}

/// Every row.
pub(super) async fn collect<T>(
    tx: &PostgresTx,
    sql: &str,
    params: &[Value<'_>],
    read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
) -> Result<Vec<T>, StoreError> {
    let rows = tx.query(sql, &references(params)).await?;
    let read = |row| read(&mut Columns::of(Row::Postgres(row)));
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The only row, if there is one.
pub(super) async fn find<T>(
    tx: &PostgresTx,
    sql: &str,
    params: &[Value<'_>],
    read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
) -> Result<Option<T>, StoreError> {
    let found = collect(tx, sql, params, read).await;
    found.map(|mut found| found.pop())
}

/// The only column of the only row, if there is one.
pub(super) async fn find_value<T: Column>(
    tx: &PostgresTx,
    sql: &str,
    params: &[Value<'_>],
) -> Result<Option<T>, StoreError> {
    let read = |columns: &mut Columns<'_>| columns.take();
    find(tx, sql, params, read).await
}

/// The number that a `SELECT count(*)` gives.
pub(super) async fn count(
    tx: &PostgresTx,
    sql: &str,
    params: &[Value<'_>],
) -> Result<u64, StoreError> {
    let number = find_value(tx, sql, params).await;
    number.map(Option::unwrap_or_default)
}

fn references<'v>(params: &'v [Value<'_>]) -> Vec<&'v (dyn ToSql + Sync)> {
    let each = params.iter();
    each.map(|value| value as &(dyn ToSql + Sync)).collect()
}
