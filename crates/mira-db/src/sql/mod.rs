//! Running statements on whichever back end. A statement is written once, with
//! its values as `$1`, `$2` …, in the SQL that SQLite and PostgreSQL share; only
//! tables differ, and those are migrations. Numbers are `INTEGER` in SQLite and
//! `BIGINT` in PostgreSQL, bytes `BLOB` and `BYTEA`, yes and no a number.
//!
//! What one back end does better in its own words is matched on [`Tx`] instead.

mod columns;
mod value;

use rusqlite::params_from_iter;
use tokio_postgres::types::ToSql;

pub use columns::Columns;
pub use value::Value;

use crate::{DbError, Tx};
use columns::Row;

/// Runs a statement that returns nothing, and says how many rows it changed.
pub async fn change(tx: &mut Tx, sql: &str, values: &[Value<'_>]) -> Result<u64, DbError> {
    match tx {
        Tx::Sqlite(tx) => {
            let mut statement = tx.connection().prepare_cached(&questions(sql))?;
            let changed = statement.execute(params_from_iter(values))?;
            Ok(u64::try_from(changed).unwrap_or(u64::MAX))
        }
        Tx::Postgres(tx) => tx.execute(sql, &references(values)).await,
    }
}

/// Every row that a statement gives.
pub async fn rows<T>(
    tx: &mut Tx,
    sql: &str,
    values: &[Value<'_>],
    read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
) -> Result<Vec<T>, DbError> {
    match tx {
        Tx::Sqlite(tx) => {
            let mut statement = tx.connection().prepare_cached(&questions(sql))?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                found.push(read(&mut Columns::of(Row::Sqlite(row)))?);
            }
            Ok(found)
        }
        Tx::Postgres(tx) => {
            let rows = tx.query(sql, &references(values)).await?;
            let read = |row| read(&mut Columns::of(Row::Postgres(row)));
            rows.iter().map(read).collect()
        }
    }
}

/// The only row that a statement gives, if there is one.
pub async fn row<T>(
    tx: &mut Tx,
    sql: &str,
    values: &[Value<'_>],
    read: impl Fn(&mut Columns<'_>) -> Result<T, DbError>,
) -> Result<Option<T>, DbError> {
    let mut found = rows(tx, sql, values, read).await?;
    Ok(found.pop())
}

/// SQLite would number `$1` by where it first stands; `?1` is number one everywhere.
fn questions(sql: &str) -> String {
    sql.replace('$', "?")
}

fn references<'v>(values: &'v [Value<'_>]) -> Vec<&'v (dyn ToSql + Sync)> {
    let each = values.iter();
    each.map(|value| value as &(dyn ToSql + Sync)).collect()
}
