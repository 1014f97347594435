//! The verifier's clock: time since boot, and the wall time it stands for.
//!
//! `CLOCK_BOOTTIME` never goes back and runs on while the machine sleeps, so a
//! lease cannot outlive its time. One reading serves lease, expiry and windows:
//! wall time is boot time plus an offset that is refreshed now and then.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use mira_core::{Clock, Timestamp};
use rustix::time::{ClockId, clock_gettime};

const NANOS_PER_MILLI: i64 = 1_000_000;

/// The source of time of one process; clones tell the same time.
#[derive(Clone)]
pub struct BootClock {
    shared: Arc<Shared>,
}

struct Shared {
    /// What added to the time since boot gives the time since the epoch.
    offset_nanos: AtomicI64,
    /// The time since boot of a clock that is moved by hand.
    manual_nanos: Option<AtomicU64>,
}

/// An instant on the boot clock, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BootInstant(u64);

impl BootInstant {
    /// Nanoseconds since boot.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The time since `earlier`, zero if that is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Both times of one reading.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    pub(crate) boot: BootInstant,
    pub(crate) wall: Timestamp,
}

impl BootClock {
    /// The system's clock.
    pub fn system() -> Self {
        let clock = Self::over(None);
        clock.refresh();
        clock
    }

    /// A clock for tests, at `wall`, and the handle that moves it.
    pub fn manual(wall: Timestamp) -> (Self, ManualTime) {
        // A machine that has been up for a while, so that leases can have ended.
        let since_boot = Duration::from_secs(1_000_000);
        let clock = Self::over(Some(AtomicU64::new(nanos(since_boot))));
        let time = ManualTime(clock.clone());
        time.set_wall(wall);
        (clock, time)
    }

    fn over(manual_nanos: Option<AtomicU64>) -> Self {
        let shared = Arc::new(Shared {
            offset_nanos: AtomicI64::new(0),
            manual_nanos,
        });
        Self { shared }
    }

    /// The time since boot.
    pub fn boot(&self) -> BootInstant {
        match &self.shared.manual_nanos {
            None => BootInstant(system_nanos(ClockId::Boottime)),
            Some(manual) => BootInstant(manual.load(Ordering::Relaxed)),
        }
    }

    /// Takes over the system's wall time, which people and NTP may have set
    /// forward; a step back is not followed until a restart. To be called every
    /// second or so; a clock moved by hand stays as it is.
    pub fn refresh(&self) {
        if self.shared.manual_nanos.is_some() {
            return;
        }
        // A thread that is put to sleep between two readings pairs times that do
        // not belong together; the fastest of three tries is the truest.
        let fastest = (0..3)
            .map(|_| measure_offset())
            .min_by_key(|(took, _)| *took);
        if let Some((_, offset)) = fastest {
            // Never back: what has expired stays so when somebody sets the clock back.
            self.shared
                .offset_nanos
                .fetch_max(offset, Ordering::Relaxed);
        }
    }

    pub(crate) fn read(&self) -> Reading {
        let boot = self.boot();
        let offset = self.shared.offset_nanos.load(Ordering::Relaxed);
        let nanos = signed(boot.0).saturating_add(offset);
        Reading {
            boot,
            wall: Timestamp::from_millis(nanos.div_euclid(NANOS_PER_MILLI)),
        }
    }
}

impl Clock for BootClock {
    fn now(&self) -> Timestamp {
        self.read().wall
    }
}

/// Moves a clock that [`BootClock::manual`] made.
#[derive(Clone)]
pub struct ManualTime(BootClock);

impl ManualTime {
    /// Lets `duration` pass, for leases and on the wall alike.
    pub fn advance(&self, duration: Duration) {
        if let Some(manual) = &self.0.shared.manual_nanos {
            manual.fetch_add(nanos(duration), Ordering::Relaxed);
        }
    }

    /// Sets the wall time, as an operator may; leases do not notice.
    pub fn set_wall(&self, wall: Timestamp) {
        let nanos = wall.as_millis().saturating_mul(NANOS_PER_MILLI);
        let offset = nanos.saturating_sub(signed(self.0.boot().0));
        self.0.shared.offset_nanos.store(offset, Ordering::Relaxed);
    }
}

/// How long the measurement took, and what it found.
fn measure_offset() -> (u64, i64) {
    let before = system_nanos(ClockId::Boottime);
    let wall = system_nanos(ClockId::Realtime);
    let took = system_nanos(ClockId::Boottime).saturating_sub(before);
    (took, signed(wall) - signed(before + took / 2))
}

fn system_nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let secs = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    secs.saturating_mul(1_000_000_000).saturating_add(nanos)
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn signed(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}
