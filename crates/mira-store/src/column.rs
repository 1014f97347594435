//! Reading columns as the types of the domain. A column that does not fit is
//! damage and an error: a row is never skipped, and never read as something else.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::Arc;

use mira_core::{
    Actor, Allowlist, AppId, Environment, KeyId, MicroUsd, NodeId, OrganizationId,
    OrganizationState, Permissions, Plan, Role, SubscriptionStatus, Timestamp, TransactionId,
    UserId,
};
use mira_db::DbError;
use mira_key::{KeyDigest, ServiceName};

use crate::Chain;
use crate::keys::{KindWord, StateWord, parse_networks};
use crate::ledger::TransactionType;
use crate::nodes::NodeState;
use crate::usage::Day;
use crate::users::PasswordHash;
use crate::value::Value;

/// The columns of one row, taken from left to right in the order of the SELECT.
pub(crate) struct Columns<'r> {
    row: Row<'r>,
    next: usize,
}

/// A row of a back end.
pub(crate) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl<'r> Columns<'r> {
    pub(crate) fn of(row: Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    /// The next column.
    pub(crate) fn take<T: Column>(&mut self) -> Result<T, DbError> {
        let index = self.next;
        self.next += 1;
        let value = self.row.value(index)?;
        value
            .and_then(T::read)
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

/// The error of a row whose columns are readable each and make no sense together.
pub(crate) fn contradictory(table: &str) -> DbError {
    unreadable(table)
}

fn unreadable(what: &str) -> DbError {
    DbError::Corrupt(Arc::new(Unreadable(what.to_owned())))
}

/// A column or row holds what was never written there. Its value is not told,
/// since it may be anything.
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

impl Column for Vec<u8> {
    fn read(value: Value<'_>) -> Option<Self> {
        value.blob().map(<[u8]>::to_vec)
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

impl Column for NonZeroU32 {
    fn read(value: Value<'_>) -> Option<Self> {
        Self::new(value.integer()?.try_into().ok()?)
    }
}

impl Column for String {
    fn read(value: Value<'_>) -> Option<Self> {
        value.text().map(str::to_owned)
    }
}

impl<const N: usize> Column for [u8; N] {
    fn read(value: Value<'_>) -> Option<Self> {
        value.blob()?.try_into().ok()
    }
}

impl Column for Allowlist {
    fn read(value: Value<'_>) -> Option<Self> {
        parse_networks(value.text()?)
    }
}

impl Column for PasswordHash {
    fn read(value: Value<'_>) -> Option<Self> {
        String::read(value).map(Self::new)
    }
}

/// Types that one constructor makes of a simpler column.
macro_rules! column_from {
    ($($type:ty = $constructor:path),+ $(,)?) => {$(
        impl Column for $type {
            fn read(value: Value<'_>) -> Option<Self> {
                Column::read(value).map($constructor)
            }
        }
    )+};
}

column_from! {
    AppId = AppId::from_bytes,
    KeyId = KeyId::from_bytes,
    NodeId = NodeId::from_bytes,
    OrganizationId = OrganizationId::from_bytes,
    TransactionId = TransactionId::from_bytes,
    UserId = UserId::from_bytes,
    KeyDigest = KeyDigest::from_bytes,
    Chain = Chain::from_bytes,
    Timestamp = Timestamp::from_millis,
    MicroUsd = MicroUsd::from_micros,
    Day = Day::from_number,
}

/// Types that are read by their text.
macro_rules! column_from_text {
    ($($type:ty),+ $(,)?) => {$(
        impl Column for $type {
            fn read(value: Value<'_>) -> Option<Self> {
                Self::from_str(value.text()?).ok()
            }
        }
    )+};
}

column_from_text! {
    Actor, Environment, KindWord, NodeState, OrganizationState, Permissions, Plan, Role, ServiceName,
    StateWord, SubscriptionStatus, TransactionType,
}
