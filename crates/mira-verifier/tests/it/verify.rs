//! Decisions: what was applied is what is answered, from the next request on.

use std::sync::atomic::{AtomicBool, Ordering};

use mira_core::{
    Access, AppId, Change, Denial, KeyKind, MicroUsd, OrganizationId, Permission, Permissions,
    Quota, Timestamp,
};
use mira_key::{Family, KeyDigest};
use mira_verifier::{
    BootClock, BoxFuture, Coverage, Credential, Deadline, Limits, Refill, RefillError, Refiller,
    Resolved, Verification, Verifier, resolve,
};

use crate::scene::{
    APP, Issued, READ, START, Scene, VERIFY, balance, code, denied, granted, organization, revoked,
};

#[test]
fn good_keys_are_granted() {
    let scene = Scene::new();
    let grant = granted(scene.read());
    assert_eq!(grant.digest(), scene.organization_key.digest());
    assert_eq!(grant.key_id(), scene.organization_key.facts.id);
    assert_eq!(grant.access(), &READ);
    assert_eq!(
        granted(scene.ask(&scene.app_key, &VERIFY)).app_id(),
        Some(APP)
    );
}

#[test]
fn revoked_key_is_refused_on_the_very_next_verification() {
    let scene = Scene::new();
    granted(scene.read());
    scene.edit_key(|key| key.state = revoked());
    assert_eq!(code(&scene.read()), "revoked_key");
}

#[test]
fn no_thread_accepts_a_key_after_its_revocation_was_applied() {
    for _ in 0..100 {
        let scene = Scene::with_limits(Limits {
            organization_key_per_minute: None,
            ..Limits::default()
        });
        let is_revoked = AtomicBool::new(false);
        let read_until_refused = || {
            loop {
                let was_revoked = is_revoked.load(Ordering::Acquire);
                match code(&scene.read()) {
                    "allow" => assert!(!was_revoked),
                    refused => break assert_eq!(refused, "revoked_key"),
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(read_until_refused);
            }
            scene.edit_key(|key| key.state = revoked());
            is_revoked.store(true, Ordering::Release);
        });
    }
}

#[test]
fn organization_change_reaches_all_its_keys_at_once() {
    let scene = Scene::new();
    let both = || {
        [
            code(&scene.read()),
            code(&scene.ask(&scene.app_key, &VERIFY)),
        ]
    };
    for (edit, expected) in [
        (
            organization(|o| o.is_suspended = true),
            ["suspended_key", "suspended_key"],
        ),
        (
            organization(|o| o.subscribed_until = START),
            ["subscription_required", "allow"],
        ),
        (
            organization(|o| o.subscribed_until = Timestamp::MIN),
            ["subscription_required", "allow"],
        ),
        (organization(|_| {}), ["allow", "allow"]),
    ] {
        scene.verifier.apply(&edit);
        assert_eq!(both(), expected, "{edit:?}");
    }
}

#[test]
fn balance_moves_without_a_change_of_the_key() {
    let scene = Scene::new();
    for (micros, expected) in [
        (1, "allow"),
        (0, "insufficient_balance"),
        (-5, "insufficient_balance"),
        (1, "allow"),
    ] {
        scene.verifier.apply(&balance(micros));
        assert_eq!(
            code(&scene.ask(&scene.app_key, &VERIFY)),
            expected,
            "{micros}"
        );
    }
    scene.verifier.apply(&balance(-5));
    let denial = denied(scene.ask(&scene.app_key, &VERIFY)).denial;
    assert_eq!(
        denial,
        Denial::InsufficientBalance(MicroUsd::from_micros(-5))
    );
}

