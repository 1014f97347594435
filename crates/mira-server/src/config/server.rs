//! `[server]`: where a node listens, whom it believes about addresses, and how
//! it stops.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use mira_core::{Allowlist, ParseAllowlistError};
use serde::de::{Deserialize, Deserializer, Error};

use super::error::{ConfigError, Source};
use super::file_name::FileName;
use super::http_url::Origin;
use super::listen::ListenList;
use super::parsed::{Parsed, between, parsed_option};
use super::tls;

/// `[server]`.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Where to listen.
    pub listen: ListenList,
    /// Who may connect to a Unix socket, as permissions of its file.
    #[serde(deserialize_with = "socket_mode")]
    pub socket_mode: u32,
    /// The chain of certificates of TLS, this server's own first.
    pub(super) tls_cert: Option<FileName>,
    /// The key of that certificate.
    pub(super) tls_key: Option<FileName>,
    /// What TLS listeners show, if they speak TLS; read from the two files.
    #[serde(skip)]
    pub tls: Option<Arc<rustls::ServerConfig>>,
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
            listen: ListenList::default(),
            socket_mode: 0o660,
            tls_cert: None,
            tls_key: None,
            tls: None,
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

impl ServerConfig {
    /// Reads the files that it names.
    pub(super) fn load(&mut self, source: &Source<'_>) -> Result<(), ConfigError> {
        let (cert, key) = (self.tls_cert.as_ref(), self.tls_key.as_ref());
        self.tls = tls::load(cert, key, source)?;
        Ok(())
    }
}

/// The permissions of a file in octal, as `chmod` takes them.
pub(super) struct SocketMode(pub(super) u32);

impl FromStr for SocketMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mode = u32::from_str_radix(text, 8);
        let mode = mode.ok().filter(|mode| *mode <= 0o777).map(Self);
        mode.ok_or("permissions in octal such as \"660\" are expected")
    }
}

fn socket_mode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    Parsed::deserialize(deserializer).map(|Parsed(SocketMode(mode))| mode)
}

/// Up to an hour.
pub(super) fn drain_secs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    between(deserializer, 0..=3_600)
}
