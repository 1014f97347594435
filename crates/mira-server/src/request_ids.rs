//! Ids for requests, of random bytes that are fetched for many at once: asking the
//! system takes longer than deciding about a request.

use std::cell::RefCell;

use mira_core::Timestamp;
use mira_key::{Entropy, EntropyError};
use mira_wire::RequestId;

/// The bytes of one id.
const ONE: usize = 10;
/// Ids of one fetch.
const IDS: usize = 100;

thread_local! {
    static BATCH: RefCell<Batch> = const { RefCell::new(Batch::EMPTY) };
}

/// Random bytes that no id has yet. An id is public, so they need no more care.
struct Batch {
    bytes: [u8; ONE * IDS],
    left: usize,
}

impl Batch {
    const EMPTY: Self = Self {
        bytes: [0; ONE * IDS],
        left: 0,
    };

    fn take(&mut self, entropy: &dyn Entropy) -> Result<[u8; ONE], EntropyError> {
        if self.left == 0 {
            entropy.fill(&mut self.bytes)?;
            self.left = IDS;
        }
        self.left -= 1;
        let ids = self.bytes.as_chunks::<ONE>().0;
        ids.get(self.left).copied().ok_or(EntropyError)
    }
}

/// A new id, made at `now`; none without random bytes, as it must never repeat.
pub(crate) fn next(now: Timestamp, entropy: &dyn Entropy) -> Result<RequestId, EntropyError> {
    let random = BATCH.with_borrow_mut(|batch| batch.take(entropy))?;
    Ok(RequestId::new(now, random))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicU64, Ordering};

    use mira_key::{Entropy, EntropyError};

    use super::{Batch, IDS, ONE};

    /// Counts, until it has nothing more to give.
    struct Counting(AtomicU64);

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
            for id in bytes.chunks_mut(ONE) {
                let number = self.0.fetch_add(1, Ordering::Relaxed);
                id[..8].copy_from_slice(&number.to_le_bytes());
            }
            match self.0.load(Ordering::Relaxed) {
                0..500 => Ok(()),
                _ => Err(EntropyError),
            }
        }
    }

    #[test]
    fn no_random_bytes_are_used_twice_and_without_them_there_is_no_id() {
        let (mut batch, entropy) = (Batch::EMPTY, Counting(AtomicU64::new(0)));
        let mut seen = HashSet::new();
        while let Ok(random) = batch.take(&entropy) {
            assert!(seen.insert(random), "{random:?}");
        }
        assert_eq!(seen.len() % IDS, 0);
        assert!(seen.len() >= IDS && batch.take(&entropy).is_err());
    }
}
