//! The decision: one line per case, and the order of the checks.

use mira_core::{
    Admission, Allowlist, Audience, CHECKS, Decision, Denial, Environment, Environments, KeyKind,
    MicroUsd, Permission, Permissions, Presented, Quota, Timestamp, Window, decide, explain,
    still_admissible,
};
use mira_key::ServiceName;

use crate::world::{NOW, RETIRING, REVOKED, SUSPENDED, SUSPENDED_WHILE_RETIRING, World, at};

fn code(world: &World) -> &'static str {
    decide(&world.question()).map_or_else(|denied| denied.denial.code(), |_| "allow")
}

fn permissions(text: &str) -> KeyKind {
    KeyKind::Organization {
        permissions: text.parse().unwrap(),
    }
}

fn allow_from(world: &mut World, entry: &str) {
    world.key.ip_allowlist = Some(Allowlist::parse(&[entry]).unwrap());
}

fn come_from(world: &mut World, address: &str) {
    world.access.address = Some(address.parse().unwrap());
}

type Case = (&'static str, fn(&mut World), &'static str);

fn assert_table(base: &World, cases: &[Case]) {
    for (name, change, expected) in cases {
        assert_eq!(code(&base.clone().with(change)), *expected, "{name}");
    }
}

#[rustfmt::skip]
const ORGANIZATION_KEY: &[Case] = &[
    ("good", |_| {}, "allow"),
    ("asked by nobody in particular", |w| w.access = mira_core::Access::ANY, "allow"),
    // State, half-open at the exact instant.
    ("revoked", |w| w.key.state = REVOKED, "revoked_key"),
    ("suspended", |w| w.key.state = SUSPENDED, "suspended_key"),
    ("a millisecond before its end", |w| w.key.expires_at = Some(at(1_001)), "allow"),
    ("at its end", |w| w.key.expires_at = Some(NOW), "expired_key"),
    ("after its end", |w| w.key.expires_at = Some(at(999)), "expired_key"),
    ("in its grace period", |w| { w.key.state = RETIRING; w.now = at(1_999); }, "allow"),
    ("at the end of its grace period", |w| { w.key.state = RETIRING; w.now = at(2_000); }, "revoked_key"),
    ("suspended in its grace period", |w| w.key.state = SUSPENDED_WHILE_RETIRING, "suspended_key"),
    ("suspended, grace over", |w| { w.key.state = SUSPENDED_WHILE_RETIRING; w.now = at(2_000); }, "revoked_key"),
    ("suspended and expired", |w| { w.key.state = SUSPENDED; w.key.expires_at = Some(NOW); }, "expired_key"),
    ("revoked and expired", |w| { w.key.state = REVOKED; w.key.expires_at = Some(NOW); }, "revoked_key"),
    // Organization.
    ("organization suspended", |w| w.organization.is_suspended = true, "suspended_key"),
    ("lapsed this instant", |w| w.organization.subscribed_until = NOW, "subscription_required"),
    ("lapses next millisecond", |w| w.organization.subscribed_until = at(1_001), "allow"),
    ("never subscribed", |w| w.organization.subscribed_until = Timestamp::MIN, "subscription_required"),
    // Audience.
    ("on a service", |w| w.access.audience = Audience::Service(ServiceName::VERIFY), "wrong_service"),
    // Environment.
    ("in its environment", |w| w.access.environments = Environments::from_iter([Environment::Production]), "allow"),
    ("in another environment", |w| w.access.environments = Environments::from_iter([Environment::Staging, Environment::Development]), "wrong_environment"),
    ("where none is accepted", |w| w.access.environments = Environments::from_iter([]), "wrong_environment"),
    // Address.
    ("from an allowed address", |w| { allow_from(w, "203.0.113.0/24"); come_from(w, "203.0.113.255"); }, "allow"),
    ("from an allowed address, mapped", |w| { allow_from(w, "203.0.113.0/24"); come_from(w, "::ffff:203.0.113.7"); }, "allow"),
    ("from another address", |w| { allow_from(w, "203.0.113.0/24"); come_from(w, "203.0.114.0"); }, "address_not_allowed"),
    ("from an allowed IPv6 network", |w| { allow_from(w, "2001:db8::/32"); come_from(w, "2001:db8:ffff::1"); }, "allow"),
    ("from another IPv6 network", |w| { allow_from(w, "2001:db8::/32"); come_from(w, "2001:db9::1"); }, "address_not_allowed"),
    ("IPv4 against an IPv6 network", |w| { allow_from(w, "::/0"); come_from(w, "203.0.113.7"); }, "address_not_allowed"),
    ("address not asked about", |w| allow_from(w, "203.0.113.0/24"), "allow"),
    // Money is not its business.
    ("on a metered route", |w| w.access.is_metered = true, "allow"),
];

