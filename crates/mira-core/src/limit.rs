//! Fixed windows: the arithmetic. The verifier's counters do the compare-and-swap.
//!
//! Windows are aligned to the epoch: the minute and the UTC day. One window's
//! count and number share a 64-bit word, so charging it is one atomic step.
//!
//! On many nodes the units of a window are numbered, and each node spends the
//! numbers that it was given (see [`Allotment`]). On one node the unit to spend
//! next is the count.

use std::num::NonZeroU32;

use crate::{Allotment, Shortage, Timestamp};

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

    /// The number of the window that `now` lies in: how many whole windows lie
    /// between the epoch and it. Instants before the epoch or after the year
    /// 10136 share the first and the last.
    pub fn number(self, now: Timestamp) -> u32 {
        let number = now.as_millis().div_euclid(self.millis());
        u32::try_from(number.max(0)).unwrap_or(u32::MAX)
    }

    /// The first instant of a window.
    pub fn start(self, number: u32) -> Timestamp {
        Timestamp::from_millis(i64::from(number) * self.millis())
    }

    /// The exclusive end of a window.
    pub fn end(self, number: u32) -> Timestamp {
        Timestamp::from_millis((i64::from(number) + 1) * self.millis())
    }
}

/// A key's own limits; an absent one is the default of its family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
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

/// Why a window does not admit a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Short {
    /// The limit leaves no room for it.
    Full(Quota),
    /// The limit does, and this node holds too few units.
    Units(Shortage),
}

/// What the windows said to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// All windows that apply had room; what the headers describe, if any applies.
    Admitted(Option<Quota>),
    /// This window is full.
    Refused(Window, Quota),
}

/// A window's number and the unit to spend next, or any other unit, in one word:
/// 32 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WindowWord(u64);

impl WindowWord {
    /// Of a window in which `unit` is the one to spend next.
    pub const fn new(number: u32, unit: u32) -> Self {
        Self((number as u64) << 32 | unit as u64)
    }

    /// From the bits of an atomic word.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bits, for an atomic word.
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The window's number.
    pub const fn number(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The unit to spend next: where nothing is given by others, the count.
    #[expect(clippy::cast_possible_truncation, reason = "takes the halves apart")]
    pub const fn unit(self) -> u32 {
        self.0 as u32
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
        let word = self.at(window, now);
        match word.plus(cost).filter(|next| next.unit() <= limit.get()) {
            Some(next) => Ok((next, next.quota(window, limit))),
            None => Err(word.quota(window, limit)),
        }
    }

    /// The same where only the units below `horizon` are this node's. What is
    /// left counts what nobody is known to have spent.
    pub fn spend(
        self,
        horizon: Self,
        window: Window,
        limit: NonZeroU32,
        cost: u32,
        now: Timestamp,
    ) -> Result<(Self, Quota), Short> {
        let is_open = self.at(window, now) == self;
        let held = if is_open { self.held(horizon) } else { 0 };
        let charged = self.charge(window, limit, cost, now);
        let (next, quota) = charged.map_err(Short::Full)?;
        match NonZeroU32::new(cost.saturating_sub(held)) {
            None => Ok((next, quota)),
            Some(missing) => Err(Short::Units(Shortage {
                window,
                number: next.number(),
                limit,
                least: missing,
                want: missing,
            })),
        }
    }

    /// This word and its horizon once `allotment` is added; `None` if that comes
    /// too late to be of use. What is still held moves up to where the new units
    /// begin. That loses none, and a higher number is good for no longer.
    pub fn credit(self, horizon: Self, allotment: Allotment) -> Option<(Self, Self)> {
        let Allotment {
            number,
            from,
            until,
        } = allotment;
        let is_same = self.number() == number;
        let is_late =
            self.number() > number || is_same && from < self.unit().max(self.end(horizon));
        if is_late || until < from {
            return None;
        }
        let held = if is_same { self.held(horizon) } else { 0 };
        let next = Self::new(number, from.saturating_sub(held));
        Some((next, Self::new(number, until)))
    }

    /// What is left at `now`.
    pub fn peek(self, window: Window, limit: NonZeroU32, now: Timestamp) -> Quota {
        self.at(window, now).quota(window, limit)
    }

    /// The units of this word's window that are held below `horizon`.
    fn held(self, horizon: Self) -> u32 {
        self.end(horizon).saturating_sub(self.unit())
    }

    /// Where what is held ends; a horizon of another window says nothing of this.
    fn end(self, horizon: Self) -> u32 {
        if horizon.number() == self.number() {
            horizon.unit()
        } else {
            0
        }
    }

    /// The word that holds at `now`. A clock that was set back by less than a
    /// window must not open the same window twice, so counting goes on in the
    /// later one; a word from farther ahead is from a clock that was wrong.
    fn at(self, window: Window, now: Timestamp) -> Self {
        let current = window.number(now);
        if self.number() == current || self.number() == current.saturating_add(1) {
            self
        } else {
            Self::new(current, 0)
        }
    }

    fn plus(self, units: u32) -> Option<Self> {
        let unit = self.unit().checked_add(units)?;
        Some(Self::new(self.number(), unit))
    }

    fn quota(self, window: Window, limit: NonZeroU32) -> Quota {
        Quota {
            limit: limit.get(),
            remaining: limit.get().saturating_sub(self.unit()),
            reset: window.end(self.number()),
        }
    }
}
