//! The lease: until when the verifier may answer at all.
//!
//! A node holds one while its store is in reach. It is counted from the moment
//! the renewal was *sent*, so that a revoker who waits as long knows that no
//! older knowledge is used any more.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::BootInstant;
use crate::clock;

/// The exclusive end of a lease, on the boot clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(u64);

impl Deadline {
    /// The end of a lease that needs no renewal, since store and verifier are
    /// one process.
    pub const NEVER_ENDS: Self = Self(u64::MAX);

    /// Already over.
    const PASSED: Self = Self(0);

    /// `lease` after `sent`, the instant before the renewal was sent.
    pub fn after(sent: BootInstant, lease: Duration) -> Self {
        // A finite lease must not read as one that never ends.
        let end = sent.as_nanos().saturating_add(clock::nanos(lease));
        Self(end.min(Self::NEVER_ENDS.0 - 1))
    }

    pub(crate) const fn has_passed(self, now: BootInstant) -> bool {
        now.as_nanos() >= self.0
    }
}

/// What is left of a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// None was given yet, or it is over: nothing is served.
    Absent,
    /// It runs on for this long unless it is extended.
    Remaining(Duration),
    /// It needs no renewal.
    NeverEnds,
}

/// The deadline, as every verification loads it.
pub(crate) struct LeaseWord(AtomicU64);

impl LeaseWord {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(Deadline::PASSED.0))
    }

    /// Acquire: what was applied before the extension is seen by every look-up
    /// after this load.
    pub(crate) fn load(&self) -> Deadline {
        Deadline(self.0.load(Ordering::Acquire))
    }

    /// A renewal that was overtaken by a later one does not shorten the lease.
    pub(crate) fn extend(&self, until: Deadline) {
        self.0.fetch_max(until.0, Ordering::AcqRel);
    }

    pub(crate) fn drop_lease(&self) {
        self.0.store(Deadline::PASSED.0, Ordering::Release);
    }

    pub(crate) fn remaining(&self, now: BootInstant) -> Lease {
        match self.load() {
            Deadline::NEVER_ENDS => Lease::NeverEnds,
            deadline if deadline.has_passed(now) => Lease::Absent,
            deadline => Lease::Remaining(Duration::from_nanos(deadline.0 - now.as_nanos())),
        }
    }
}
