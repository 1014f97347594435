//! What happened in one phase.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Stamp;

/// How many violations are kept word for word.
const KEPT: usize = 20;
const KEPT_SLOW: usize = 5;

/// Counters that everybody adds to while a phase runs.
#[derive(Debug, Default)]
pub(crate) struct Record {
    requests: AtomicU64,
    accepted: AtomicU64,
    refused: AtomicU64,
    unavailable: AtomicU64,
    broken: AtomicU64,
    late: AtomicU64,
    streams: AtomicU64,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    violations: Vec<String>,
    violation_count: usize,
    slow: Vec<String>,
    kills: Vec<Kill>,
    recoveries: Vec<Duration>,
    faults: BTreeMap<&'static str, u64>,
    remarks: Vec<String>,
}

/// One key that somebody was told is dead.
#[derive(Debug, Clone)]
pub(crate) struct Kill {
    pub(crate) mutator: &'static str,
    pub(crate) proof: String,
    /// From the first byte of the call that was answered to the last of its answer.
    pub(crate) took: Duration,
    pub(crate) in_flight: u32,
    /// Whether a fault was in force meanwhile.
    pub(crate) is_under_fault: bool,
    /// When that call was sent.
    pub(crate) sent_at: Stamp,
}

/// What a phase must have seen to prove anything.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    /// Whether keys were killed, also under a fault if there are any.
    pub(crate) deaths: bool,
    /// What was done, each at least so often.
    pub(crate) faults: Vec<(&'static str, u64)>,
}

