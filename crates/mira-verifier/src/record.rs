//! What a key has for itself, in one line of cache.

use std::sync::atomic::{AtomicU64, Ordering};

use mira_core::{KeyId, Timestamp};
use mira_key::KeyDigest;

/// The words of one key: four of its digest, two of its id, and two that hold its
/// terms and both ends of its life. A writer changes the last two together; whoever
/// reads must check that it did not read between.
#[derive(Default)]
#[repr(align(64))]
pub(crate) struct Record([AtomicU64; 8]);

/// A record as it was at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Own {
    pub(crate) digest: KeyDigest,
    pub(crate) id: KeyId,
    /// The number of its terms.
    pub(crate) terms: u32,
    pub(crate) retires_at: Option<Timestamp>,
    pub(crate) expires_at: Option<Timestamp>,
}

/// An instant has 48 bits, which reach into the year 10889. All of them set is none.
const NO_INSTANT: u64 = (1 << 48) - 1;

impl Record {
    pub(crate) fn load(&self) -> Own {
        let [digest @ .., id_0, id_1, retires, expires] = &self.0;
        let word = |word: &AtomicU64| word.load(Ordering::Relaxed);
        let (retires, expires) = (word(retires), word(expires));
        Own {
            digest: KeyDigest::from_bytes(joined(digest.each_ref().map(word))),
            id: KeyId::from_bytes(joined([word(id_0), word(id_1)])),
            terms: (low_half(retires) << 16) | low_half(expires),
            retires_at: instant(retires >> 16),
            expires_at: instant(expires >> 16),
        }
    }

    /// Whether it is of the key with `digest`, which never changes.
    pub(crate) fn is_of(&self, digest: &KeyDigest) -> bool {
        self.load().digest == *digest
    }

    pub(crate) fn store(&self, own: &Own) {
        let digest = own.digest.words();
        let id = split::<2, 16>(own.id.as_bytes());
        let retires = (bits(own.retires_at) << 16) | u64::from(own.terms >> 16);
        let expires = (bits(own.expires_at) << 16) | u64::from(own.terms & 0xFFFF);
        let values = digest.into_iter().chain(id).chain([retires, expires]);
        for (word, value) in self.0.iter().zip(values) {
            word.store(value, Ordering::Relaxed);
        }
    }
}

fn low_half(word: u64) -> u32 {
    (word & 0xFFFF) as u32
}

fn instant(bits: u64) -> Option<Timestamp> {
    let millis = i64::try_from(bits).ok()?;
    (bits != NO_INSTANT).then_some(Timestamp::from_millis(millis))
}

/// An end before the epoch has passed as well as the epoch has.
fn bits(instant: Option<Timestamp>) -> u64 {
    instant.map_or(NO_INSTANT, |instant| {
        let millis = u64::try_from(instant.as_millis()).unwrap_or(0);
        millis.min(NO_INSTANT - 1)
    })
}

fn joined<const WORDS: usize, const BYTES: usize>(words: [u64; WORDS]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (part, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
        *part = word.to_le_bytes();
    }
    bytes
}

fn split<const WORDS: usize, const BYTES: usize>(bytes: &[u8; BYTES]) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    for (word, part) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*part);
    }
    words
}

#[cfg(test)]
mod tests {
    use mira_core::{KeyId, Timestamp};
    use mira_key::KeyDigest;
    use proptest::prelude::*;

    use super::{Own, Record};

    proptest! {
        #[test]
        fn record_keeps_what_it_is_given(
            digest: [u8; 32],
            id: [u8; 16],
            terms: u32,
            retires in proptest::option::of(0..200_000_000_000_000_i64),
            expires in proptest::option::of(0..200_000_000_000_000_i64),
        ) {
            let own = Own {
                digest: KeyDigest::from_bytes(digest),
                id: KeyId::from_bytes(id),
                terms,
                retires_at: retires.map(Timestamp::from_millis),
                expires_at: expires.map(Timestamp::from_millis),
            };
            let record = Record::default();
            record.store(&own);
            prop_assert_eq!(record.load(), own);
            prop_assert!(record.is_of(&own.digest));
        }
    }

    #[test]
    fn ends_out_of_reach_are_the_nearest_in_reach() {
        let record = Record::default();
        let own = Own {
            digest: KeyDigest::from_bytes([1; 32]),
            id: KeyId::from_bytes([2; 16]),
            terms: 3,
            retires_at: Some(Timestamp::MIN),
            expires_at: Some(Timestamp::MAX),
        };
        record.store(&own);
        let loaded = record.load();
        assert_eq!(loaded.retires_at, Some(Timestamp::from_millis(0)));
        assert_eq!(
            loaded.expires_at,
            Some(Timestamp::from_millis((1 << 48) - 2))
        );
    }
}
