//! UUIDs as callers write them.

use uuid::Uuid;

/// Reads the one form that this API writes: 36 characters with hyphens
/// (RFC 9562 §4), in either case.
pub(crate) fn parse_uuid(text: &str) -> Option<Uuid> {
    const HYPHENATED: usize = uuid::fmt::Hyphenated::LENGTH;
    (text.len() == HYPHENATED)
        .then(|| Uuid::try_parse(text).ok())
        .flatten()
}
