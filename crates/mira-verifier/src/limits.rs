//! The limits of keys that carry none of their own.

use std::num::NonZeroU32;

use mira_core::{KeyKind, Rule};
use mira_key::ServiceName;

use crate::terms::Terms;

/// The installation's limits. An absent one is off; `NonZeroU32::new` reads a
/// configured 0 as just that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests per minute and client address, where a route limits addresses.
    pub address_per_minute: Option<NonZeroU32>,
    /// Requests per minute of an organization key.
    pub organization_key_per_minute: Option<NonZeroU32>,
    /// Requests per minute of an app key.
    pub app_key_per_minute: Option<NonZeroU32>,
    /// Requests per UTC day of an app key.
    pub app_key_per_day: Option<NonZeroU32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            address_per_minute: NonZeroU32::new(100),
            organization_key_per_minute: NonZeroU32::new(100),
            app_key_per_minute: NonZeroU32::new(60),
            app_key_per_day: NonZeroU32::new(1_000),
        }
    }
}

impl Limits {
    /// The rule that holds for a key: its own limits over those of its family.
    pub(crate) fn rule(&self, terms: &Terms) -> Rule {
        let default = match terms.kind {
            KeyKind::Organization { .. } => Rule {
                per_minute: self.organization_key_per_minute,
                per_day: None,
            },
            // They ask on behalf of others, whose own windows are charged.
            KeyKind::App { service, .. } if service == ServiceName::CONSOLE => Rule::default(),
            KeyKind::App { .. } => Rule {
                per_minute: self.app_key_per_minute,
                per_day: self.app_key_per_day,
            },
        };
        terms.rate_limit.over(default)
    }
}
