//! The verifier.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use mira_core::{
    Access, Admission, Change, Decision, Denial, Denied, Grant, Presented, Question, Rule,
    Shortage, Timestamp, Window, decide, still_admissible,
};
use mira_key::{KeyDigest, KeyParts};

use crate::address::AddressWindows;
use crate::index::{Entry, Index};
use crate::lease::LeaseWord;
use crate::lifeline::Lifelines;
use crate::refusals::Refusals;
use crate::service_limits::ServiceLimits;
use crate::tally::DrainList;
use crate::{
    BootClock, Coverage, Credential, Deadline, End, Lease, Lifeline, Limits, Refill, Tally,
    Verification,
};

/// Decides from memory. Shared by everybody who asks or feeds it.
pub struct Verifier {
    pub(crate) limits: Limits,
    pub(crate) service_limits: ServiceLimits,
    clock: BootClock,
    lease: LeaseWord,
    is_partial: AtomicBool,
    pub(crate) index: Index,
    addresses: AddressWindows,
    drain_list: DrainList,
    pub(crate) refusals: Refusals,
    lifelines: Lifelines,
    pub(crate) windows_are_shared: AtomicBool,
    /// Held while units are credited or voided.
    pub(crate) crediting: Mutex<()>,
}

impl Verifier {
    /// A verifier that knows nothing and has no lease: it answers
    /// [`Unavailable`](Verification::Unavailable) until it is fed.
    pub fn new(limits: Limits, clock: BootClock) -> Self {
        Self {
            limits,
            service_limits: ServiceLimits::default(),
            clock,
            lease: LeaseWord::new(),
            is_partial: AtomicBool::new(Coverage::default() == Coverage::Partial),
            index: Index::default(),
            addresses: AddressWindows::new(AddressWindows::BOUND),
            drain_list: DrainList::default(),
            refusals: Refusals::default(),
            lifelines: Lifelines::new(),
            windows_are_shared: AtomicBool::new(false),
            crediting: Mutex::default(),
        }
    }

    /// The clock that this verifier decides by.
    pub fn clock(&self) -> &BootClock {
        &self.clock
    }

    /// Publishes `change`. When this returns, every later verification sees it
    /// and the lifelines that it refuses have ended.
    pub fn apply(&self, change: &Change) {
        let before = match change {
            Change::Key { digest, .. } if self.shares_windows() => self.rule_of(digest),
            _ => None,
        };
        self.index.apply(change);
        if self.index.is_full() {
            self.drop_lease();
        }
        if let (Change::Key { digest, .. }, Some(before)) = (change, before) {
            self.void_what_was_lowered(digest, before);
        }
        // Read after publishing, so that nothing is judged by an older time.
        let now = self.leased_now();
        match change {
            Change::Key { digest, .. } => {
                self.lifelines
                    .sweep_key(digest, |grant| self.end_of(grant, now));
            }
            Change::Organization(facts) => self.lifelines.sweep(|grant| {
                let concerned = grant.organization_id() == facts.id;
                concerned.then(|| self.end_of(grant, now)).flatten()
            }),
            // A balance that runs out does not cut what is spending it.
            Change::App { .. } => {}
        }
    }

    /// Makes room for `keys` keys, of which as many will be applied.
    pub fn reserve(&self, keys: usize) {
        self.index.reserve(keys);
    }

    /// Says whether every key that exists has been applied.
    pub fn set_coverage(&self, coverage: Coverage) {
        let is_partial = coverage == Coverage::Partial;
        self.is_partial.store(is_partial, Ordering::Release);
    }

    /// Serves until `until`, at least. Everything that the renewal vouches for
    /// must have been applied before.
    ///
    /// A verifier that was told more than it can hold serves no more: what it
    /// does not know may be a revocation.
    pub fn extend_lease(&self, until: Deadline) {
        if !self.index.is_full() {
            self.lease.extend(until);
        }
    }

    /// Stops serving at once, and ends every lifeline.
    pub fn drop_lease(&self) {
        self.lease.drop_lease();
        self.lifelines.sweep(|_| Some(End::Unavailable));
    }

    /// What is left of the lease.
    pub fn lease(&self) -> Lease {
        self.lease.remaining(self.clock.boot())
    }

