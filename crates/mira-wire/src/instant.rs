//! Instants on the wire: RFC 3339, UTC, with milliseconds.

use mira_core::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant as a JSON string, such as `2026-01-15T10:30:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instant(pub Timestamp);

/// The text is not an instant or a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an instant is written as in 2026-01-15T10:30:00Z (RFC 3339)")]
pub struct ParseInstantError;

/// `instant` as text: RFC 3339, UTC, always with milliseconds.
pub fn format_instant(instant: Timestamp) -> String {
    // What lies outside jiff's years -9999 to 9999 is shown as the end it is nearest to.
    let limit = if instant.as_millis() < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    };
    let instant = jiff::Timestamp::from_millisecond(instant.as_millis()).unwrap_or(limit);
    format!("{instant:.3}")
}

/// Reads an RFC 3339 instant with its offset, or a bare date, which is its
/// midnight UTC. Anything below a millisecond is cut off.
pub fn parse_instant(text: &str) -> Result<Timestamp, ParseInstantError> {
    // jiff takes more than RFC 3339 (time-zone names, week dates); length and shape keep it out.
    let is_plain = text.len() <= 40
        && text.is_ascii()
        && text.starts_with(|c: char| c.is_ascii_digit())
        && !text.contains('[');
    if !is_plain {
        return Err(ParseInstantError);
    }
    if text.len() == 10 {
        let date: jiff::civil::Date = text.parse().map_err(|_| ParseInstantError)?;
        let midnight =
            jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
        return midnight.map(from_jiff).map_err(|_| ParseInstantError);
    }
    text.parse().map(from_jiff).map_err(|_| ParseInstantError)
}

fn from_jiff(instant: jiff::Timestamp) -> Timestamp {
    Timestamp::from_millis(instant.as_millisecond())
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format_instant(self.0))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        parse_instant(&text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}
