//! The networks that a key may be used from, in JSON.

use mira_core::Allowlist;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An allowlist as an array of networks and addresses.
#[derive(Clone)]
pub(crate) struct Networks(pub(crate) Allowlist);

impl Serialize for Networks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.networks().iter().map(ToString::to_string))
    }
}

impl<'de> Deserialize<'de> for Networks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::<String>::deserialize(deserializer)?;
        Allowlist::parse(&entries)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}
