//! Reading columns. A column that does not fit is damage and an error: a row is
//! never skipped, and never read as something else.

use std::sync::Arc;

use super::value::Value;
use crate::DbError;

/// The columns of one row, taken from left to right in the order of the SELECT.
pub struct Columns<'r> {
    row: Row<'r>,
    next: usize,
}

/// A row of a back end.
pub(super) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    /// The next column as `read` takes it; `None` from it means that the value
    /// was never written there.
    pub fn take<T>(&mut self, read: impl FnOnce(&Value<'_>) -> Option<T>) -> Result<T, DbError> {
        let index = self.next;
        self.next += 1;
        let value = self.row.value(index)?;
        let taken = value.and_then(|value| read(&value));
        taken.ok_or_else(|| unreadable(self.row.column_name(index)))
    }

    /// The next column, which may be empty.
    pub fn take_some<T>(
        &mut self,
        read: impl FnOnce(&Value<'_>) -> Option<T>,
    ) -> Result<Option<T>, DbError> {
        self.take(|value| match value {
            Value::Null => Some(None),
            value => read(value).map(Some),
        })
    }

    /// The next column, a number.
    pub fn integer(&mut self) -> Result<i64, DbError> {
        self.take(number)
    }

    /// The next column, a number that may be empty.
    pub fn some_integer(&mut self) -> Result<Option<i64>, DbError> {
        self.take_some(number)
    }

    /// The next column, a text.
    pub fn text(&mut self) -> Result<String, DbError> {
        self.take(|value| value.text().map(str::to_owned))
    }

    /// The next column, bytes of a length that is known.
    pub fn bytes<const N: usize>(&mut self) -> Result<[u8; N], DbError> {
        self.take(|value| value.blob()?.try_into().ok())
    }
}

impl Row<'_> {
    /// `None` if the value is of no type that is ever written.
    fn value(&self, index: usize) -> Result<Option<Value<'_>>, DbError> {
        match self {
            Self::Sqlite(row) => Ok(Value::of_sqlite(row.get_ref(index)?)),
            Self::Postgres(row) => Ok(Some(row.try_get(index)?)),
        }
    }

    fn column_name(&self, index: usize) -> &str {
        match self {
            Self::Sqlite(row) => row.as_ref().column_name(index).unwrap_or_default(),
            Self::Postgres(row) => row.columns().get(index).map_or("", |column| column.name()),
        }
    }
}

fn number(value: &Value<'_>) -> Option<i64> {
    value.integer()
}

fn unreadable(column: &str) -> DbError {
    DbError::Corrupt(Arc::new(Unreadable(column.to_owned())))
}

/// A column holds what was never written there. Its value is not told, since it may
/// be anything.
#[derive(Debug, thiserror::Error)]
#[error("{0} cannot be read")]
struct Unreadable(String);
