//! What a request asks for.

use std::net::IpAddr;

use mira_key::ServiceName;

use crate::{Environments, Permission};

/// What one request asks for. A door fills in what its route demands; what is
/// absent is not asked and not checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Which keys the route is for.
    pub audience: Audience,
    /// The permission it takes.
    pub permission: Option<Permission>,
    /// The environments it accepts.
    pub environments: Environments,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
    /// Whether the app's balance must be above zero.
    pub is_metered: bool,
    /// Whether the client address has a window of its own here.
    pub limits_address: bool,
    /// Whether the key's own windows count it; the console has limits of its own.
    pub limits_key: bool,
    /// How many requests it counts as; 0 only asks.
    pub cost: u32,
}

impl Access {
    /// An access that asks for nothing but a live key and counts as one request.
    pub const ANY: Self = Self {
        audience: Audience::Any,
        permission: None,
        environments: Environments::ALL,
        address: None,
        is_metered: false,
        limits_address: false,
        limits_key: true,
        cost: 1,
    };
}

/// Which keys a route is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Every key; asked when only the key itself matters.
    Any,
    /// Organization keys.
    Organization,
    /// App keys of this service.
    Service(ServiceName),
}
