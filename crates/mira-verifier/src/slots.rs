//! Where the record of a digest is: open addressing, which readers walk without a
//! lock.
//!
//! A table that is too small is replaced by one of twice the size. The old one
//! stays, as somebody may still walk it; all old ones together are no larger than
//! the last.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use mira_key::KeyDigest;

/// Doubled this often, the smallest table has room for every record there can be.
const TABLES: usize = 24;
const SMALLEST: usize = 64;

pub(crate) struct Slots {
    tables: [OnceLock<Box<[AtomicU64]>>; TABLES],
    current: AtomicUsize,
}

/// What a slot says: which record, which counters if there are some, and a few
/// bits of the digest, so that few records are read in vain. An empty one is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot(u64);

/// A record and counters each have a number of this many bits.
const NUMBER_BITS: u32 = 26;
const NUMBER_MASK: u64 = (1 << NUMBER_BITS) - 1;
const TAG_SHIFT: u32 = 2 * NUMBER_BITS;

impl Slot {
    fn of(digest: &KeyDigest, record: u32) -> Self {
        Self((tag(digest) << TAG_SHIFT) | (u64::from(record) + 1))
    }

    pub(crate) fn record(self) -> u32 {
        number(self.0 & NUMBER_MASK).unwrap_or_default()
    }

    pub(crate) fn counters(self) -> Option<u32> {
        number(self.0 >> NUMBER_BITS & NUMBER_MASK)
    }

    fn with_counters(self, counters: u32) -> Self {
        Self(self.0 & !(NUMBER_MASK << NUMBER_BITS) | (u64::from(counters) + 1) << NUMBER_BITS)
    }
}

/// Numbers are stored one higher, so that 0 is none.
fn number(bits: u64) -> Option<u32> {
    u32::try_from(bits).ok()?.checked_sub(1)
}

impl Slots {
    pub(crate) fn new() -> Self {
        let slots = Self {
            tables: std::array::from_fn(|_| OnceLock::new()),
            current: AtomicUsize::new(0),
        };
        slots.publish(0, table(SMALLEST));
        slots
    }

    /// The slot of `digest`, whose record `is_it` knows.
    pub(crate) fn find(&self, digest: &KeyDigest, is_it: impl Fn(Slot) -> bool) -> Option<Slot> {
        let table = self.table();
        let tag = tag(digest);
        // Never full, so there is an empty slot to stop at.
        for at in walk(digest, table.len()) {
            let bits = table.get(at)?.load(Ordering::Acquire);
            if bits == 0 {
                return None;
            }
            if bits >> TAG_SHIFT == tag && is_it(Slot(bits)) {
                return Some(Slot(bits));
            }
        }
        None
    }

    /// Adds the record of a digest that has none; `count` are there already, and
    /// `digest_of` knows theirs. One caller at a time.
    pub(crate) fn insert(
        &self,
        digest: &KeyDigest,
        record: u32,
        count: u32,
        digest_of: impl Fn(u32) -> Option<KeyDigest>,
    ) {
        self.make_room(count as usize + 1, digest_of);
        put(self.table(), digest, Slot::of(digest, record));
    }

    /// Says which counters are those of `digest`, in its `slot`. One caller at a time.
    pub(crate) fn set_counters(&self, digest: &KeyDigest, slot: Slot, counters: u32) {
        let table = self.table();
        let places = walk(digest, table.len()).filter_map(|at| table.get(at));
        let mut places = places.take_while(|place| place.load(Ordering::Relaxed) != 0);
        if let Some(place) = places.find(|place| place.load(Ordering::Relaxed) == slot.0) {
            place.store(slot.with_counters(counters).0, Ordering::Release);
        }
    }

    /// Makes room for `count` records, of which some may be there. One caller at
    /// a time.
    pub(crate) fn make_room(&self, count: usize, digest_of: impl Fn(u32) -> Option<KeyDigest>) {
        let old = self.table();
        // At most three quarters are used: a digest that is not there is found out
        // within one line of cache.
        let needed = count.saturating_mul(4).div_ceil(3);
        if needed <= old.len() {
            return;
        }
        let larger = table(needed.max(old.len() * 2));
        for slot in old {
            let slot = Slot(slot.load(Ordering::Relaxed));
            if slot.0 != 0
                && let Some(digest) = digest_of(slot.record())
            {
                put(&larger, &digest, slot);
            }
        }
        self.publish(self.current.load(Ordering::Relaxed) + 1, larger);
    }

    fn publish(&self, number: usize, table: Box<[AtomicU64]>) {
        if let Some(place) = self.tables.get(number)
            && place.set(table).is_ok()
        {
            self.current.store(number, Ordering::Release);
        }
    }

    fn table(&self) -> &[AtomicU64] {
        let current = self.tables.get(self.current.load(Ordering::Acquire));
        current.and_then(OnceLock::get).map_or(&[], |table| table)
    }
}

fn table(length: usize) -> Box<[AtomicU64]> {
    (0..length).map(|_| AtomicU64::new(0)).collect()
}

fn put(table: &[AtomicU64], digest: &KeyDigest, slot: Slot) {
    let mut places = walk(digest, table.len()).filter_map(|at| table.get(at));
    if let Some(place) = places.find(|place| place.load(Ordering::Relaxed) == 0) {
        place.store(slot.0, Ordering::Release);
    }
}

/// The places to look at, in order: from where the digest says, round the table. A
/// digest is uniform, so its first word scaled to the length is a place.
fn walk(digest: &KeyDigest, length: usize) -> impl Iterator<Item = usize> {
    let home = (u128::from(word(digest, 0)) * length as u128) >> 64;
    let home = usize::try_from(home).unwrap_or_default();
    (home..length).chain(0..home)
}

fn tag(digest: &KeyDigest) -> u64 {
    word(digest, 1) >> TAG_SHIFT
}

fn word(digest: &KeyDigest, at: usize) -> u64 {
    digest.words().get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use mira_key::KeyDigest;
    use proptest::prelude::*;

    use super::Slots;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Few different first bytes, so that many digests want the same place.
        #[test]
        fn what_was_added_is_found_and_nothing_else(digests in proptest::collection::hash_set([0_u8..3, 0..3, 0..255], 0..300)) {
            let slots = Slots::new();
            let digest = |[a, b, c]: [u8; 3]| {
                let mut bytes = [0; 32];
                (bytes[7], bytes[15], bytes[31]) = (a, b << 6, c);
                KeyDigest::from_bytes(bytes)
            };
            let mut records = Vec::new();
            let mut known = HashMap::new();
            for short in digests {
                let digest = digest(short);
                let find = |records: &[KeyDigest]| slots.find(&digest, |slot| records[slot.record() as usize] == digest);
                prop_assert_eq!(find(&records), None);
                let number = u32::try_from(records.len()).unwrap();
                let digest_of = |number: u32| records.get(number as usize).copied();
                slots.insert(&digest, number, number, digest_of);
                records.push(digest);
                let slot = find(&records).unwrap();
                prop_assert_eq!((slot.record(), slot.counters()), (number, None));
                slots.set_counters(&digest, slot, number * 2);
                known.insert(short, number);
            }
            for (short, number) in known {
                let digest = digest(short);
                let slot = slots.find(&digest, |slot| records[slot.record() as usize] == digest).unwrap();
                prop_assert_eq!((slot.record(), slot.counters()), (number, Some(number * 2)));
            }
        }
    }
}