#[rustfmt::skip]
const APP_KEY: &[Case] = &[
    ("good", |_| {}, "allow"),
    ("on the Mira API", |w| w.access.audience = Audience::Organization, "wrong_service"),
    ("on another service", |w| w.access.audience = Audience::Service(ServiceName::INFERENCE), "wrong_service"),
    ("asked by nobody in particular", |w| w.access.audience = Audience::Any, "allow"),
    ("organization lapsed", |w| w.organization.subscribed_until = Timestamp::MIN, "allow"),
    ("organization suspended", |w| w.organization.is_suspended = true, "suspended_key"),
    ("asked for a permission", |w| w.access.permission = Some(Permission::Read), "missing_permission"),
    ("one micro-dollar left", |w| w.balance = Some(MicroUsd::from_micros(1)), "allow"),
    ("nothing left", |w| w.balance = Some(MicroUsd::ZERO), "insufficient_balance"),
    ("overdrawn", |w| w.balance = Some(MicroUsd::from_micros(-1)), "insufficient_balance"),
    ("nothing left, not metered", |w| { w.balance = Some(MicroUsd::ZERO); w.access.is_metered = false; }, "allow"),
];

#[test]
fn organization_keys_are_answered_as_the_table_says() {
    assert_table(&World::organization(), ORGANIZATION_KEY);
}

#[test]
fn app_keys_are_answered_as_the_table_says() {
    assert_table(&World::app(), APP_KEY);
}

#[test]
fn without_a_known_key_only_the_credential_is_spoken_of() {
    let world = World::organization();
    for (presented, expected) in [
        (Presented::Absent, "missing_key"),
        (Presented::Malformed, "invalid_key"),
        (Presented::Unknown, "invalid_key"),
        (Presented::Ambiguous, "ambiguous_credentials"),
    ] {
        let denied = decide(&world.question_about(presented)).unwrap_err();
        assert_eq!(denied.denial.code(), expected);
        assert_eq!((denied.key, denied.quota), (None, None));
        assert!(!denied.is_of_live_key());
    }
}

#[test]
fn admin_includes_both_and_write_does_not_include_read() {
    for (held, allowed) in [
        ("", [false, false, false]),
        ("read", [true, false, false]),
        ("write", [false, true, false]),
        ("read,write", [true, true, false]),
        ("admin", [true, true, true]),
    ] {
        for (wanted, allowed) in Permission::ALL.iter().zip(allowed) {
            let world = World::organization().with(|w| {
                w.key.kind = permissions(held);
                w.access.permission = Some(*wanted);
            });
            let expected = if allowed {
                "allow"
            } else {
                "missing_permission"
            };
            assert_eq!(code(&world), expected, "{wanted} of {held:?}");
        }
    }
}

#[test]
fn renewal_brings_lapsed_keys_back() {
    let mut world = World::organization();
    world.organization.subscribed_until = at(1_000);
    assert_eq!(code(&world), "subscription_required");
    world.organization.subscribed_until = at(5_000);
    assert_eq!(code(&world), "allow");
}

/// One fault for each check that speaks of a key, in the public order.
#[rustfmt::skip]
const FAULTS: &[Case] = &[
    ("state", |w| w.key.state = REVOKED, "revoked_key"),
    ("state", |w| w.key.expires_at = Some(NOW), "expired_key"),
    ("state", |w| w.organization.is_suspended = true, "suspended_key"),
    ("service", |w| w.access.audience = Audience::Service(ServiceName::VERIFY), "wrong_service"),
    ("environment", |w| w.access.environments = Environments::from_iter([]), "wrong_environment"),
    ("address", |w| allow_from(w, "192.0.2.1"), "address_not_allowed"),
    ("subscription", |w| w.organization.subscribed_until = NOW, "subscription_required"),
    ("permission", |w| w.access.permission = Some(Permission::Write), "missing_permission"),
    ("balance", |w| w.balance = Some(MicroUsd::ZERO), "insufficient_balance"),
];

