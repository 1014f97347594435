//! The life of a key: every state against every step.

use mira_core::{IllegalTransition, KeyId, KeyRecord, KeyState, Standing, Timestamp, Transition};

use crate::world::{
    NOW, RETIRING, REVOKED, SOMEBODY, SUSPENDED, SUSPENDED_WHILE_RETIRING, World, at,
};

const GRACE_OVER: Timestamp = at(2_000);
const EXPIRES: Timestamp = at(5_000);

/// Stored state, instant, what it reads as, and what revoke, suspend, resume,
/// rotate with and rotate without a grace period make of it.
type Row = (KeyState, Timestamp, &'static str, [&'static str; 5]);

#[rustfmt::skip]
const LIFE: &[Row] = &[
    (KeyState::Active,         NOW,        "active",    ["revoked",   "suspended", "= active",   "retiring", "revoked"]),
    (RETIRING,                 NOW,        "retiring",  ["revoked",   "suspended", "= retiring", "refused",  "refused"]),
    (SUSPENDED,                NOW,        "suspended", ["revoked",   "= suspended", "active",   "refused",  "refused"]),
    (SUSPENDED_WHILE_RETIRING, NOW,        "suspended", ["revoked",   "= suspended", "retiring", "refused",  "refused"]),
    (REVOKED,                  NOW,        "revoked",   ["= revoked", "refused",   "refused",    "refused",  "refused"]),
    (RETIRING,                 GRACE_OVER, "revoked",   ["revoked",   "refused",   "refused",    "refused",  "refused"]),
    (SUSPENDED_WHILE_RETIRING, GRACE_OVER, "revoked",   ["revoked",   "refused",   "refused",    "refused",  "refused"]),
    (KeyState::Active,         EXPIRES,    "expired",   ["revoked",   "refused",   "refused",    "refused",  "refused"]),
    (SUSPENDED,                EXPIRES,    "expired",   ["revoked",   "refused",   "refused",    "refused",  "refused"]),
];

fn record(state: KeyState) -> KeyRecord {
    let mut record = World::organization().record();
    record.facts.state = state;
    record.facts.expires_at = Some(EXPIRES);
    record
}

/// What a step did, as the table writes it.
fn told(step: Result<Transition<KeyRecord>, IllegalTransition>, now: Timestamp) -> String {
    match step {
        Ok(Transition::Changed(record)) => record.standing(now).as_str().to_owned(),
        Ok(Transition::Unchanged(record)) => format!("= {}", record.standing(now).as_str()),
        Err(_) => "refused".to_owned(),
    }
}

#[test]
fn every_step_from_every_state_does_what_the_table_says() {
    for (state, now, reads_as, steps) in LIFE {
        let record = || record(*state);
        let rotate = |grace_secs| {
            record()
                .rotate(KeyId::from_bytes([7; 16]), grace_secs, *now, SOMEBODY)
                .map(Transition::Changed)
        };
        let done = [
            Ok(record().revoke(*now, SOMEBODY)),
            record().suspend(*now),
            record().resume(*now),
            rotate(60),
            rotate(0),
        ];
        assert_eq!(record().standing(*now).as_str(), *reads_as, "{state:?}");
        assert_eq!(
            done.map(|step| told(step, *now)),
            *steps,
            "{state:?} at {now:?}"
        );
    }
}

#[test]
fn unchanged_leaves_the_record_as_it_was() {
    for state in [SUSPENDED, SUSPENDED_WHILE_RETIRING] {
        assert_eq!(
            record(state).suspend(NOW),
            Ok(Transition::Unchanged(record(state)))
        );
    }
    let other = mira_core::Actor::System;
    assert_eq!(
        record(REVOKED).revoke(NOW, other),
        Transition::Unchanged(record(REVOKED))
    );
    assert_eq!(
        record(RETIRING).resume(NOW),
        Ok(Transition::Unchanged(record(RETIRING)))
    );
}

#[test]
fn resume_gives_the_state_before_the_suspension() {
    for state in [KeyState::Active, RETIRING] {
        let Ok(Transition::Changed(suspended)) = record(state).suspend(NOW) else {
            panic!("{state:?} can be suspended");
        };
        assert_eq!(
            suspended.resume(at(1_500)),
            Ok(Transition::Changed(record(state)))
        );
    }
}

#[test]
fn rotation_names_the_successor_and_dates_the_grace_period() {
    let successor = KeyId::from_bytes([7; 16]);
    let rotated = record(KeyState::Active)
        .rotate(successor, 3, NOW, SOMEBODY)
        .unwrap();
    assert_eq!(rotated.rotated_to, Some(successor));
    assert_eq!(
        rotated.standing(at(3_999)),
        Standing::Retiring { until: at(4_000) }
    );
    assert_eq!(
        rotated.standing(at(4_000)),
        Standing::Revoked {
            at: at(4_000),
            by: None
        }
    );

    let rotated = record(KeyState::Active)
        .rotate(successor, 0, NOW, SOMEBODY)
        .unwrap();
    let revoked = Standing::Revoked {
        at: NOW,
        by: Some(SOMEBODY),
    };
    assert_eq!(rotated.standing(NOW), revoked);
}

#[test]
fn refusal_names_the_state_and_the_step() {
    let refused = record(REVOKED).suspend(NOW).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a key that is revoked cannot be suspended"
    );
}
