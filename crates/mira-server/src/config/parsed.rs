//! Reading members that are more than text. Errors are made while the value is
//! visited, so that they point at it even inside a list.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A text that means a `T`.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Parsed<T>(pub(super) T);

impl<'de, T> Deserialize<'de> for Parsed<T>
where
    T: FromStr<Err: Display>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text(PhantomData)).map(Self)
    }
}

struct Text<T>(PhantomData<T>);

impl<T: FromStr<Err: Display>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// For `#[serde(deserialize_with)]`: a text that means a `T`.
pub(super) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    Parsed::deserialize(deserializer).map(|Parsed(value)| value)
}

/// For `#[serde(deserialize_with)]`: an optional text that means a `T`.
pub(super) fn parsed_option<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    parsed(deserializer).map(Some)
}

/// For `#[serde(deserialize_with)]`: a limit, of which 0 is none.
pub(super) fn limit<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<NonZeroU32>, D::Error> {
    u32::deserialize(deserializer).map(NonZeroU32::new)
}

/// A whole number within `range`.
pub(super) fn between<'de, D: Deserializer<'de>>(
    deserializer: D,
    range: RangeInclusive<u64>,
) -> Result<u64, D::Error> {
    let number = u64::deserialize(deserializer)?;
    if range.contains(&number) {
        return Ok(number);
    }
    let (first, last) = range.into_inner();
    let reason = format!("a whole number from {first} to {last} is expected");
    Err(D::Error::custom(reason))
}
