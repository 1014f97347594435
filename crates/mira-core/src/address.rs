//! Client addresses and the networks that a key may be used from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// The networks that a key may be used from; never empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Allowlist(Box<[IpNet]>);

impl Allowlist {
    /// More entries than this are a mistake, and would make each request slow.
    pub const MAX_ENTRIES: usize = 100;

    /// From entries such as `203.0.113.7`, `203.0.113.0/24` or `2001:db8::/32`.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, ParseAllowlistError> {
        if entries.is_empty() {
            return Err(ParseAllowlistError::Empty);
        }
        if entries.len() > Self::MAX_ENTRIES {
            return Err(ParseAllowlistError::TooMany);
        }
        entries
            .iter()
            .map(|entry| parse_network(entry.as_ref()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether `address` lies in one of the networks. An IPv4-mapped address is
    /// the IPv4 address that it maps.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = normalize(address);
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The networks, in the order given.
    pub fn networks(&self) -> &[IpNet] {
        &self.0
    }
}

/// The IPv4 address behind an IPv4-mapped one, and any other unchanged
/// (RFC 4291 §2.5.5.2).
pub fn normalize(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn parse_network(entry: &str) -> Result<IpNet, ParseAllowlistError> {
    let invalid = || ParseAllowlistError::NotANetwork(entry.chars().take(64).collect());
    let network = match IpNet::from_str(entry) {
        Ok(network) => network,
        Err(_) => IpNet::from(IpAddr::from_str(entry).map_err(|_| invalid())?),
    };
    if network.trunc() != network {
        return Err(invalid());
    }
    Ok(normalize_network(network))
}

/// The IPv4 network behind one of IPv4-mapped addresses, which all share their
/// first 96 bits, and any other unchanged.
fn normalize_network(network: IpNet) -> IpNet {
    let prefix = network.prefix_len().checked_sub(96);
    match (network, normalize(network.network()), prefix) {
        (IpNet::V6(_), address @ IpAddr::V4(_), Some(prefix)) => {
            IpNet::new(address, prefix).unwrap_or(network)
        }
        _ => network,
    }
}

impl fmt::Display for Allowlist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, network) in self.0.iter().enumerate() {
            if at > 0 {
                f.write_str(", ")?;
            }
            fmt::Display::fmt(network, f)?;
        }
        Ok(())
    }
}

/// The entries are not an allowlist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseAllowlistError {
    /// An empty list would allow nobody; absent means any address.
    #[error("an ip_allowlist has at least one entry; null means any address")]
    Empty,
    /// More than [`Allowlist::MAX_ENTRIES`].
    #[error("a list has at most {} networks", Allowlist::MAX_ENTRIES)]
    TooMany,
    /// An entry is neither an address nor a network, or has bits after its prefix.
    #[error("\"{0}\" is not an IP address or a network such as 203.0.113.0/24")]
    NotANetwork(String),
}