impl Record {
    pub(crate) fn count(&self, status: u16) {
        let counter = match status {
            200 => &self.accepted,
            503 => &self.unavailable,
            _ => &self.refused,
        };
        self.requests.fetch_add(1, Ordering::Relaxed);
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// A request got no whole answer.
    pub(crate) fn broken(&self) {
        self.broken.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stream(&self) {
        self.streams.fetch_add(1, Ordering::Relaxed);
    }

    /// A dead key was accepted.
    pub(crate) fn late_acceptance(&self, what: String) {
        self.late.fetch_add(1, Ordering::Relaxed);
        self.violation(what);
    }

    pub(crate) fn violation(&self, what: String) {
        let mut noted = self.noted();
        noted.violation_count += 1;
        if noted.violations.len() < KEPT {
            noted.violations.push(what);
        }
    }

    /// Something took longer than the contract says.
    pub(crate) fn slow(&self, what: String) {
        self.noted().slow.push(what);
    }

    pub(crate) fn slow_count(&self) -> usize {
        self.noted().slow.len()
    }

    /// Judges how long keys took to die: 99 of 100 at most `p99`.
    pub(crate) fn judge_health(&self, p99: Duration) {
        let took = self.noted().kills.iter().map(|kill| kill.took).collect();
        let took = Quantiles(took).at(99);
        if took > p99 {
            self.slow(format!("p99 of the revocations is {took:.1?}"));
        }
    }

    pub(crate) fn kill(&self, kill: Kill) {
        self.noted().kills.push(kill);
    }

    pub(crate) fn kills(&self) -> usize {
        self.noted().kills.len()
    }

    /// How many keys were killed by calls that were sent after `since`.
    pub(crate) fn kills_since(&self, since: Stamp) -> usize {
        let noted = self.noted();
        noted
            .kills
            .iter()
            .filter(|kill| kill.sent_at > since)
            .count()
    }

    /// A node served again so long after its fault ended.
    pub(crate) fn recovery(&self, took: Duration) {
        self.noted().recoveries.push(took);
    }

    /// A fault did something, `by` times.
    pub(crate) fn fault(&self, what: &'static str, by: u64) {
        *self.noted().faults.entry(what).or_default() += by;
    }

    pub(crate) fn fault_count(&self, what: &str) -> u64 {
        self.noted().faults.get(what).copied().unwrap_or(0)
    }

    pub(crate) fn remark(&self, what: String) {
        self.noted().remarks.push(what);
    }

    /// Whether a violation says this.
    #[cfg(feature = "planted")]
    pub(crate) fn has_violation(&self, part: &str) -> bool {
        let noted = self.noted();
        noted.violations.iter().any(|what| what.contains(part))
    }

    pub(crate) fn violations(&self) -> usize {
        self.noted().violation_count
    }

    /// Why the phase proves nothing, if it does not.
    pub(crate) fn invalid(&self, expected: &Expected) -> Option<String> {
        let noted = self.noted();
        let idle = expected.faults.iter().find(|(what, least)| {
            let count = noted.faults.get(*what).copied().unwrap_or(0);
            count < *least
        });
        if let Some((what, least)) = idle {
            return Some(format!("fewer {what} than {least}"));
        }
        if !expected.deaths {
            return None;
        }
        if noted.kills.is_empty() {
            return Some("no key was killed".to_owned());
        }
        if noted.kills.iter().all(|kill| kill.in_flight == 0) {
            return Some("no request was in flight when a key was killed".to_owned());
        }
        let has_fault = !expected.faults.is_empty();
        (has_fault && !noted.kills.iter().any(|kill| kill.is_under_fault))
            .then(|| "no key was killed under its fault".to_owned())
    }

    fn show_kills(&self, f: &mut fmt::Formatter<'_>, kills: &[Kill]) -> fmt::Result {
        let number = u32::try_from(kills.len()).unwrap_or(u32::MAX);
        let bound = 3.0 / f64::from(number.max(1));
        let in_flight: u32 = kills.iter().map(|kill| kill.in_flight).sum();
        let under = kills.iter().filter(|kill| kill.is_under_fault).count();
        let late = self.late.load(Ordering::Relaxed);
        writeln!(
            f,
            "  revocations {number} ({under} under the fault), accepted afterwards {late}, \
             bound 3/N {bound:.5}, in flight {in_flight}"
        )?;
        let all: Vec<_> = kills.iter().map(|kill| kill.took).collect();
        write!(f, "  revoke {}", Quantiles(all))?;
        let proofs: std::collections::BTreeSet<_> =
            kills.iter().map(|kill| kill.proof.as_str()).collect();
        for proof in proofs {
            let of = kills.iter().filter(|kill| kill.proof == proof);
            let took: Vec<_> = of.map(|kill| kill.took).collect();
            write!(f, "; by {proof} {}: {}", took.len(), Quantiles(took))?;
        }
        writeln!(f)?;
        let mut mutators: BTreeMap<&str, u32> = BTreeMap::new();
        for kill in kills {
            *mutators.entry(kill.mutator).or_default() += 1;
        }
        let mutators = mutators
            .iter()
            .map(|(name, count)| format!("{name} {count}"));
        writeln!(f, "  by {}", mutators.collect::<Vec<_>>().join(", "))
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noted = self.noted();
        if !noted.kills.is_empty() {
            self.show_kills(f, &noted.kills)?;
        }
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        writeln!(
            f,
            "  requests {}: 200 {}, 503 {}, refused {}, broken {}; streams {}",
            count(&self.requests),
            count(&self.accepted),
            count(&self.unavailable),
            count(&self.refused),
            count(&self.broken),
            count(&self.streams),
        )?;
        let faults = noted
            .faults
            .iter()
            .map(|(what, count)| format!("{what} {count}"));
        let faults = faults.collect::<Vec<_>>().join(", ");
        writeln!(
            f,
            "  faults: {}",
            if faults.is_empty() { "none" } else { &faults }
        )?;
        if !noted.recoveries.is_empty() {
            writeln!(
                f,
                "  back in service {}",
                Quantiles(noted.recoveries.clone())
            )?;
        }
        for remark in &noted.remarks {
            writeln!(f, "  {remark}")?;
        }
        for slow in noted.slow.iter().take(KEPT_SLOW) {
            writeln!(f, "  too slow: {slow}")?;
        }
        let more = noted.slow.len().saturating_sub(KEPT_SLOW);
        if more > 0 {
            writeln!(f, "  and {more} more too slow")?;
        }
        for violation in &noted.violations {
            writeln!(f, "  VIOLATION: {violation}")?;
        }
        let more = noted.violation_count.saturating_sub(noted.violations.len());
        if more > 0 {
            writeln!(f, "  and {more} more")?;
        }
        Ok(())
    }
}

/// The middle, the 99th percentile and the most of some times.
struct Quantiles(Vec<Duration>);

impl Quantiles {
    /// What `part` of a hundred do not exceed.
    fn at(&self, part: usize) -> Duration {
        let mut times = self.0.clone();
        times.sort();
        let index = (times.len() * part).div_ceil(100).saturating_sub(1);
        times.get(index).copied().unwrap_or_default()
    }
}

impl fmt::Display for Quantiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, max] = [50, 99, 100].map(|part| self.at(part).as_secs_f64() * 1e3);
        write!(f, "p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms")
    }
}
