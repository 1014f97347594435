//! Lifelines: what a key opened ends when the key would be refused.

use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mira_core::{Access, Change, Denial, Grant, KeyState, Permissions};
use mira_key::Family;
use mira_verifier::{Deadline, End, Lifeline, Limits};

use crate::scene::{
    Issued, READ, START, Scene, VERIFY, balance, code, granted, organization, revoked,
};

const HOUR: Duration = Duration::from_hours(1);

/// What is done to the scene, and the reason it gives.
type Case<T> = (fn(&Scene) -> T, Denial);

/// The end, if there is one by now.
fn end_of(lifeline: &mut Lifeline) -> Option<End> {
    match lifeline.poll_ended(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(end) => Some(end),
        Poll::Pending => None,
    }
}

fn watched() -> (Scene, Grant, Lifeline) {
    let scene = Scene::new();
    let grant = granted(scene.read());
    let lifeline = scene.verifier.watch(&grant);
    (scene, grant, lifeline)
}

#[test]
fn change_that_refuses_the_key_ends_it_at_once() {
    let cases: [Case<Change>; 5] = [
        (
            |s| s.organization_key.change(|k| k.state = revoked()),
            Denial::RevokedKey,
        ),
        (
            |s| s.organization_key.change(|k| k.expires_at = Some(START)),
            Denial::ExpiredKey,
        ),
        (
            |s| {
                s.organization_key.change(|k| {
                    k.kind = mira_core::KeyKind::Organization {
                        permissions: Permissions::NONE,
                    }
                })
            },
            Denial::MissingPermission(mira_core::Permission::Read),
        ),
        (
            |_| organization(|o| o.is_suspended = true),
            Denial::SuspendedKey,
        ),
        (
            |_| organization(|o| o.subscribed_until = START),
            Denial::SubscriptionRequired,
        ),
    ];
    for (change, denial) in cases {
        let (scene, _, mut lifeline) = watched();
        assert_eq!(end_of(&mut lifeline), None);
        scene.verifier.apply(&change(&scene));
        assert_eq!(end_of(&mut lifeline), Some(End::Denied(denial)));
        assert_eq!(
            end_of(&mut lifeline),
            Some(End::Denied(denial)),
            "told again"
        );
    }
}

#[test]
fn time_ends_it_with_the_next_tick() {
    let cases: [Case<()>; 3] = [
        (
            |s| s.edit_key(|k| k.expires_at = Some(START + HOUR)),
            Denial::ExpiredKey,
        ),
        (
            |s| {
                s.edit_key(|k| {
                    k.state = KeyState::Retiring {
                        since: START,
                        until: START + HOUR,
                    };
                });
            },
            Denial::RevokedKey,
        ),
        (
            |s| s.edit_organization(|o| o.subscribed_until = START + HOUR),
            Denial::SubscriptionRequired,
        ),
    ];
    for (prepare, denial) in cases {
        let (scene, _, mut lifeline) = watched();
        prepare(&scene);
        scene
            .time
            .advance(HOUR.saturating_sub(Duration::from_millis(1)));
        scene.verifier.tick();
        assert_eq!(end_of(&mut lifeline), None);
        scene.time.advance(Duration::from_millis(1));
        scene.verifier.tick();
        assert_eq!(end_of(&mut lifeline), Some(End::Denied(denial)));
    }
}

#[test]
fn balance_or_window_that_runs_out_does_not_end_it() {
    let scene = Scene::new();
    let grant = granted(scene.ask(&scene.app_key, &Access { cost: 60, ..VERIFY }));
    let mut lifeline = scene.verifier.watch(&grant);
    scene.verifier.apply(&balance(-1));
    scene.verifier.apply(&scene.app_key.change(|_| {}));
    scene.verifier.tick();
    assert_eq!(end_of(&mut lifeline), None);
    scene.verifier.apply(&balance(1));
    assert_eq!(
        code(&scene.ask(&scene.app_key, &VERIFY)),
        "rate_limited_minute"
    );
}

