//! Money, in integers.

use std::fmt;

/// An amount in micro-dollars: 1,000,000 are one US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MicroUsd(i64);

impl MicroUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// From micro-dollars.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Micro-dollars.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// From dollars, as they stand in JSON. `None` unless the amount is a finite
    /// number of whole micro-dollars of less than a billion dollars.
    pub fn from_dollars(dollars: f64) -> Option<Self> {
        let micros = dollars * 1e6;
        // A decimal with six places is never exact in binary, so the nearest whole
        // micro-dollar must lie within the noise of the two roundings up to here.
        let rounded = micros.round();
        let noise = rounded.abs() * (2.0 * f64::EPSILON);
        if !micros.is_finite() || rounded.abs() >= 1e15 || (micros - rounded).abs() > noise {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "below 1e15, so exact in i64"
        )]
        Some(Self(rounded as i64))
    }

    /// Dollars, as they stand in JSON.
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact up to nine billion dollars"
    )]
    pub fn as_dollars(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The sum, unless it does not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl fmt::Display for MicroUsd {
    /// As people read it, with at least two decimal places: `$1.50`, `-$0.000123`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let micros = self.0.unsigned_abs();
        let cents_and_below = format!("{:06}", micros % 1_000_000);
        let (cents, below) = cents_and_below.split_at(2);
        write!(
            f,
            "{sign}${}.{cents}{}",
            micros / 1_000_000,
            below.trim_end_matches('0')
        )
    }
}
