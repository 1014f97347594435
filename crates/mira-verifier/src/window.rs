//! One window that many threads charge.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use mira_core::{Allotment, Quota, Short, Timestamp, Window, WindowWord};

/// A window's word, shared. The arithmetic is `mira_core`'s.
#[derive(Default)]
pub(crate) struct SharedWindow {
    word: AtomicU64,
    /// Where what the store gave to this node ends; of no meaning where the
    /// windows are this node's own.
    horizon: AtomicU64,
}

impl SharedWindow {
    pub(crate) const fn new() -> Self {
        Self {
            word: AtomicU64::new(0),
            horizon: AtomicU64::new(0),
        }
    }

    /// Charges `cost`, exactly: threads that race never admit more than `limit`.
    /// The word orders nothing else, so it needs no stronger ordering.
    pub(crate) fn charge(
        &self,
        window: Window,
        limit: NonZeroU32,
        cost: u32,
        now: Timestamp,
    ) -> Result<Quota, Quota> {
        let mut bits = self.word.load(Ordering::Relaxed);
        loop {
            let (next, quota) = charge(WindowWord::from_bits(bits), window, limit, cost, now)?;
            match self.word.compare_exchange_weak(
                bits,
                next.to_bits(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Ok(quota),
                Err(newer) => bits = newer,
            }
        }
    }

    /// Charges `cost` to what the store gave to this node.
    pub(crate) fn spend(
        &self,
        window: Window,
        limit: NonZeroU32,
        cost: u32,
        now: Timestamp,
    ) -> Result<Quota, Short> {
        loop {
            let (bits, next, quota) = self.try_spend(window, limit, cost, now)?;
            let spent = self.word.compare_exchange_weak(
                bits,
                next.to_bits(),
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            if spent.is_ok() {
                return Ok(quota);
            }
        }
    }

    /// Why `cost` could not be spent now, if it could not.
    pub(crate) fn why_short(
        &self,
        window: Window,
        limit: NonZeroU32,
        cost: u32,
        now: Timestamp,
    ) -> Option<Short> {
        self.try_spend(window, limit, cost, now).err()
    }

    /// The bits to swap out, the word to swap in and what is left then.
    fn try_spend(
        &self,
        window: Window,
        limit: NonZeroU32,
        cost: u32,
        now: Timestamp,
    ) -> Result<(u64, WindowWord, Quota), Short> {
        // In this order, and `credit` writes in the other: the word is never older
        // than the horizon. One that is newer has its own units above every older
        // horizon, but for those that were held before.
        let horizon = WindowWord::from_bits(self.horizon.load(Ordering::Acquire));
        let bits = self.word.load(Ordering::Relaxed);
        let word = WindowWord::from_bits(bits);
        if cost > 0 {
            let (next, quota) = word.spend(horizon, window, limit, cost, now)?;
            return Ok((bits, next, quota));
        }
        word.spend(horizon, window, limit, 1, now)?;
        Ok((bits, word, word.peek(window, limit, now)))
    }

    /// Adds what the store gave. One caller at a time.
    pub(crate) fn credit(&self, allotment: Allotment) {
        let horizon = WindowWord::from_bits(self.horizon.load(Ordering::Relaxed));
        let credited = |bits| WindowWord::from_bits(bits).credit(horizon, allotment);
        let swapped = self
            .word
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| {
                credited(bits).map(|(word, _)| word.to_bits())
            });
        if let Some((_, until)) = swapped.ok().and_then(credited) {
            self.horizon.store(until.to_bits(), Ordering::Release);
        }
    }

    /// Gives up what is held. Not beside [`credit`](Self::credit).
    pub(crate) fn void(&self) {
        self.horizon.store(0, Ordering::Release);
    }

    /// Counts as spent at least what `word` says, of a window that is not over.
    pub(crate) fn restore(&self, word: WindowWord) {
        self.word.fetch_max(word.to_bits(), Ordering::Relaxed);
    }

    pub(crate) fn word(&self) -> WindowWord {
        WindowWord::from_bits(self.word.load(Ordering::Relaxed))
    }

    pub(crate) fn peek(&self, window: Window, limit: NonZeroU32, now: Timestamp) -> Quota {
        self.word().peek(window, limit, now)
    }
}

/// The word after `cost` requests and what is left, or the quota that refuses
/// them. A cost of 0 changes nothing and is answered as one request would be.
pub(crate) fn charge(
    word: WindowWord,
    window: Window,
    limit: NonZeroU32,
    cost: u32,
    now: Timestamp,
) -> Result<(WindowWord, Quota), Quota> {
    if cost > 0 {
        return word.charge(window, limit, cost, now);
    }
    word.charge(window, limit, 1, now)?;
    Ok((word, word.peek(window, limit, now)))
}
