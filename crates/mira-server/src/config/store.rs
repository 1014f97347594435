//! `[store]`: how long a node may serve without word from the store.

use serde::{Deserialize, Deserializer};

use super::parsed::between;

/// `[store]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// How long a node may serve after its last contact with the store, in
    /// milliseconds. Every node of an installation must say the same. A node
    /// whose store is in its own process needs no lease, and only reports this.
    #[serde(deserialize_with = "lease_ms")]
    pub lease_ms: u64,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { lease_ms: 5_000 }
    }
}

/// From a second to a minute.
pub(super) fn lease_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    between(deserializer, 1_000..=60_000)
}
