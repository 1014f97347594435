//! Values that stand in stored JSON as their text.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use mira_db::{DbError, Fault};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A value that is written by its `Display` and read back by its `FromStr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text<T>(pub(crate) T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(de::Error::custom)
    }
}

/// The JSON text of a body.
pub(crate) fn write<T: Serialize>(body: &T) -> Result<String, DbError> {
    serde_json::to_string(body)
        .map_err(|error| DbError::Internal(Fault::Statement(Arc::new(error))))
}

/// Reads a body back; one that is not as [`write`] left it is damaged.
pub(crate) fn read<'de, T: Deserialize<'de>>(body: &'de str) -> Result<T, DbError> {
    serde_json::from_str(body).map_err(|error| DbError::Corrupt(Arc::new(error)))
}
