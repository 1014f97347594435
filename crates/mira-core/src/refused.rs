//! A request that was refused although its secret matched.

use uuid::Uuid;

use crate::{Access, KeyId, OrganizationId, Timestamp};

/// What follows the milliseconds in an id, version and variant included.
const RANDOM_BITS: u32 = 80;

/// What is kept of a request whose key is known and that was refused, for people who
/// ask why. Beside the client's address nothing that it carried is among it: no header,
/// query or body.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The id of the request, a UUID version 7 (RFC 9562), so ids are in the order of
    /// time.
    pub request_id: [u8; 16],
    /// The key.
    pub key_id: KeyId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What was asked for: audience, permission, environments, address, and whether it
    /// is metered.
    pub access: Access,
    /// The code of the denial.
    pub code: String,
}

impl Refused {
    /// When the request came.
    pub fn at(&self) -> Timestamp {
        let millis = u128::from_be_bytes(self.request_id) >> RANDOM_BITS;
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }

    /// The request's id as its response has said it.
    pub fn request_id(&self) -> String {
        Uuid::from_bytes(self.request_id).to_string()
    }

    /// The bytes of a request's id.
    pub fn parse_request_id(text: &str) -> Option<[u8; 16]> {
        Uuid::try_parse(text).ok().map(Uuid::into_bytes)
    }

    /// The least id that a request can have that came at `at`.
    pub fn first_id_at(at: Timestamp) -> [u8; 16] {
        let millis = u128::try_from(at.as_millis()).unwrap_or(0);
        (millis << RANDOM_BITS).to_be_bytes()
    }
}
