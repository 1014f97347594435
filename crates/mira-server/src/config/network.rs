//! `[network]`: how the models behind the network are asked.

use serde::{Deserialize, Deserializer};

use super::parsed::between;

/// `[network]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelPanelConfig {
    /// The longest wait for one model, in seconds.
    #[serde(deserialize_with = "timeout_secs")]
    pub timeout_secs: u64,
}

impl Default for ModelPanelConfig {
    fn default() -> Self {
        Self { timeout_secs: 30 }
    }
}

/// Up to ten minutes.
pub(super) fn timeout_secs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    between(deserializer, 1..=600)
}
