//! Values that never move and are never freed, found by number.
//!
//! That is what lets readers go without locks, counts or epochs: a number that
//! was given out means the same value for ever.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// How many chunks there can be.
const CHUNKS: usize = 4_096;

/// Values in chunks of `CHUNK`, which are made when the first of them is needed.
pub(crate) struct Arena<T, const CHUNK: usize> {
    chunks: Box<[OnceLock<Box<[T]>>]>,
    length: AtomicU32,
}

impl<T: Default, const CHUNK: usize> Arena<T, CHUNK> {
    pub(crate) fn new() -> Self {
        Self {
            chunks: (0..CHUNKS).map(|_| OnceLock::new()).collect(),
            length: AtomicU32::new(0),
        }
    }

    /// The value called `number`, if that was given out.
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        let chunk = self.chunks.get(number / CHUNK)?.get()?;
        chunk.get(number % CHUNK)
    }

    /// A number that was not given out before, and its value; none is left after
    /// `CHUNK` × [`CHUNKS`]. One caller at a time.
    pub(crate) fn take(&self) -> Option<(u32, &T)> {
        let number = self.length.load(Ordering::Relaxed);
        let at = number as usize;
        let chunk = self.chunks.get(at / CHUNK)?;
        let chunk = chunk.get_or_init(|| (0..CHUNK).map(|_| T::default()).collect());
        let value = chunk.get(at % CHUNK)?;
        self.length.store(number + 1, Ordering::Relaxed);
        Some((number, value))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::{Arena, CHUNKS};

    #[test]
    fn numbers_are_given_out_once_until_none_is_left() {
        let arena = Arena::<AtomicU8, 2>::new();
        assert!(arena.get(0).is_none());
        for expected in 0..u32::try_from(CHUNKS).unwrap() * 2 {
            let (number, value) = arena.take().unwrap();
            assert_eq!(number, expected);
            assert_eq!(value.swap(1, Ordering::Relaxed), 0);
        }
        assert!(arena.take().is_none());
        assert_eq!(arena.get(5).unwrap().load(Ordering::Relaxed), 1);
    }
}
