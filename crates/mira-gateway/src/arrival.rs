//! How a request reached us, and what an upstream is told of it.

use std::io::Write as _;
use std::net::IpAddr;

use http::{HeaderMap, HeaderName, HeaderValue};
use mira_core::normalize;
use mira_tower::{begins_as, is_canonical, reads_as};

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// As many characters as an address has, at most.
const LONGEST_ADDRESS: usize = 45;

/// The family of fields that say where a request comes from.
const FAMILY: &str = "x-forwarded-";

/// Other fields that say it, in the words of other proxies.
const CLAIMS: [&str; 13] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "fastly-client-ip",
    "x-cluster-client-ip",
    "x-originating-ip",
    "x-remote-ip",
    "x-remote-addr",
    "x-envoy-external-address",
];

/// How a request reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Who sent it: the other end of the connection.
    pub peer: IpAddr,
    /// Whether that is a proxy of ours, so that what it says of its own peer is
    /// true.
    pub is_peer_trusted: bool,
    /// Whether the client reached this installation over https.
    pub is_secure: bool,
}

impl Arrival {
    /// Whether `name` says where a request comes from and must not be believed.
    pub(crate) fn is_hearsay(&self, name: &str) -> bool {
        is_claim_of_origin(name) && !(self.is_peer_trusted && is_canonical(name))
    }

    /// Sets `X-Forwarded-For`, `-Proto` and `-Host`: what a trusted peer said goes
    /// on, with the peer behind it; anything else was removed before. `host` is
    /// the authority that the client asked.
    pub(crate) fn set_forwarded(&self, headers: &mut HeaderMap, host: Option<HeaderValue>) {
        self.append_peer(headers);
        if single(headers, &PROTO).is_none() {
            let proto = if self.is_secure { "https" } else { "http" };
            headers.insert(PROTO, HeaderValue::from_static(proto));
        }
        if single(headers, &HOST).is_none() {
            match host {
                Some(host) => headers.insert(HOST, host),
                None => headers.remove(HOST),
            };
        }
    }

    fn append_peer(&self, headers: &mut HeaderMap) {
        let mut hops = Vec::with_capacity(LONGEST_ADDRESS);
        for line in headers.get_all(&FOR) {
            hops.extend_from_slice(line.as_bytes());
            hops.extend_from_slice(b", ");
        }
        // Writing to memory does not fail.
        write!(hops, "{}", normalize(self.peer)).ok();
        // Good values and an address make a good value.
        if let Ok(hops) = HeaderValue::from_bytes(&hops) {
            headers.insert(FOR, hops);
        }
    }
}

/// Whether `name` reads as one that says where a request comes from.
pub(crate) fn is_claim_of_origin(name: &str) -> bool {
    begins_as(name, FAMILY) || CLAIMS.iter().any(|claim| reads_as(name, claim))
}

/// The value of a field that is there once.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h HeaderValue> {
    let mut lines = headers.get_all(name).iter();
    lines.next().filter(|_| lines.next().is_none())
}