    /// Answers whether whoever presents `presented` may do `access` now, and
    /// charges the windows if so.
    pub fn verify(&self, presented: &Credential<'_>, access: &Access) -> Verification {
        let Some(now) = self.leased_now() else {
            #[cfg(feature = "planted")]
            if crate::planted::Bug::Refuse.is_planted() {
                return refuse(Presented::Unknown, access, self.clock.read().wall);
            }
            return Verification::Unavailable;
        };
        let key = match *presented {
            Credential::Absent => return refuse(Presented::Absent, access, now),
            Credential::Malformed => return refuse(Presented::Malformed, access, now),
            Credential::Ambiguous => return refuse(Presented::Ambiguous, access, now),
            Credential::Presented(key) => key,
        };
        let digest = KeyDigest::of(key);
        // Before the look-up: where everything was known by then, a key that is
        // not found does not exist.
        let is_partial = self.is_partial.load(Ordering::Acquire);
        match self.index.find(&digest) {
            #[cfg(feature = "planted")]
            Some(entry) => {
                crate::planted::cached(digest, access, now, self.decide(&entry, access, now))
            }
            #[cfg(not(feature = "planted"))]
            Some(entry) => self.decide(&entry, access, now),
            None if is_partial && has_checksum(key) => Verification::Needs(Refill::Key(digest)),
            None => refuse(Presented::Unknown, access, now),
        }
    }

    /// What every check says of `presented`, for people who ask why; `None`
    /// where nothing can be known, as there is no lease. Charges nothing, and
    /// says nothing of the windows.
    pub fn explain(
        &self,
        presented: &Credential<'_>,
        access: &Access,
    ) -> Option<Vec<(&'static str, Result<(), Denial>)>> {
        let now = self.leased_now()?;
        let entry;
        let presented = match *presented {
            Credential::Absent => Presented::Absent,
            Credential::Malformed => Presented::Malformed,
            Credential::Ambiguous => Presented::Ambiguous,
            Credential::Presented(key) => {
                entry = self.index.find(&KeyDigest::of(key));
                known(entry.as_ref())
            }
        };
        Some(mira_core::explain(&Question {
            presented,
            access,
            now,
        }))
    }

    /// Watches over what `grant` allowed. Hold the lifeline while that goes on.
    pub fn watch(&self, grant: &Grant) -> Lifeline {
        // Registered first: a change from here on finds the lifeline, and one
        // from before is found by judging once.
        let mut lifeline = self.lifelines.register(grant);
        if let Some(end) = self.end_of(grant, self.leased_now()) {
            lifeline.end(end);
        }
        lifeline
    }

    /// How many lifelines are watched, as a gauge.
    pub fn watched(&self) -> usize {
        self.lifelines.count()
    }

    /// Ends what time has ended: lifelines whose key or subscription is over,
    /// all of them if the lease is, and the windows of idle addresses. To be
    /// called about four times a second.
    pub fn tick(&self) {
        let now = self.leased_now();
        self.lifelines.sweep(|grant| self.end_of(grant, now));
        if let Some(now) = now {
            self.addresses.sweep(now);
        }
    }

    /// What was counted for each key since the last call.
    pub fn drain_tallies(&self) -> Vec<Tally> {
        let listed = self.drain_list.take();
        let tallies = listed.iter().filter_map(|digest| {
            let entry = self.index.find(digest)?;
            let counters = entry.counters();
            let counts = counters.drain();
            (counts.allowed > 0 || counts.denied > 0).then_some(Tally {
                key_id: entry.own().id,
                organization_id: entry.terms().organization_id,
                allowed: counts.allowed,
                denied: counts.denied,
                last_used: counts.last_used,
                minute: counters.window(Window::Minute).word(),
                day: counters.window(Window::Day).word(),
            })
        });
        tallies.collect()
    }

    /// The time, if it may be used to answer. The one clock reading of a
    /// verification: after the deadline was loaded, before anything is looked
    /// up. A lease that is renewed later vouches for later look-ups only.
    fn leased_now(&self) -> Option<Timestamp> {
        let deadline = self.lease.load();
        let reading = self.clock.read();
        #[cfg(feature = "planted")]
        if crate::planted::Bug::Open.is_planted() {
            return Some(reading.wall);
        }
        (!deadline.has_passed(reading.boot)).then_some(reading.wall)
    }

