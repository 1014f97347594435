//! Reading columns as values of ours. A column that does not fit is damage and an
//! error: a row is never skipped, and never read as something else.

use std::sync::Arc;

use mira_core::{OrganizationId, Timestamp};
use mira_db::DbError;
use mira_wire::Instant;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::value::{Json, Value};
use crate::word::Word;

/// The columns of one row, taken from left to right in the order of the SELECT.
pub(crate) struct Columns<'r> {
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

    /// The next column.
    pub(crate) fn take<T: Column>(&mut self) -> Result<T, DbError> {
        self.read(T::read)
    }

    /// The next column, an enumeration's word.
    pub(crate) fn word<W: Word>(&mut self) -> Result<W, DbError> {
        self.read(|value| W::parse(value.text()?))
    }

    /// The next column, JSON.
    pub(crate) fn json<T: DeserializeOwned>(&mut self) -> Result<T, DbError> {
        self.take().map(|Json(value)| value)
    }

    fn read<T>(&mut self, read: impl FnOnce(Value<'_>) -> Option<T>) -> Result<T, DbError> {
        let index = self.next;
        self.next += 1;
        let value = self.row.value(index)?;
        value
            .and_then(read)
            .ok_or_else(|| unreadable(self.row.column_name(index)))
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

fn unreadable(what: &str) -> DbError {
    DbError::Corrupt(Arc::new(Unreadable(what.to_owned())))
}

/// A column holds what was never written there. Its value is not told, since it
/// may be anything.
#[derive(Debug, thiserror::Error)]
#[error("{0} cannot be read")]
struct Unreadable(String);

/// A type that a column can hold.
pub(crate) trait Column: Sized {
    /// `None` if the value is not one of this type.
    fn read(value: Value<'_>) -> Option<Self>;
}

impl<T: Column> Column for Option<T> {
    fn read(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }
}

impl Column for i64 {
    fn read(value: Value<'_>) -> Option<Self> {
        value.integer()
    }
}

impl Column for u64 {
    fn read(value: Value<'_>) -> Option<Self> {
        value.integer()?.try_into().ok()
    }
}

impl Column for u8 {
    fn read(value: Value<'_>) -> Option<Self> {
        value.integer()?.try_into().ok()
    }
}

impl Column for bool {
    fn read(value: Value<'_>) -> Option<Self> {
        match value.integer() {
            Some(0) => Some(false),
            Some(1) => Some(true),
            _ => None,
        }
    }
}

impl Column for String {
    fn read(value: Value<'_>) -> Option<Self> {
        value.text().map(str::to_owned)
    }
}

impl Column for Uuid {
    fn read(value: Value<'_>) -> Option<Self> {
        Self::from_slice(value.blob()?).ok()
    }
}

impl Column for OrganizationId {
    fn read(value: Value<'_>) -> Option<Self> {
        value.blob()?.try_into().ok().map(Self::from_bytes)
    }
}

impl Column for Instant {
    fn read(value: Value<'_>) -> Option<Self> {
        let millis = value.integer()?;
        Some(Self(Timestamp::from_millis(millis)))
    }
}

impl<T: DeserializeOwned> Column for Json<T> {
    fn read(value: Value<'_>) -> Option<Self> {
        serde_json::from_str(value.text()?).ok().map(Self)
    }
}
