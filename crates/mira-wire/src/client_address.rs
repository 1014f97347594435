//! Where a request comes from.

use std::net::IpAddr;

/// The address of the client, after trusted proxies were looked through. The
/// edge puts it into a request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);