    fn decide(&self, entry: &Entry<'_>, access: &Access, now: Timestamp) -> Verification {
        let rule = self.rule(entry.terms());
        let question = Question {
            presented: Presented::Known(entry.subject()),
            access,
            now,
        };
        let decision = match decide(&question) {
            Ok(admissible) => match self.charge(entry, rule, access, now) {
                Ok(admission) => admissible.charge(admission),
                Err(shortage) => {
                    return Verification::Needs(Refill::Window {
                        digest: entry.own().digest,
                        key_id: entry.own().id,
                        shortage,
                    });
                }
            },
            Err(denied) => {
                let quota = denied
                    .is_of_live_key()
                    .then(|| entry.counters().peek(rule, now));
                Decision::Deny(Denied {
                    quota: quota.flatten(),
                    ..denied
                })
            }
        };
        self.count(entry, &decision, access.cost, now);
        Verification::Decided(decision)
    }

    /// Charges the windows that `access` counts in: the address first.
    fn charge(
        &self,
        entry: &Entry<'_>,
        rule: Rule,
        access: &Access,
        now: Timestamp,
    ) -> Result<Admission, Shortage> {
        let is_shared = self.shares_windows() && access.limits_key;
        if is_shared && let Some(shortage) = entry.counters().shortage(rule, access.cost, now) {
            return Err(shortage);
        }
        match self.charge_address(access, now) {
            Err(refused) => Ok(refused),
            Ok(()) if is_shared => entry.counters().spend(rule, access.cost, now),
            Ok(()) if access.limits_key => Ok(entry.counters().charge(rule, access.cost, now)),
            Ok(()) => Ok(Admission::Admitted(None)),
        }
    }

    fn charge_address(&self, access: &Access, now: Timestamp) -> Result<(), Admission> {
        let address = access.address.filter(|_| access.limits_address);
        let (Some(address), Some(limit)) = (address, self.limits.address_per_minute) else {
            return Ok(());
        };
        match self.addresses.charge(address, limit, access.cost, now) {
            Ok(_) => Ok(()),
            Err(quota) => Err(Admission::Refused(Window::Minute, quota)),
        }
    }

    /// Tallies as many requests as the access counts for; one that only asks
    /// leaves no trace.
    fn count(&self, entry: &Entry<'_>, decision: &Decision, cost: u32, now: Timestamp) {
        if cost == 0 {
            return;
        }
        let must_be_listed = match decision {
            Decision::Allow(_) => entry.counters().count_allowed(cost, now),
            Decision::Deny(_) => entry.counters().count_denied(cost),
        };
        if must_be_listed {
            self.drain_list.add(entry.own().digest);
        }
    }

    /// Why what `grant` allowed must end at `now`, if it must.
    fn end_of(&self, grant: &Grant, now: Option<Timestamp>) -> Option<End> {
        #[cfg(feature = "planted")]
        if crate::planted::Bug::Stream.is_planted() {
            return None;
        }
        let Some(now) = now else {
            return Some(End::Unavailable);
        };
        let entry = self.index.find(&grant.digest());
        let question = Question {
            presented: known(entry.as_ref()),
            access: grant.access(),
            now,
        };
        still_admissible(&question).err().map(End::Denied)
    }
}

fn known<'a>(entry: Option<&Entry<'a>>) -> Presented<'a> {
    entry.map_or(Presented::Unknown, |entry| {
        Presented::Known(entry.subject())
    })
}

/// The refusal of what no known key stands behind.
fn refuse(presented: Presented<'_>, access: &Access, now: Timestamp) -> Verification {
    let question = Question {
        presented,
        access,
        now,
    };
    match decide(&question) {
        Err(denied) => Verification::Decided(Decision::Deny(denied)),
        // Only a known key is admissible; anything else is not a yes.
        Ok(_) => Verification::Unavailable,
    }
}

/// Whether `key` has the form of an issued key, checksum included, so that it
/// is worth asking the store about.
fn has_checksum(key: &[u8]) -> bool {
    KeyParts::parse(key).is_ok_and(|parts| parts.checksum_matches())
}
