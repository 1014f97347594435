//! Random sequences of changes and verifications against a naive reference:
//! hash maps, the decision itself, and a sum for every window.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mira_core::{
    Access, Admission, Allowlist, Change, Decision, Denied, Grant, KeyFacts, KeyId, KeyState,
    MicroUsd, OrganizationFacts, Presented, Question, Quota, RateLimit, Rule, Subject, Suspendable,
    Timestamp, Window, decide, still_admissible,
};
use mira_key::{Family, KeyDigest, ServiceName};
use mira_verifier::{
    BootClock, Coverage, Credential, Deadline, End, Lifeline, Limits, ManualTime, Refill,
    Verification, Verifier,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use crate::scene::{APP, Issued, ORGANIZATION, READ, START, VERIFY, revoked};

const ADDRESS_LIMIT: u32 = 4;

#[derive(Debug, Clone)]
enum Step {
    Key(usize, KeyEdit),
    Organization {
        is_suspended: bool,
        subscribed_until: Timestamp,
    },
    Balance(i64),
    Advance(Duration),
    Coverage(Coverage),
    ExtendLease(Duration),
    DropLease,
    Verify {
        key: usize,
        access: usize,
        cost: u32,
        watch: bool,
    },
    Tick,
    Drain,
}

#[derive(Debug, Clone)]
struct KeyEdit {
    state: KeyState,
    expires_at: Option<Timestamp>,
    is_bound: bool,
    rate_limit: RateLimit,
}

impl KeyEdit {
    fn none(key: &KeyFacts) -> Self {
        Self {
            state: key.state,
            expires_at: key.expires_at,
            is_bound: false,
            rate_limit: key.rate_limit,
        }
    }
}

fn instants() -> impl Strategy<Value = Timestamp> {
    (0_i64..400).prop_map(|secs| START.plus_secs(secs))
}

fn states() -> impl Strategy<Value = KeyState> {
    let until = |until| KeyState::Retiring {
        since: START,
        until,
    };
    let suspended = |was| KeyState::Suspended { since: START, was };
    prop_oneof![
        4 => Just(KeyState::Active),
        1 => instants().prop_map(until),
        1 => Just(suspended(Suspendable::Active)),
        1 => Just(revoked()),
    ]
}

fn edits() -> impl Strategy<Value = KeyEdit> {
    let limit = || (0_u32..5).prop_map(NonZeroU32::new);
    let expires_at = prop::option::weighted(0.3, instants());
    (
        states(),
        expires_at,
        prop::bool::weighted(0.2),
        limit(),
        limit(),
    )
        .prop_map(
            |(state, expires_at, is_bound, per_minute, per_day)| KeyEdit {
                state,
                expires_at,
                is_bound,
                rate_limit: RateLimit {
                    per_minute,
                    per_day,
                },
            },
        )
}

fn steps() -> impl Strategy<Value = Step> {
    let secs = |range: std::ops::Range<u64>| range.prop_map(Duration::from_secs);
    let verify = (0_usize..4, 0_usize..4, 0_u32..4, prop::bool::weighted(0.3));
    prop_oneof![
        3 => (0_usize..4, edits()).prop_map(|(key, edit)| Step::Key(key, edit)),
        1 => (prop::bool::weighted(0.2), instants()).prop_map(|(is_suspended, subscribed_until)| {
            Step::Organization { is_suspended, subscribed_until }
        }),
        1 => (-1_i64..3).prop_map(Step::Balance),
        2 => secs(0..40).prop_map(Step::Advance),
        1 => prop_oneof![Just(Coverage::Partial), Just(Coverage::Complete)].prop_map(Step::Coverage),
        2 => secs(0..200).prop_map(Step::ExtendLease),
        1 => prop::bool::weighted(0.2).prop_map(|is_drop| if is_drop { Step::DropLease } else { Step::Tick }),
        12 => verify.prop_map(|(key, access, cost, watch)| Step::Verify { key, access, cost, watch }),
        1 => Just(Step::Drain),
    ]
}

/// What four kinds of door ask for.
fn access(kind: usize) -> Access {
    let address = Some("192.0.2.1".parse().unwrap());
    match kind {
        0 => Access { address, ..READ },
        1 => Access {
            address,
            limits_address: true,
            ..READ
        },
        2 => VERIFY,
        _ => Access::ANY,
    }
}

fn keys() -> [Issued; 4] {
    [
        Issued::new(11, Family::Organization),
        Issued::new(12, Family::Organization),
        Issued::new(13, Family::App(ServiceName::VERIFY)),
        Issued::new(14, Family::App(ServiceName::CONSOLE)),
    ]
}

/// The reference.
struct Model {
    now: Timestamp,
    leased_until: Timestamp,
    coverage: Coverage,
    keys: HashMap<KeyDigest, KeyFacts>,
    organization: OrganizationFacts,
    balance: MicroUsd,
    used: HashMap<(Option<KeyDigest>, Window, Timestamp), u32>,
    tallies: HashMap<KeyId, (u64, u64, Option<Timestamp>)>,
}

impl Model {
    fn new() -> Self {
        Self {
            now: START,
            leased_until: START,
            coverage: Coverage::Partial,
            keys: HashMap::new(),
            organization: OrganizationFacts {
                id: ORGANIZATION,
                is_suspended: true,
                subscribed_until: Timestamp::MIN,
            },
            balance: MicroUsd::ZERO,
            used: HashMap::new(),
            tallies: HashMap::new(),
        }
    }

    fn may_serve(&self) -> bool {
        self.now < self.leased_until
    }

    fn presented(&self, digest: KeyDigest) -> Presented<'_> {
        self.keys.get(&digest).map_or(Presented::Unknown, |key| {
            Presented::Known(Subject {
                digest,
                key: key.view(),
                organization: self.organization,
                balance: key.app_id().map(|_| self.balance),
            })
        })
    }

    fn verify(&mut self, key: &Issued, access: &Access) -> Verification {
        let digest = key.digest();
        if !self.may_serve() {
            return Verification::Unavailable;
        }
        let Some(facts) = self.keys.get(&digest).cloned() else {
            if self.coverage == Coverage::Partial {
                return Verification::Needs(Refill::Key(digest));
            }
            let question = Question {
                presented: Presented::Unknown,
                access,
                now: self.now,
            };
            return Verification::Decided(Decision::Deny(decide(&question).unwrap_err()));
        };
        let rule = rule(&facts);
        let admission = match self.decide(digest, access) {
            Ok(()) => Ok(self.admit(digest, rule, access)),
            Err(denied) => Err(denied),
        };
        let presented = self.presented(digest);
        let decision = match admission {
            Ok(admission) => {
                let question = Question {
                    presented,
                    access,
                    now: self.now,
                };
                decide(&question).unwrap().charge(admission)
            }
            Err(denied) => {
                let quota = denied
                    .is_of_live_key()
                    .then(|| self.peek(digest, rule))
                    .flatten();
                Decision::Deny(Denied { quota, ..denied })
            }
        };
        if access.cost > 0 {
            let tally = self.tallies.entry(facts.id).or_default();
            match decision {
                Decision::Allow(_) => {
                    tally.0 += u64::from(access.cost);
                    tally.2 = Some(self.now);
                }
                Decision::Deny(_) => tally.1 += u64::from(access.cost),
            }
        }
        Verification::Decided(decision)
    }

    fn decide(&self, digest: KeyDigest, access: &Access) -> Result<(), Denied> {
        let presented = self.presented(digest);
        decide(&Question {
            presented,
            access,
            now: self.now,
        })
        .map(|_| ())
    }

    /// Every window in turn, each a plain sum.
    fn admit(&mut self, digest: KeyDigest, rule: Rule, access: &Access) -> Admission {
        let address = NonZeroU32::new(ADDRESS_LIMIT).filter(|_| access.limits_address);
        let windows = [
            (None, Window::Minute, address),
            (Some(digest), Window::Minute, rule.per_minute),
            (Some(digest), Window::Day, rule.per_day),
        ];
        let mut described = None;
        for (whose, window, limit) in windows {
            let Some(limit) = limit else { continue };
            let before = self.left(whose, window, limit);
            if before.remaining < access.cost.max(1) {
                return Admission::Refused(window, before);
            }
            *self.used.entry((whose, window, before.reset)).or_default() += access.cost;
            if whose.is_some() && described.is_none() {
                described = Some(self.left(whose, window, limit));
            }
        }
        Admission::Admitted(described)
    }

    fn peek(&self, digest: KeyDigest, rule: Rule) -> Option<Quota> {
        let (window, limit) = match (rule.per_minute, rule.per_day) {
            (Some(limit), _) => (Window::Minute, limit),
            (None, Some(limit)) => (Window::Day, limit),
            (None, None) => return None,
        };
        Some(self.left(Some(digest), window, limit))
    }

    fn left(&self, whose: Option<KeyDigest>, window: Window, limit: NonZeroU32) -> Quota {
        let secs = match window {
            Window::Minute => 60,
            Window::Day => 86_400,
        };
        let reset = Timestamp::from_millis((self.now.as_secs() / secs + 1) * secs * 1_000);
        let used = self.used.get(&(whose, window, reset)).copied().unwrap_or(0);
        let (limit, remaining) = (limit.get(), limit.get().saturating_sub(used));
        Quota {
            limit,
            remaining,
            reset,
        }
    }

    fn end_of(&self, grant: &Grant) -> Option<End> {
        if !self.may_serve() {
            return Some(End::Unavailable);
        }
        let presented = self.presented(grant.digest());
        let question = Question {
            presented,
            access: grant.access(),
            now: self.now,
        };
        still_admissible(&question).err().map(End::Denied)
    }
}