#[test]
fn organization_or_app_that_nobody_told_of_denies_until_it_is_told() {
    let scene = Scene::new();
    let elsewhere = OrganizationId::from_bytes([0xEE; 16]);
    scene.edit_key(|key| key.organization_id = elsewhere);
    assert_eq!(code(&scene.read()), "suspended_key");
    scene.verifier.apply(&organization(|o| o.id = elsewhere));
    assert_eq!(code(&scene.read()), "allow");

    let app_id = AppId::from_bytes([0xEE; 16]);
    let service = scene.app_key.facts.service().unwrap();
    scene.verifier.apply(
        &scene
            .app_key
            .change(|key| key.kind = KeyKind::App { app_id, service }),
    );
    assert_eq!(
        code(&scene.ask(&scene.app_key, &VERIFY)),
        "insufficient_balance"
    );
    let balance = MicroUsd::from_micros(1);
    scene.verifier.apply(&Change::App {
        id: app_id,
        balance,
    });
    assert_eq!(code(&scene.ask(&scene.app_key, &VERIFY)), "allow");
}

#[test]
fn changes_of_a_key_hold_in_any_order_with_its_organization() {
    let (clock, _) = BootClock::manual(START);
    let verifier = Verifier::new(Limits::default(), clock);
    verifier.extend_lease(Deadline::NEVER_ENDS);
    let key = Issued::new(9, Family::Organization);
    verifier.apply(&key.change(|_| {}));
    verifier.apply(&organization(|_| {}));
    let presented = Credential::Presented(key.text.as_bytes());
    assert_eq!(code(&verifier.verify(&presented, &READ)), "allow");
}

#[test]
fn expiry_and_lapse_come_with_time_alone() {
    let scene = Scene::new();
    let hour = std::time::Duration::from_hours(1);
    scene.edit_key(|key| key.expires_at = Some(START + 2 * hour));
    scene.edit_organization(|o| o.subscribed_until = START + hour);
    for expected in ["allow", "subscription_required", "expired_key"] {
        assert_eq!(code(&scene.read()), expected);
        scene.time.advance(hour);
    }
}

#[test]
fn wall_clock_that_is_set_moves_expiry() {
    let scene = Scene::new();
    scene.edit_key(|key| key.expires_at = Some(START.plus_secs(60)));
    assert_eq!(code(&scene.read()), "allow");
    scene.time.set_wall(START.plus_secs(60));
    assert_eq!(code(&scene.read()), "expired_key");
    scene.time.set_wall(START);
    assert_eq!(code(&scene.read()), "allow");
}

#[test]
fn credentials_that_are_no_key_are_refused_as_what_they_are() {
    let scene = Scene::new();
    for (credential, expected) in [
        (Credential::Absent, "missing_key"),
        (Credential::Malformed, "invalid_key"),
        (Credential::Ambiguous, "ambiguous_credentials"),
        (Credential::Presented(b""), "invalid_key"),
        (Credential::Presented(b"mira_live_"), "invalid_key"),
    ] {
        let denied = denied(scene.verifier.verify(&credential, &READ));
        assert_eq!((denied.denial.code(), denied.key), (expected, None));
    }
}

#[test]
fn imported_key_of_any_form_is_found_by_its_digest() {
    let scene = Scene::new();
    let imported = Issued {
        text: "sk-legacy-0001".to_owned(),
        ..Issued::new(9, Family::Organization)
    };
    scene.verifier.apply(&imported.change(|_| {}));
    assert_eq!(code(&scene.ask(&imported, &READ)), "allow");
}

#[test]
fn partial_coverage_needs_only_what_has_a_matching_checksum() {
    let scene = Scene::new();
    let fresh = Issued::new(9, Family::Organization);
    let (last, others) = fresh.text.as_bytes().split_last().unwrap();
    let mistyped = [others, &[if *last == b'0' { b'1' } else { b'0' }]].concat();
    let mistyped = Credential::Presented(&mistyped);
    assert_eq!(code(&scene.ask(&fresh, &READ)), "invalid_key");

    scene.verifier.set_coverage(Coverage::Partial);
    let need = Verification::Needs(Refill::Key(fresh.digest()));
    assert_eq!(scene.ask(&fresh, &READ), need);
    assert_eq!(
        code(&scene.verifier.verify(&mistyped, &READ)),
        "invalid_key"
    );
    assert_eq!(
        code(
            &scene
                .verifier
                .verify(&Credential::Presented(b"sk-legacy"), &READ)
        ),
        "invalid_key"
    );
    assert_eq!(code(&scene.read()), "allow");

    scene.verifier.apply(&fresh.change(|_| {}));
    assert_eq!(code(&scene.ask(&fresh, &READ)), "allow");
}

