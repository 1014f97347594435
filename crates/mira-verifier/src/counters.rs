//! What is counted for one key: its windows and its tally.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use mira_core::{Admission, Quota, Rule, Short, Shortage, Timestamp, Window};

use crate::window::SharedWindow;

/// The counters of one key. They outlive its changes: an edit, a suspension or
/// a rotation gives nobody a fresh window.
#[derive(Default)]
#[repr(align(64))]
pub(crate) struct Counters {
    minute: SharedWindow,
    day: SharedWindow,
    allowed: AtomicU64,
    denied: AtomicU64,
    last_used_millis: AtomicI64,
    /// Whether the key stands in the list of keys to drain.
    is_listed: AtomicBool,
}

/// What was counted since the last drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) allowed: u64,
    pub(crate) denied: u64,
    pub(crate) last_used: Option<Timestamp>,
}

/// The windows that apply, in the order in which they are charged.
fn windows(rule: Rule) -> impl Iterator<Item = (Window, NonZeroU32)> {
    let minute = rule.per_minute.map(|limit| (Window::Minute, limit));
    let day = rule.per_day.map(|limit| (Window::Day, limit));
    minute.into_iter().chain(day)
}

impl Counters {
    /// Nothing counted yet.
    pub(crate) const fn new() -> Self {
        Self {
            minute: SharedWindow::new(),
            day: SharedWindow::new(),
            allowed: AtomicU64::new(0),
            denied: AtomicU64::new(0),
            last_used_millis: AtomicI64::new(0),
            is_listed: AtomicBool::new(false),
        }
    }

    /// Has them brought from memory, without waiting.
    pub(crate) fn fetch(&self) {
        black_box(self.allowed.load(Ordering::Relaxed));
    }

    /// Charges the windows that apply, the minute first. The headers describe
    /// the minute, or the day where that is the only window.
    pub(crate) fn charge(&self, rule: Rule, cost: u32, now: Timestamp) -> Admission {
        let mut quota = None;
        for (window, limit) in windows(rule) {
            match self.window(window).charge(window, limit, cost, now) {
                Ok(left) => quota = quota.or(Some(left)),
                Err(left) => return Admission::Refused(window, left),
            }
        }
        Admission::Admitted(quota)
    }

    /// The same for windows of which this node has what the store gave it.
    pub(crate) fn spend(
        &self,
        rule: Rule,
        cost: u32,
        now: Timestamp,
    ) -> Result<Admission, Shortage> {
        let mut quota = None;
        for (window, limit) in windows(rule) {
            match self.window(window).spend(window, limit, cost, now) {
                Ok(left) => quota = quota.or(Some(left)),
                Err(Short::Full(left)) => return Ok(Admission::Refused(window, left)),
                Err(Short::Units(shortage)) => return Err(shortage),
            }
        }
        Ok(Admission::Admitted(quota))
    }

    /// What is missing before `cost` can be spent, if the store must be asked. To
    /// be known before anything is charged, as whatever is missing is fetched and
    /// all is charged again.
    pub(crate) fn shortage(&self, rule: Rule, cost: u32, now: Timestamp) -> Option<Shortage> {
        for (window, limit) in windows(rule) {
            match self.window(window).why_short(window, limit, cost, now) {
                None => {}
                Some(Short::Full(_)) => return None,
                Some(Short::Units(shortage)) => return Some(shortage),
            }
        }
        None
    }

    /// The window that the headers of a refusal describe.
    pub(crate) fn peek(&self, rule: Rule, now: Timestamp) -> Option<Quota> {
        let (window, limit) = windows(rule).next()?;
        Some(self.window(window).peek(window, limit, now))
    }

    pub(crate) fn window(&self, window: Window) -> &SharedWindow {
        match window {
            Window::Minute => &self.minute,
            Window::Day => &self.day,
        }
    }

    /// Counts requests that were allowed. True if the key must be listed.
    pub(crate) fn count_allowed(&self, requests: u32, now: Timestamp) -> bool {
        self.last_used_millis
            .store(now.as_millis(), Ordering::Relaxed);
        self.count(&self.allowed, requests)
    }

    /// Counts requests that were denied. True if the key must be listed.
    pub(crate) fn count_denied(&self, requests: u32) -> bool {
        self.count(&self.denied, requests)
    }

    /// Acquire and release pair with [`drain`](Self::drain): either its swap
    /// takes these requests, or this thread sees that the key is not listed.
    fn count(&self, counter: &AtomicU64, requests: u32) -> bool {
        counter.fetch_add(u64::from(requests), Ordering::AcqRel);
        !self.is_listed.load(Ordering::Relaxed) && !self.is_listed.swap(true, Ordering::Relaxed)
    }

    /// Takes the counts and the key off the list.
    pub(crate) fn drain(&self) -> Counts {
        self.is_listed.store(false, Ordering::Relaxed);
        let allowed = self.allowed.swap(0, Ordering::AcqRel);
        let denied = self.denied.swap(0, Ordering::AcqRel);
        let last_used = self.last_used_millis.load(Ordering::Relaxed);
        Counts {
            allowed,
            denied,
            last_used: (allowed > 0).then_some(Timestamp::from_millis(last_used)),
        }
    }
}
