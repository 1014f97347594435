//! Fields that are between two neighbors and no further (RFC 9110 §7.6.1).

use std::collections::HashSet;

use http::header::{CONNECTION, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName};

/// Those that need not be named in `Connection` to be one.
const ALWAYS: [HeaderName; 7] = [
    CONNECTION,
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("http2-settings"),
];

/// The fields of one head that go no further: those, and whatever its `Connection`
/// names. Fields of ours are set after it was asked, so that nobody can have those
/// removed.
pub(crate) struct HopByHop {
    named: HashSet<HeaderName>,
}

impl HopByHop {
    /// Those of `headers`.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let named = connection_options(headers)
            .filter(|option| !is_about_connection(option))
            .filter_map(|option| HeaderName::from_bytes(option).ok());
        Self {
            named: named.collect(),
        }
    }

    /// Whether `name` is one.
    pub(crate) fn has(&self, name: &HeaderName) -> bool {
        ALWAYS.contains(name) || self.named.contains(name)
    }
}

/// Whether `Connection` has `option`, which is in lower case.
pub(crate) fn has_connection_option(headers: &HeaderMap, option: &str) -> bool {
    connection_options(headers).any(|one| one.eq_ignore_ascii_case(option.as_bytes()))
}

fn connection_options(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    list(headers, &CONNECTION)
}

/// The members of a field that is a list of tokens.
pub(crate) fn list<'h>(
    headers: &'h HeaderMap,
    name: &'h HeaderName,
) -> impl Iterator<Item = &'h [u8]> {
    let lines = headers.get_all(name).iter();
    lines
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
}

/// The options that name no field.
fn is_about_connection(option: &[u8]) -> bool {
    option.eq_ignore_ascii_case(b"close") || option.eq_ignore_ascii_case(b"keep-alive")
}
