//! `[limits]`: how many requests whoever has no limit of their own may send.

use std::num::NonZeroU32;

use mira_verifier::Limits;
use serde::Deserialize;

use super::parsed::limit;

/// `[limits]`. An absent limit is off, which the file writes as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsConfig {
    /// Requests to the Mira API per minute and client address.
    #[serde(deserialize_with = "limit")]
    pub address_per_minute: Option<NonZeroU32>,
    /// Requests per minute and organization key.
    #[serde(deserialize_with = "limit")]
    pub organization_key_per_minute: Option<NonZeroU32>,
    /// Requests per minute and app key.
    #[serde(deserialize_with = "limit")]
    pub app_key_per_minute: Option<NonZeroU32>,
    /// Requests per UTC day and app key.
    #[serde(deserialize_with = "limit")]
    pub app_key_per_day: Option<NonZeroU32>,
    /// Requests to the console API per minute and credential.
    #[serde(deserialize_with = "limit")]
    pub console_per_minute: Option<NonZeroU32>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let Limits {
            address_per_minute,
            organization_key_per_minute,
            app_key_per_minute,
            app_key_per_day,
        } = Limits::default();
        Self {
            address_per_minute,
            organization_key_per_minute,
            app_key_per_minute,
            app_key_per_day,
            console_per_minute: NonZeroU32::new(600),
        }
    }
}
