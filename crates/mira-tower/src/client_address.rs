//! Where a request comes from, behind proxies that are trusted to say so.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName};
use mira_core::normalize;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client: the peer, or, if the peer is trusted, the rightmost
/// entry of `X-Forwarded-For` that is not. Entries further left may be forged.
/// An entry that is no address ends the walk at the proxy that wrote it.
pub fn client_address(
    peer: IpAddr,
    headers: &HeaderMap,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let mut client = normalize(peer);
    let mut lines = headers.get_all(FORWARDED_FOR).iter().collect::<Vec<_>>();
    lines.reverse();
    let entries = lines
        .iter()
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for entry in entries {
        if !is_trusted(client) {
            break;
        }
        match parse_entry(entry) {
            Some(address) => client = address,
            None => break,
        }
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