fn world_for_faults() -> World {
    World::organization().with(|w| {
        come_from(w, "198.51.100.1");
        w.access.is_metered = true;
    })
}

#[test]
fn key_with_several_faults_gets_the_first_reason() {
    for faults in 1_u32..1 << FAULTS.len() {
        let chosen = FAULTS.iter().enumerate();
        let chosen = chosen.filter(|(bit, _)| faults & 1 << bit != 0);
        let mut expected = None;
        let world = chosen.fold(world_for_faults(), |world, (_, (_, fault, code))| {
            expected.get_or_insert(*code);
            world.with(fault)
        });
        assert_eq!(Some(code(&world)), expected, "{faults:b}");
    }
}

#[test]
fn explanation_runs_on_through_every_check() {
    let names: Vec<_> = CHECKS.iter().map(|check| check.name).collect();
    let spoken = ["credential", "known", "state", "service", "environment"];
    let rest = ["address", "subscription", "permission", "balance"];
    assert_eq!(names, [&spoken[..], &rest[..]].concat());

    let world = FAULTS
        .iter()
        .fold(world_for_faults(), |w, (_, fault, _)| w.with(fault));
    for (name, answer) in explain(&world.question()) {
        let expected = FAULTS
            .iter()
            .find(|fault| fault.0 == name)
            .map(|fault| fault.2);
        assert_eq!(answer.err().map(|denial| denial.code()), expected, "{name}");
    }
}

#[test]
fn only_the_balance_does_not_end_what_it_once_allowed() {
    assert!(still_admissible(&World::app().question()).is_ok());
    for (name, fault, expected) in FAULTS {
        let world = world_for_faults().with(fault);
        let answer = still_admissible(&world.question()).map_err(|denial| denial.code());
        let expected = if *name == "balance" {
            Ok(())
        } else {
            Err(*expected)
        };
        assert_eq!(answer, expected);
    }
}

#[test]
fn reason_is_of_a_live_key_only_after_its_state_was_good() {
    for (name, fault, _) in FAULTS {
        let world = world_for_faults().with(fault);
        let denied = decide(&world.question()).unwrap_err();
        assert_eq!(denied.is_of_live_key(), *name != "state");
        assert_eq!(denied.key, Some((world.key.id, world.key.organization_id)));
    }
}

#[test]
fn grant_carries_the_key_the_access_and_the_quota() {
    let world = World::app();
    let quota = Some(Quota {
        limit: 60,
        remaining: 59,
        reset: at(60_000),
    });
    let admissible = decide(&world.question()).unwrap();
    let Decision::Allow(grant) = admissible.charge(Admission::Admitted(quota)) else {
        panic!("admitted");
    };
    assert_eq!(grant.digest(), world.subject().digest);
    assert_eq!(grant.key_id(), world.key.id);
    assert_eq!(grant.organization_id(), world.key.organization_id);
    assert_eq!(grant.app_id(), world.key.app_id());
    assert_eq!(grant.service(), Some(ServiceName::VERIFY));
    assert_eq!(grant.environment(), Environment::Production);
    assert_eq!(grant.permissions(), Permissions::NONE);
    assert_eq!(grant.access(), &world.access);
    assert_eq!(grant.quota(), quota);
}

#[test]
fn full_window_refuses_with_its_quota() {
    let world = World::app();
    let quota = Quota {
        limit: 60,
        remaining: 0,
        reset: at(60_000),
    };
    for (window, denial) in [
        (Window::Minute, Denial::RateLimitedMinute(quota)),
        (Window::Day, Denial::RateLimitedDay(quota)),
    ] {
        let admissible = decide(&world.question()).unwrap();
        let Decision::Deny(denied) = admissible.charge(Admission::Refused(window, quota)) else {
            panic!("refused");
        };
        assert_eq!((denied.denial, denied.quota), (denial, Some(quota)));
        assert!(denied.key.is_some() && denied.is_of_live_key());
    }
}
