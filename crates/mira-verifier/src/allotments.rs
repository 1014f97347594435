//! Windows that this node shares with others, and windows of before a restart.

use std::sync::atomic::Ordering;

use mira_core::{Allotment, Rule, Window, WindowWord};
use mira_key::KeyDigest;

use crate::Verifier;
use crate::lock::lock;

impl Verifier {
    /// From now on the windows of keys are shared with other nodes: a request is
    /// admitted by units that were [credited](Self::credit), and where they do not
    /// suffice it [needs](crate::Verification::Needs) more.
    pub fn share_windows(&self) {
        self.windows_are_shared.store(true, Ordering::Relaxed);
    }

    /// Whether the windows of keys are shared with other nodes.
    pub fn shares_windows(&self) -> bool {
        self.windows_are_shared.load(Ordering::Relaxed)
    }

    /// Adds units that the store gave for `limit`. They are lost if the key's
    /// limit is lower by now: whoever lowered it counts on that.
    pub fn credit(&self, digest: &KeyDigest, window: Window, limit: u32, allotment: Allotment) {
        let _one_at_a_time = lock(&self.crediting);
        let Some(entry) = self.index.find(digest) else {
            return;
        };
        let now = of(self.rule(entry.terms()), window);
        if now.is_some_and(|now| now.get() >= limit) {
            entry.counters().window(window).credit(allotment);
        }
    }

    /// Counts as spent what was counted before a restart.
    pub fn restore_window(&self, digest: &KeyDigest, window: Window, word: WindowWord) {
        if let Some(entry) = self.index.find(digest) {
            entry.counters().window(window).restore(word);
        }
    }

    /// The limits that hold for a key, if it is known.
    pub(crate) fn rule_of(&self, digest: &KeyDigest) -> Option<Rule> {
        Some(self.rule(self.index.find(digest)?.terms()))
    }

    /// Gives up what is held of windows whose limit was lowered from `before`. The
    /// lower one has been published: whatever is credited for the higher one from
    /// now on is lost, and what was credited already is voided here.
    pub(crate) fn void_what_was_lowered(&self, digest: &KeyDigest, before: Rule) {
        let _one_at_a_time = lock(&self.crediting);
        let Some(entry) = self.index.find(digest) else {
            return;
        };
        let rule = self.rule(entry.terms());
        for window in [Window::Minute, Window::Day] {
            let is_lower = match (of(before, window), of(rule, window)) {
                (Some(before), Some(now)) => now < before,
                (_, now) => now.is_some(),
            };
            if is_lower {
                entry.counters().window(window).void();
            }
        }
    }
}

fn of(rule: Rule, window: Window) -> Option<std::num::NonZeroU32> {
    match window {
        Window::Minute => rule.per_minute,
        Window::Day => rule.per_day,
    }
}
