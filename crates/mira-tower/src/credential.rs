//! Reading the one credential of a request.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use mira_verifier::Credential;

const SCHEME: &[u8] = b"bearer";
const MAX_LENGTH: usize = 512;
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The credential that `headers` present: `Authorization: Bearer <key>` and
/// nothing else. The query, the body and cookies are never read.
///
/// The scheme is case-insensitive and one space follows it (RFC 6750 §2.1, RFC
/// 9110 §11.1); what follows must be one `b64token`. White space around the
/// field value is not part of it (RFC 9110 §5.5).
pub fn credential(headers: &HeaderMap) -> Credential<'_> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let Some(field) = fields.next() else {
        return Credential::Absent;
    };
    if fields.next().is_some() || headers.contains_key(API_KEY) {
        return Credential::Ambiguous;
    }
    let value = field.as_bytes().trim_ascii();
    match value.split_at_checked(SCHEME.len()) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(SCHEME) => after_scheme(rest),
        _ => Credential::Absent,
    }
}

fn after_scheme(rest: &[u8]) -> Credential<'_> {
    match rest.split_first() {
        Some((b' ', key)) if is_b64token(key) => Credential::Presented(key),
        Some((b' ' | b'\t', _)) => Credential::Malformed,
        // `Bearer` alone presents nothing, and `Bearerish …` is another scheme.
        None | Some(_) => Credential::Absent,
    }
}

/// `1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="` (RFC 6750 §2.1).
fn is_b64token(bytes: &[u8]) -> bool {
    let body = match bytes.iter().rposition(|byte| *byte != b'=') {
        Some(last) => bytes.get(..=last).unwrap_or_default(),
        None => return false,
    };
    bytes.len() <= MAX_LENGTH
        && body
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte))
}