fn rule(key: &KeyFacts) -> Rule {
    let (per_minute, per_day) = match key.service() {
        None => (100, 0),
        Some(ServiceName::CONSOLE) => (0, 0),
        Some(_) => (60, 1_000),
    };
    Rule {
        per_minute: key.rate_limit.per_minute.or(NonZeroU32::new(per_minute)),
        per_day: key.rate_limit.per_day.or(NonZeroU32::new(per_day)),
    }
}

/// The verifier and the reference, side by side.
struct Pair {
    verifier: Verifier,
    time: ManualTime,
    model: Model,
    keys: [Issued; 4],
    open: Vec<Open>,
}

struct Open {
    lifeline: Lifeline,
    grant: Grant,
    expected: Option<End>,
}

impl Pair {
    fn new() -> Self {
        let (clock, time) = BootClock::manual(START);
        let limits = Limits {
            address_per_minute: NonZeroU32::new(ADDRESS_LIMIT),
            ..Limits::default()
        };
        Self {
            verifier: Verifier::new(limits, clock),
            time,
            model: Model::new(),
            keys: keys(),
            open: Vec::new(),
        }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Key(key, edit) => self.edit(key, &edit),
            Step::Organization {
                is_suspended,
                subscribed_until,
            } => {
                self.model.organization.is_suspended = is_suspended;
                self.model.organization.subscribed_until = subscribed_until;
                self.verifier
                    .apply(&Change::Organization(self.model.organization));
                self.judge(|_| true);
            }
            Step::Balance(micros) => {
                self.model.balance = MicroUsd::from_micros(micros);
                let change = Change::App {
                    id: APP,
                    balance: self.model.balance,
                };
                self.verifier.apply(&change);
            }
            Step::Advance(duration) => {
                self.model.now = self.model.now + duration;
                self.time.advance(duration);
            }
            Step::Coverage(coverage) => {
                self.model.coverage = coverage;
                self.verifier.set_coverage(coverage);
            }
            Step::ExtendLease(lease) => {
                self.model.leased_until = self.model.leased_until.max(self.model.now + lease);
                let sent = self.verifier.clock().boot();
                self.verifier.extend_lease(Deadline::after(sent, lease));
            }
            Step::DropLease => {
                self.model.leased_until = START;
                self.verifier.drop_lease();
                self.judge(|_| true);
            }
            Step::Verify {
                key,
                access: kind,
                cost,
                watch,
            } => {
                self.verify(
                    key,
                    &Access {
                        cost,
                        ..access(kind)
                    },
                    watch,
                );
            }
            Step::Tick => {
                self.verifier.tick();
                self.judge(|_| true);
            }
            Step::Drain => self.drain(),
        }
        self.compare_lifelines();
    }

    fn edit(&mut self, key: usize, edit: &KeyEdit) {
        let issued = self.keys.get_mut(key).unwrap();
        issued.facts.state = edit.state;
        issued.facts.expires_at = edit.expires_at;
        issued.facts.rate_limit = edit.rate_limit;
        issued.facts.ip_allowlist = edit
            .is_bound
            .then(|| Allowlist::parse(&["198.51.100.0/24"]).unwrap());
        let (digest, facts) = (issued.digest(), issued.facts.clone());
        self.verifier.apply(&issued.change(|_| {}));
        self.model.keys.insert(digest, facts);
        self.judge(|grant| grant.digest() == digest);
    }

    fn verify(&mut self, key: usize, access: &Access, watch: bool) {
        let key = self.keys.get(key).unwrap();
        let credential = Credential::Presented(key.text.as_bytes());
        let answer = self.verifier.verify(&credential, access);
        assert_eq!(answer, self.model.verify(key, access));
        if let (true, Verification::Decided(Decision::Allow(grant))) = (watch, answer) {
            let lifeline = self.verifier.watch(&grant);
            let expected = self.model.end_of(&grant);
            self.open.push(Open {
                lifeline,
                grant,
                expected,
            });
        }
    }

    fn judge(&mut self, concerns: impl Fn(&Grant) -> bool) {
        for open in &mut self.open {
            if open.expected.is_none() && concerns(&open.grant) {
                open.expected = self.model.end_of(&open.grant);
            }
        }
    }

    fn compare_lifelines(&mut self) {
        for open in &mut self.open {
            let polled = open
                .lifeline
                .poll_ended(&mut Context::from_waker(Waker::noop()));
            let ended = match polled {
                Poll::Ready(end) => Some(end),
                Poll::Pending => None,
            };
            assert_eq!(ended, open.expected);
        }
    }

    fn drain(&mut self) {
        let tallies = self.verifier.drain_tallies().into_iter();
        let drained =
            tallies.map(|tally| (tally.key_id, (tally.allowed, tally.denied, tally.last_used)));
        assert_eq!(
            drained.collect::<HashMap<_, _>>(),
            std::mem::take(&mut self.model.tallies)
        );
    }
}

#[test]
fn verifier_answers_as_the_naive_reference_does() {
    let config = Config {
        cases: 400,
        rng_seed: RngSeed::Fixed(0x4d69_7261),
        failure_persistence: None,
        ..Config::default()
    };
    let sequences = prop::collection::vec(steps(), 1..120);
    proptest!(config, |(sequence in sequences)| {
        let mut pair = Pair::new();
        pair.take(Step::ExtendLease(Duration::from_mins(2)));
        pair.take(Step::Organization { is_suspended: false, subscribed_until: START.plus_secs(300) });
        for (key, issued) in keys().iter().enumerate().take(3) {
            pair.take(Step::Key(key, KeyEdit::none(&issued.facts)));
        }
        for step in sequence {
            pair.take(step);
        }
        pair.drain();
    });
}
