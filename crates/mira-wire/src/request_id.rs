//! The id of one request, on every response and in every audit event.

use std::fmt;

use http::{HeaderName, HeaderValue};
use mira_core::Timestamp;
use mira_key::{Entropy, EntropyError};
use uuid::{Builder, Uuid};

/// `X-Mira-Request-Id`.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-mira-request-id");

/// A UUID version 7 (RFC 9562), made for each request and never taken from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(Uuid);

impl RequestId {
    /// A new id, made at `now`. Without random bytes there is none: what a request
    /// used is charged once for each id, so an id must never repeat.
    pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut random = [0; 10];
        entropy.fill(&mut random)?;
        Ok(Self::new(now, random))
    }

    /// The id of `now` and these ten bytes.
    pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
        let millis = u64::try_from(now.as_millis()).unwrap_or(0);
        Self(Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// Its 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// Its 32 hexadecimal digits, without hyphens, in a buffer of the caller's.
    pub fn encode_digits(self, buffer: &mut [u8; 32]) -> &str {
        self.0.simple().encode_lower(buffer)
    }

    /// As many characters as its text has.
    pub const LENGTH: usize = 36;

    /// Its text, in a buffer of the caller's.
    pub fn encode(self, buffer: &mut [u8; Self::LENGTH]) -> &str {
        self.0.as_hyphenated().encode_lower(buffer)
    }

    /// As a header value.
    pub fn to_header_value(self) -> HeaderValue {
        let mut buffer = [0; Self::LENGTH];
        HeaderValue::from_str(self.encode(&mut buffer))
            .unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}
