//! One window that many threads charge.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use mira_core::{Quota, Timestamp, Window, WindowWord};

/// A window's word, shared. The arithmetic is `mira_core`'s.
#[derive(Default)]
pub(crate) struct SharedWindow(AtomicU64);

impl SharedWindow {
    /// Charges `cost`, exactly: threads that race never admit more than `limit`.
    /// The word orders nothing else, so it needs no stronger ordering.
    pub(crate) fn charge(
        &self,
        window: Window,
        limit: NonZeroU32,
        cost: u32,
        now: Timestamp,
    ) -> Result<Quota, Quota> {
        let mut bits = self.0.load(Ordering::Relaxed);
        loop {
            let (next, quota) = charge(WindowWord::from_bits(bits), window, limit, cost, now)?;
            match self.0.compare_exchange_weak(
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

    pub(crate) fn peek(&self, window: Window, limit: NonZeroU32, now: Timestamp) -> Quota {
        WindowWord::from_bits(self.0.load(Ordering::Relaxed)).peek(window, limit, now)
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
