//! The one clock of a run: `CLOCK_MONOTONIC`, read by this process alone. Every
//! comparison of a verdict is between two readings of it. Only which window of a limit
//! it is, the wall clock says.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// An instant of the run, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// Before everything.
    pub(crate) const START: Self = Self(0);
    /// Has not happened.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    pub(crate) fn now() -> Self {
        Self(read(ClockId::Monotonic))
    }

    /// How long after `earlier`; nothing if it was before.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    pub(crate) fn elapsed(self) -> Duration {
        Self::now().since(self)
    }

    pub(crate) fn after(self, time: Duration) -> Self {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }

    /// How long after 1970 it was, as nodes on this machine have it.
    pub(crate) fn since_epoch(self) -> Duration {
        let now = read(ClockId::Realtime);
        Duration::from_nanos(now.saturating_sub(Self::now().0.saturating_sub(self.0)))
    }

    pub(crate) const fn nanos(self) -> u64 {
        self.0
    }

    pub(crate) const fn of_nanos(nanos: u64) -> Self {
        Self(nanos)
    }
}

/// In nanoseconds.
fn read(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let whole = u64::try_from(time.tv_sec).unwrap_or(0);
    let part = u64::try_from(time.tv_nsec).unwrap_or(0);
    whole * 1_000_000_000 + part
}
