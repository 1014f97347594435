//! Money in JSON: dollars.

use mira_core::MicroUsd;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount in dollars; whole dollars are written without a fraction.
#[derive(Clone, Copy)]
pub(crate) struct Dollars(pub(crate) MicroUsd);

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let micros = self.0.as_micros();
        if micros % 1_000_000 == 0 {
            serializer.serialize_i64(micros / 1_000_000)
        } else {
            serializer.serialize_f64(self.0.as_dollars())
        }
    }
}

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dollars = f64::deserialize(deserializer)?;
        MicroUsd::from_dollars(dollars).map(Self).ok_or_else(|| {
            serde::de::Error::custom(
                "an amount is in dollars, below a billion, with at most six decimal places",
            )
        })
    }
}
