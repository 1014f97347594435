//! Fixed windows: the arithmetic. The verifier's counters do the compare-and-swap.
//!
//! Windows are aligned to the epoch: the minute and the UTC day. One window's
//! count and index share a 64-bit word, so charging it is one atomic step.

use std::num::NonZeroU32;

use crate::Timestamp;

/// A fixed window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Window {
    /// An epoch-aligned minute.
    Minute,
    /// A UTC day.
    Day,
}

impl Window {
    const fn millis(self) -> i64 {
        match self {
            Self::Minute => 60_000,
            Self::Day => 86_400_000,
        }
    }

    /// How many whole windows lie between the epoch and `now`. Instants before
    /// the epoch or after the year 10136 share the first and the last.
    fn index(self, now: Timestamp) -> u32 {
        let index = now.as_millis().div_euclid(self.millis());
        u32::try_from(index.max(0)).unwrap_or(u32::MAX)
    }

    fn end(self, index: u32) -> Timestamp {
        Timestamp::from_millis((i64::from(index) + 1) * self.millis())
    }
}

/// A key's own limits; an absent one is the default of its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimit {
    /// Requests per minute.
    pub per_minute: Option<NonZeroU32>,
    /// Requests per UTC day.
    pub per_day: Option<NonZeroU32>,
}

impl RateLimit {
    /// Whether the key has no limit of its own.
    pub fn is_default(self) -> bool {
        self == Self::default()
    }

    /// The rule that holds: the key's own limits, else the `default` ones.
    pub fn over(self, default: Rule) -> Rule {
        Rule {
            per_minute: self.per_minute.or(default.per_minute),
            per_day: self.per_day.or(default.per_day),
        }
    }
}

/// The limits that hold; an absent one is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rule {
    /// Requests per minute.
    pub per_minute: Option<NonZeroU32>,
    /// Requests per UTC day.
    pub per_day: Option<NonZeroU32>,
}

/// What a window has left, as `X-RateLimit-*` headers say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests that one window allows.
    pub limit: u32,
    /// Requests that it still allows.
    pub remaining: u32,
    /// Its exclusive end, when the next one begins.
    pub reset: Timestamp,
}

impl Quota {
    /// Whole seconds until the window ends, at least 1 (RFC 9110 §10.2.3).
    pub fn retry_after_secs(self, now: Timestamp) -> u64 {
        let millis = self.reset.as_millis().saturating_sub(now.as_millis());
        u64::try_from(millis).unwrap_or(0).div_ceil(1000).max(1)
    }
}

/// What the windows said to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// All windows that apply had room; what the headers describe, if any applies.
    Admitted(Option<Quota>),
    /// This window is full.
    Refused(Window, Quota),
}

/// A window's index and count in one word: 32 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WindowWord(u64);

impl WindowWord {
    /// From the bits of an atomic word.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits, for an atomic word.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// Charges `cost` requests at `now`: the word to swap in and what is left,
    /// or, if they do not fit, what is left without them.
    pub fn charge(
        self,
        window: Window,
        limit: NonZeroU32,
        cost: u32,
        now: Timestamp,
    ) -> Result<(Self, Quota), Quota> {
        let (index, used) = self.at(window, now);
        match used.checked_add(cost).filter(|used| *used <= limit.get()) {
            Some(used) => Ok((Self::pack(index, used), quota(window, limit, index, used))),
            None => Err(quota(window, limit, index, used)),
        }
    }

    /// What is left at `now`.
    pub fn peek(self, window: Window, limit: NonZeroU32, now: Timestamp) -> Quota {
        let (index, used) = self.at(window, now);
        quota(window, limit, index, used)
    }

    /// The index and count that hold at `now`. A clock that was set back by less
    /// than a window must not open the same window twice, so counting goes on in
    /// the later one; a word from farther ahead is from a clock that was wrong.
    fn at(self, window: Window, now: Timestamp) -> (u32, u32) {
        let current = window.index(now);
        let (index, used) = self.unpack();
        if index == current || index == current.saturating_add(1) {
            (index, used)
        } else {
            (current, 0)
        }
    }

    const fn pack(index: u32, used: u32) -> Self {
        Self((index as u64) << 32 | used as u64)
    }

    #[expect(clippy::cast_possible_truncation, reason = "takes the halves apart")]
    const fn unpack(self) -> (u32, u32) {
        ((self.0 >> 32) as u32, self.0 as u32)
    }
}

fn quota(window: Window, limit: NonZeroU32, index: u32, used: u32) -> Quota {
    Quota {
        limit: limit.get(),
        remaining: limit.get().saturating_sub(used),
        reset: window.end(index),
    }
}
