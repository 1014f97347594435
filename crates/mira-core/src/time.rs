//! Instants, as integers.

use std::ops::{Add, Sub};

/// An instant: milliseconds since the Unix epoch, UTC. Calendars and RFC 3339
/// live at the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Before every other instant.
    pub const MIN: Self = Self(i64::MIN);
    /// After every other instant.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This instant plus `secs` seconds, held at the ends of time.
    pub const fn plus_secs(self, secs: i64) -> Self {
        Self(self.0.saturating_add(secs.saturating_mul(1000)))
    }

    /// Whether a lifetime that ends at `end` is over. The end itself is already
    /// outside (RFC 7519 §4.1.4). The one spelling of this rule.
    pub const fn has_reached(self, end: Self) -> bool {
        self.0 >= end.0
    }
}

impl Add<std::time::Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: std::time::Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub for Timestamp {
    type Output = std::time::Duration;

    /// The time since `earlier`, zero if that is later.
    fn sub(self, earlier: Self) -> Self::Output {
        let millis = self.0.saturating_sub(earlier.0);
        std::time::Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }
}