#[test]
fn lease_that_is_lost_ends_them_all() {
    let scene = Scene::without_lease(Limits::default());
    let lease = || Deadline::after(scene.verifier.clock().boot(), HOUR);
    scene.verifier.extend_lease(lease());
    let mut lifeline = scene.verifier.watch(&granted(scene.read()));
    scene.time.advance(HOUR);
    assert_eq!(end_of(&mut lifeline), None);
    scene.verifier.tick();
    assert_eq!(end_of(&mut lifeline), Some(End::Unavailable));

    scene.verifier.extend_lease(lease());
    let mut lifeline = scene.verifier.watch(&granted(scene.read()));
    assert_eq!(end_of(&mut lifeline), None);
    scene.verifier.drop_lease();
    assert_eq!(end_of(&mut lifeline), Some(End::Unavailable));
}

#[test]
fn change_between_verification_and_watch_is_not_missed() {
    let scene = Scene::new();
    let grant = granted(scene.read());
    scene.edit_key(|key| key.state = revoked());
    let end = Some(End::Denied(Denial::RevokedKey));
    assert_eq!(end_of(&mut scene.verifier.watch(&grant)), end);
    scene.verifier.drop_lease();
    assert_eq!(
        end_of(&mut scene.verifier.watch(&grant)),
        Some(End::Unavailable)
    );
}

#[test]
fn change_of_another_key_or_organization_ends_nothing() {
    let (scene, _, mut lifeline) = watched();
    let other = Issued::new(9, Family::Organization);
    scene
        .verifier
        .apply(&other.change(|key| key.state = revoked()));
    scene.verifier.apply(&organization(|o| {
        o.id = mira_core::OrganizationId::from_bytes([0xEE; 16]);
        o.is_suspended = true;
    }));
    // Its own change that takes nothing away from this access ends nothing either.
    scene.edit_key(|key| key.rate_limit.per_minute = std::num::NonZeroU32::new(1));
    assert_eq!(end_of(&mut lifeline), None);
}

#[test]
fn access_decides_what_a_narrowed_key_may_go_on_with() {
    let scene = Scene::new();
    let open = |access: &Access| {
        let grant = granted(scene.ask(&scene.organization_key, access));
        scene.verifier.watch(&grant)
    };
    let from = |address: &str| Access {
        address: Some(address.parse().unwrap()),
        ..READ
    };
    let (mut inside, mut outside) = (open(&from("192.0.2.1")), open(&from("198.51.100.1")));
    let list = mira_core::Allowlist::parse(&["192.0.2.0/24"]).unwrap();
    scene.edit_key(|key| key.ip_allowlist = Some(list));
    assert_eq!(end_of(&mut inside), None);
    assert_eq!(
        end_of(&mut outside),
        Some(End::Denied(Denial::AddressNotAllowed))
    );
}

#[test]
fn dropped_or_ended_lifeline_is_watched_no_more() {
    let (scene, grant, lifeline) = watched();
    let second = scene.verifier.watch(&grant);
    assert_eq!(scene.verifier.watched(), 2);
    drop(lifeline);
    assert_eq!(scene.verifier.watched(), 1);
    scene.edit_key(|key| key.state = revoked());
    assert_eq!(scene.verifier.watched(), 0);
    drop(second);
    drop(scene.verifier.watch(&grant));
    assert_eq!(scene.verifier.watched(), 0);
}

#[tokio::test]
async fn waiting_task_is_woken_and_a_cancelled_wait_loses_nothing() {
    let (scene, grant, mut lifeline) = watched();
    tokio::select! {
        biased;
        end = lifeline.ended() => panic!("ended early: {end:?}"),
        () = std::future::ready(()) => {}
    }
    let mut other = scene.verifier.watch(&grant);
    let waiting = tokio::spawn(async move { other.ended().await });
    tokio::task::yield_now().await;
    scene.edit_key(|key| key.state = revoked());
    let end = End::Denied(Denial::RevokedKey);
    assert_eq!(waiting.await.unwrap(), end);
    assert_eq!(lifeline.ended().await, end);
}

#[test]
fn revocation_that_races_with_watching_ends_every_lifeline() {
    for _ in 0..200 {
        let scene = Scene::new();
        let grant = granted(scene.read());
        let mut lifelines = std::thread::scope(|scope| {
            let watcher = scope.spawn(|| {
                let watch = |_| scene.verifier.watch(&grant);
                (0..20).map(watch).collect::<Vec<_>>()
            });
            scene.edit_key(|key| key.state = revoked());
            watcher.join().unwrap()
        });
        for lifeline in &mut lifelines {
            assert_eq!(end_of(lifeline), Some(End::Denied(Denial::RevokedKey)));
        }
    }
}
