//! Where a request comes from, behind proxies that are trusted to say so.

use std::net::{IpAddr, Ipv4Addr};

use http::{HeaderMap, HeaderName};
use mira_core::normalize;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A host of the network, this one included.
    Network(IpAddr),
    /// A process of this machine, over a Unix socket. Whoever may open it was
    /// let in by the operator, so its word is taken as a trusted proxy's.
    Local,
}

impl Peer {
    /// Its address; a local one has that of this machine.
    pub fn address(self) -> IpAddr {
        match self {
            Self::Network(address) => normalize(address),
            Self::Local => Ipv4Addr::LOCALHOST.into(),
        }
    }

    /// Whether what it says of its own peer is taken.
    pub fn is_trusted(self, is_trusted: impl Fn(IpAddr) -> bool) -> bool {
        match self {
            Self::Network(address) => is_trusted(normalize(address)),
            Self::Local => true,
        }
    }
}

impl From<IpAddr> for Peer {
    fn from(address: IpAddr) -> Self {
        Self::Network(address)
    }
}

/// The address of the client: the peer, or, if the peer is trusted, the rightmost
/// entry of `X-Forwarded-For` that is not. Entries further left may be forged.
/// An entry that is no address ends the walk at the proxy that wrote it.
pub fn client_address(
    peer: impl Into<Peer>,
    headers: &HeaderMap,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let peer = peer.into();
    let mut client = peer.address();
    let mut is_believed = peer.is_trusted(&is_trusted);
    if !is_believed {
        return client;
    }
    let mut lines = headers.get_all(FORWARDED_FOR).iter().collect::<Vec<_>>();
    lines.reverse();
    let entries = lines
        .iter()
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries {
        if !is_believed {
            break;
        }
        match parse_entry(entry) {
            Some(address) => client = address,
            None => break,
        }
        is_believed = is_trusted(client);
    }
    client
}

/// An address, with the port that some proxies add.
fn parse_entry(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim();
    let address = entry
        .parse::<IpAddr>()
        .or_else(|_| {
            entry
                .parse::<std::net::SocketAddr>()
                .map(|socket| socket.ip())
        })
        .or_else(|_| entry.trim_start_matches('[').trim_end_matches(']').parse());
    address.ok().map(normalize)
}