/// What a refiller does: tells of a key, or nothing, or fails.
struct Told<'a>(&'a Scene, Result<Option<Change>, RefillError>);

impl Refiller for Told<'_> {
    fn refill(&self, _: Refill) -> BoxFuture<'_, Result<(), RefillError>> {
        if let Ok(Some(change)) = &self.1 {
            self.0.verifier.apply(change);
        }
        let told = self.1.clone().map(drop);
        Box::pin(std::future::ready(told))
    }
}

#[tokio::test]
async fn need_is_refilled_once_and_unknown_or_unavailable_after_that() {
    let fresh = Issued::new(9, Family::Organization);
    for (told, expected) in [
        (Ok(Some(fresh.change(|_| {}))), "allow"),
        (
            Ok(Some(fresh.change(|key| key.state = revoked()))),
            "revoked_key",
        ),
        (Ok(None), "invalid_key"),
        (Err(RefillError::TimedOut), "unavailable"),
    ] {
        let scene = Scene::new();
        scene.verifier.set_coverage(Coverage::Partial);
        let presented = Credential::Presented(fresh.text.as_bytes());
        let resolved = resolve(&scene.verifier, &Told(&scene, told), &presented, &READ).await;
        let code = match resolved {
            Resolved::Decided(decision) => code(&Verification::Decided(decision)),
            Resolved::Unavailable => "unavailable",
        };
        assert_eq!(code, expected);
    }
}

#[test]
fn refusal_of_a_live_key_shows_its_window_and_charges_nothing() {
    let scene = Scene::new();
    granted(scene.read());
    let write = Access {
        permission: Some(Permission::Write),
        ..READ
    };
    let quota = Quota {
        limit: 100,
        remaining: 99,
        reset: START.plus_secs(60),
    };
    for _ in 0..3 {
        assert_eq!(
            denied(scene.ask(&scene.organization_key, &write)).quota,
            Some(quota)
        );
    }
    assert_eq!(granted(scene.read()).quota().unwrap().remaining, 98);
    scene.edit_key(|key| key.state = revoked());
    assert_eq!(denied(scene.read()).quota, None);
}

#[test]
fn explanation_names_every_fault_and_counts_nothing() {
    let scene = Scene::new();
    scene.edit_key(|key| {
        key.state = revoked();
        key.kind = KeyKind::Organization {
            permissions: Permissions::NONE,
        };
    });
    let presented = Credential::Presented(scene.organization_key.text.as_bytes());
    let faults = |credential| {
        let checks = scene.verifier.explain(credential, &READ).unwrap();
        let faults = checks
            .into_iter()
            .filter_map(|(name, answer)| answer.err().map(|_| name));
        faults.collect::<Vec<_>>()
    };
    assert_eq!(faults(&presented), ["state", "permission"]);
    assert_eq!(faults(&Credential::Presented(b"unknown")), ["known"]);
    assert_eq!(faults(&Credential::Absent), ["credential", "known"]);
    assert_eq!(scene.verifier.drain_tallies(), []);
    scene.verifier.drop_lease();
    assert_eq!(scene.verifier.explain(&presented, &READ), None);
}

#[test]
fn debug_of_a_credential_and_a_need_shows_no_secret() {
    let key = Issued::new(9, Family::Organization);
    let credential = Credential::Presented(key.text.as_bytes());
    assert_eq!(format!("{credential:?}"), "Presented(…)");
    let need = Refill::Key(KeyDigest::of(key.text.as_bytes()));
    assert_eq!(format!("{need:?}"), "Key(KeyDigest(…))");
}
