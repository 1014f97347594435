//! Where a node listens: addresses, and Unix sockets.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::parsed::Parsed;

/// One place to listen at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listen {
    /// An address and a port; port 0 takes a free one. It speaks TLS if the
    /// server has a certificate.
    Tcp(SocketAddr),
    /// A Unix socket. It never speaks TLS: only this machine reaches it.
    Unix(PathBuf),
}

/// Every place to listen at, at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenList(Vec<Listen>);

/// The text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an address and a port such as 127.0.0.1:8080, or a socket such as unix:/run/mira.sock, \
     are expected"
)]
pub struct ParseListenError;

const UNIX: &str = "unix:";

impl ListenList {
    /// The places, in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = &Listen> {
        self.0.iter()
    }
}

impl Default for ListenList {
    fn default() -> Self {
        let address = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 8080);
        Self(vec![Listen::Tcp(address)])
    }
}

impl FromStr for Listen {
    type Err = ParseListenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.strip_prefix(UNIX) {
            Some("") => Err(ParseListenError),
            Some(path) => Ok(Self::Unix(path.into())),
            None => text.parse().map(Self::Tcp).map_err(|_| ParseListenError),
        }
    }
}

impl FromStr for ListenList {
    type Err = ParseListenError;

    /// From places that are separated by commas.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let places = text.split(',').map(|place| place.trim().parse());
        places.collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

impl fmt::Display for ListenList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&places.join(", "))
    }
}

impl<'de> Deserialize<'de> for ListenList {
    /// From one place, or a list.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Places)
    }
}

struct Places;

impl<'de> Visitor<'de> for Places {
    type Value = ListenList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or a list of strings")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ListenList, E> {
        let place = text.parse().map_err(E::custom)?;
        Ok(ListenList(vec![place]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ListenList, A::Error> {
        let mut places = Vec::new();
        while let Some(Parsed(place)) = list.next_element()? {
            places.push(place);
        }
        if places.is_empty() {
            return Err(A::Error::custom(ParseListenError));
        }
        Ok(ListenList(places))
    }
}
