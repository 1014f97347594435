//! The values that stand in columns, in whatever back end.

use std::borrow::Cow;
use std::error::Error;

use bytes::BytesMut;
use mira_core::{OrganizationId, Timestamp};
use mira_wire::Instant;
use rusqlite::types::{ToSqlOutput, ValueRef};
use serde::Serialize;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::word::Word;

/// A value to write, or one that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Null,
    Integer(i64),
    Text(Cow<'a, str>),
    Blob(Cow<'a, [u8]>),
}

/// Anything, as JSON in a column of text.
pub(crate) struct Json<T>(pub(crate) T);

/// The values of a statement, in the order of `$1`, `$2` …
macro_rules! params {
    ($($value:expr),+ $(,)?) => {
        [$($crate::sql::Value::from($value)),+]
    };
}

pub(crate) use params;

impl<'a> Value<'a> {
    /// An enumeration's word.
    pub(crate) fn word(word: impl Word) -> Self {
        word.as_str().into()
    }

    pub(super) fn of_sqlite(value: ValueRef<'a>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(Self::Null),
            ValueRef::Integer(number) => Some(number.into()),
            ValueRef::Text(_) => value.as_str().ok().map(Self::from),
            ValueRef::Blob(bytes) => Some(bytes.into()),
            ValueRef::Real(_) => None,
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn blob(&self) -> Option<&[u8]> {
        match self {
            Self::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u8> for Value<'_> {
    fn from(number: u8) -> Self {
        Self::Integer(number.into())
    }
}

impl From<bool> for Value<'_> {
    fn from(yes: bool) -> Self {
        Self::Integer(yes.into())
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Blob(bytes.into())
    }
}

impl From<Uuid> for Value<'_> {
    fn from(id: Uuid) -> Self {
        Self::Blob(id.as_bytes().to_vec().into())
    }
}

impl From<OrganizationId> for Value<'_> {
    fn from(id: OrganizationId) -> Self {
        Self::Blob(id.as_bytes().to_vec().into())
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(instant: Timestamp) -> Self {
        Self::Integer(instant.as_millis())
    }
}

impl From<Instant> for Value<'_> {
    fn from(instant: Instant) -> Self {
        instant.0.into()
    }
}

#[expect(clippy::expect_used, reason = "our records have a JSON form")]
impl<T: Serialize> From<Json<T>> for Value<'_> {
    fn from(Json(value): Json<T>) -> Self {
        let text = serde_json::to_string(&value).expect("a record has a JSON form");
        Self::Text(text.into())
    }
}

impl<'a> From<&'a Option<String>> for Value<'a> {
    fn from(value: &'a Option<String>) -> Self {
        value.as_ref().map_or(Self::Null, Value::from)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value<'_> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, T::into)
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        column: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => number.to_sql_checked(column, out),
            Self::Text(text) => text.to_sql_checked(column, out),
            Self::Blob(bytes) => bytes.as_ref().to_sql_checked(column, out),
        }
    }

    /// That depends on the value; each is checked when it is written.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(column: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        match *column {
            Type::INT8 => i64::from_sql(column, raw).map(Self::from),
            Type::TEXT => <&str>::from_sql(column, raw).map(Self::from),
            _ => <&[u8]>::from_sql(column, raw).map(Self::from),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(column: &Type) -> bool {
        [Type::BYTEA, Type::INT8, Type::TEXT].contains(column)
    }
}
