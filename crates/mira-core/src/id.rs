//! Typed identifiers: a UUID version 7 (RFC 9562) behind a prefix that says of what.
//!
//! They are printable, sortable by creation and safe in logs. They show when a
//! thing was made, so they are never secrets.

use std::fmt;
use std::str::FromStr;

use mira_key::{Entropy, EntropyError};
use uuid::fmt::Simple;
use uuid::{Builder, Uuid};

use crate::Timestamp;

/// The text is not an identifier of the expected kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id begins with {prefix}_ and 32 lowercase hexadecimal digits follow")]
pub struct ParseIdError {
    prefix: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// What its text begins with.
            pub const PREFIX: &'static str = $prefix;

            /// The length of its text.
            pub const LENGTH: usize = concat!($prefix, "_").len() + Simple::LENGTH;

            /// A new id, made at `now`. Without random bytes there is none: an id
            /// that repeats would stand for two things.
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

            /// From the 16 bytes of the store.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Its text, in a buffer of the caller's.
            pub fn encode<'b>(&self, buffer: &'b mut [u8; Self::LENGTH]) -> &'b str {
                let prefix = concat!($prefix, "_");
                let (head, digits) = buffer.split_at_mut(prefix.len());
                head.copy_from_slice(prefix.as_bytes());
                self.0.simple().encode_lower(digits);
                std::str::from_utf8(buffer).unwrap_or_default()
            }

            /// The 16 bytes, for the store.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.encode(&mut [0; Self::LENGTH]))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                const ERROR: ParseIdError = ParseIdError { prefix: $prefix };
                let hex = text.strip_prefix(concat!($prefix, "_")).ok_or(ERROR)?;
                // One spelling only: 32 lowercase digits.
                if hex.len() != 32 || hex.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(ERROR);
                }
                Uuid::try_parse(hex).map(Self).map_err(|_| ERROR)
            }
        }
    };
}

id!(/// One API key, for ever. Public and printable.
    KeyId, "key");
id!(/// One organization, the tenant.
    OrganizationId, "org");
id!(/// One app of an organization.
    AppId, "app");
id!(/// One person who signs in to the console.
    UserId, "user");
id!(/// One audit event.
    EventId, "evt");
id!(/// One transaction of an app's ledger.
    TransactionId, "txn");
id!(/// One webhook of an organization.
    WebhookId, "wh");
id!(/// One message to webhooks, the same at every attempt to deliver it.
    MessageId, "msg");
id!(/// One message on its way to one webhook.
    DeliveryId, "dlv");
id!(/// One run of one node's process: every start is a node of its own.
    NodeId, "node");
