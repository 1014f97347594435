//! The six checksum digits that end a key: CRC-32 (IEEE) of everything before them.
//!
//! They let people, scanners and a node that holds only part of the keys reject
//! a typo without a look-up. They prove nothing about validity.

use crate::base62;

pub(crate) const LENGTH: usize = 6;

/// The checksum digits of `body`, the key without its last six characters.
pub(crate) fn of(body: &[u8]) -> [u8; LENGTH] {
    base62::six_digits(crc32fast::hash(body))
}
