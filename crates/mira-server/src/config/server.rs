//! `[server]`: where a node listens, whom it believes about addresses, and how
//! it stops.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use mira_core::{Allowlist, ParseAllowlistError};
use serde::de::{Deserialize, Deserializer, Error};

use super::http_url::Origin;
use super::parsed::{between, parsed_option};

/// `[server]`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where to listen; port 0 takes a free one.
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// How long open requests may take after SIGTERM, in seconds.
    #[serde(deserialize_with = "drain_secs")]
    pub drain_secs: u64,
    /// How people reach this server, where a proxy stands before it.
    #[serde(deserialize_with = "parsed_option")]
    pub public_url: Option<Origin>,
}

/// The proxies whose word about client addresses is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Option<Allowlist>);

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 8080),
            trusted_proxies: TrustedProxies::default(),
            drain_secs: 10,
            public_url: None,
        }
    }
}

impl TrustedProxies {
    /// Whether `address` is one of them.
    pub fn contains(&self, address: IpAddr) -> bool {
        let proxies = self.0.as_ref();
        proxies.is_some_and(|proxies| proxies.contains(address))
    }

    fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, ParseAllowlistError> {
        if entries.is_empty() {
            return Ok(Self(None));
        }
        Allowlist::parse(entries).map(|proxies| Self(Some(proxies)))
    }
}

impl FromStr for TrustedProxies {
    type Err = ParseAllowlistError;

    /// From addresses and networks, separated by commas; the empty text is none.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let entries = text.split(',').map(str::trim);
        let entries: Vec<&str> = entries.filter(|entry| !entry.is_empty()).collect();
        Self::parse(&entries)
    }
}

impl<'de> Deserialize<'de> for TrustedProxies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries: Vec<String> = Vec::deserialize(deserializer)?;
        Self::parse(&entries).map_err(D::Error::custom)
    }
}

/// An address and a port.
pub(super) fn parse_listen(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "an address and a port such as 127.0.0.1:8080 are expected")
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    parse_listen(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

/// Up to an hour.
pub(super) fn drain_secs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    between(deserializer, 0..=3_600)
}
