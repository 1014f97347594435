//! `[webhooks]`: where messages may go.

use ipnet::IpNet;
use serde::Deserialize;

/// `[webhooks]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhooksConfig {
    /// Networks of the operator's own that messages may be sent to, such as
    /// `10.20.0.0/16`. Without them they go to public addresses only.
    pub private_networks: Vec<IpNet>,
}
