//! Windows and tallies.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mira_core::{Access, Audience, Quota, RateLimit, Rule, Window, WindowWord};
use mira_key::{Family, ServiceName};
use mira_verifier::{Limits, Tally};

use crate::scene::{
    Issued, ORGANIZATION, READ, START, Scene, VERIFY, code, denied, granted, revoked,
};

const OFF: Limits = Limits {
    address_per_minute: None,
    organization_key_per_minute: None,
    app_key_per_minute: None,
    app_key_per_day: None,
};

fn limit(per_minute: u32, per_day: u32) -> RateLimit {
    RateLimit {
        per_minute: NonZeroU32::new(per_minute),
        per_day: NonZeroU32::new(per_day),
    }
}

fn of_minute(limit: u32, remaining: u32) -> Quota {
    Quota {
        limit,
        remaining,
        reset: START.plus_secs(60),
    }
}

fn of_day(limit: u32, remaining: u32) -> Quota {
    Quota {
        limit,
        remaining,
        reset: START.plus_secs(86_400),
    }
}

#[test]
fn families_have_their_default_limits() {
    let scene = Scene::new();
    let console = Issued::new(9, Family::App(ServiceName::CONSOLE));
    scene.verifier.apply(&console.change(|_| {}));
    assert_eq!(granted(scene.read()).quota(), Some(of_minute(100, 99)));
    assert_eq!(
        granted(scene.ask(&scene.app_key, &VERIFY)).quota(),
        Some(of_minute(60, 59))
    );
    assert_eq!(granted(scene.ask(&console, &Access::ANY)).quota(), None);

    scene
        .verifier
        .apply(&console.change(|key| key.rate_limit = limit(5, 0)));
    assert_eq!(
        granted(scene.ask(&console, &Access::ANY)).quota(),
        Some(of_minute(5, 4))
    );
}

#[test]
fn service_with_limits_of_its_own_has_them_for_keys_without_any() {
    let scene = Scene::new();
    let service = ServiceName::parse(b"search").unwrap();
    let access = Access {
        audience: Audience::Service(service),
        ..Access::ANY
    };
    let key = Issued::new(9, Family::App(service));
    scene.verifier.apply(&key.change(|_| {}));
    let quota = || granted(scene.ask(&key, &access)).quota();
    assert_eq!(quota(), Some(of_minute(60, 59)));
    let rule = |per_minute| Rule {
        per_minute: NonZeroU32::new(per_minute),
        per_day: None,
    };
    scene.verifier.set_service_limits(&[(service, rule(5))]);
    assert_eq!(quota(), Some(of_minute(5, 3)));
    scene.verifier.set_service_limits(&[(service, rule(0))]);
    assert_eq!(quota(), None);
    scene
        .verifier
        .apply(&key.change(|key| key.rate_limit = limit(9, 0)));
    assert_eq!(quota().map(|quota| quota.limit), Some(9));
    scene.verifier.apply(&key.change(|_| {}));
    scene.verifier.set_service_limits(&[]);
    assert_eq!(quota().map(|quota| quota.limit), Some(60));
}

#[test]
fn limits_that_are_off_leave_no_quota() {
    let scene = Scene::with_limits(OFF);
    assert_eq!(granted(scene.read()).quota(), None);
    let write = Access {
        permission: Some(mira_core::Permission::Write),
        ..READ
    };
    assert_eq!(
        denied(scene.ask(&scene.organization_key, &write)).quota,
        None
    );
}

#[test]
fn day_is_described_where_it_is_the_only_window() {
    let scene = Scene::with_limits(OFF);
    scene.edit_key(|key| key.rate_limit = limit(0, 2));
    assert_eq!(granted(scene.read()).quota(), Some(of_day(2, 1)));
    let write = Access {
        permission: Some(mira_core::Permission::Write),
        ..READ
    };
    assert_eq!(
        denied(scene.ask(&scene.organization_key, &write)).quota,
        Some(of_day(2, 1))
    );
}

#[test]
fn full_minute_is_refused_before_the_day_is_charged() {
    let scene = Scene::new();
    scene.edit_key(|key| key.rate_limit = limit(2, 3));
    for remaining in [1, 0] {
        assert_eq!(granted(scene.read()).quota(), Some(of_minute(2, remaining)));
    }
    for _ in 0..5 {
        let refused = denied(scene.read());
        assert_eq!(
            (refused.denial.code(), refused.quota),
            ("rate_limited_minute", Some(of_minute(2, 0)))
        );
    }
    scene.time.advance(Duration::from_mins(1));
    granted(scene.read());
    let refused = denied(scene.read());
    assert_eq!(
        (refused.denial.code(), refused.quota),
        ("rate_limited_day", Some(of_day(3, 0)))
    );
    scene.time.advance(Duration::from_hours(24));
    granted(scene.read());
}

#[test]
fn edit_or_suspension_gives_no_fresh_window() {
    let scene = Scene::new();
    scene.edit_key(|key| key.rate_limit = limit(3, 0));
    granted(scene.read());
    scene.edit_key(|key| {
        key.state = mira_core::KeyState::Suspended {
            since: START,
            was: mira_core::Suspendable::Active,
        }
    });
    assert_eq!(code(&scene.read()), "suspended_key");
    scene.edit_key(|key| key.rate_limit = limit(4, 0));
    assert_eq!(granted(scene.read()).quota(), Some(of_minute(4, 2)));
    scene.edit_key(|key| key.rate_limit = limit(1, 0));
    assert_eq!(denied(scene.read()).quota, Some(of_minute(1, 0)));
}

#[test]
fn refused_requests_drain_no_window() {
    let scene = Scene::new();
    scene.edit_organization(|o| o.is_suspended = true);
    for _ in 0..200 {
        assert_eq!(code(&scene.read()), "suspended_key");
    }
    scene.edit_organization(|_| {});
    assert_eq!(granted(scene.read()).quota(), Some(of_minute(100, 99)));
}

#[test]
fn cost_counts_as_so_many_requests_and_0_only_asks() {
    let scene = Scene::new();
    let cost = |cost| scene.ask(&scene.organization_key, &Access { cost, ..READ });
    assert_eq!(granted(cost(98)).quota(), Some(of_minute(100, 2)));
    for _ in 0..3 {
        assert_eq!(granted(cost(0)).quota(), Some(of_minute(100, 2)));
    }
    assert_eq!(denied(cost(3)).quota, Some(of_minute(100, 2)));
    granted(cost(2));
    assert_eq!(denied(cost(0)).denial.code(), "rate_limited_minute");
    assert_eq!(denied(cost(u32::MAX)).denial.code(), "rate_limited_minute");
}

#[test]
fn address_window_comes_first_and_only_where_the_route_asks() {
    let limits = Limits {
        address_per_minute: NonZeroU32::new(2),
        ..Limits::default()
    };
    let scene = Scene::with_limits(limits);
    let from = |address: &str| Access {
        address: Some(address.parse().unwrap()),
        limits_address: true,
        ..READ
    };
    let ask = |access: &Access| scene.ask(&scene.organization_key, access);
    assert_eq!(
        granted(ask(&from("192.0.2.1"))).quota(),
        Some(of_minute(100, 99))
    );
    granted(ask(&from("::ffff:192.0.2.1")));
    let refused = denied(ask(&from("192.0.2.1")));
    assert_eq!(
        (refused.denial.code(), refused.quota),
        ("rate_limited_minute", Some(of_minute(2, 0)))
    );
    granted(ask(&Access {
        limits_address: false,
        ..from("192.0.2.1")
    }));
    granted(ask(&from("192.0.2.2")));
    // Two, one and one passed; what the address refused did not reach the key.
    assert_eq!(granted(scene.read()).quota(), Some(of_minute(100, 95)));
}

#[test]
fn address_window_is_not_charged_for_a_bad_key() {
    let limits = Limits {
        address_per_minute: NonZeroU32::new(1),
        ..Limits::default()
    };
    let scene = Scene::with_limits(limits);
    let access = Access {
        address: Some("192.0.2.1".parse().unwrap()),
        limits_address: true,
        ..READ
    };
    scene.edit_key(|key| key.state = revoked());
    for _ in 0..3 {
        assert_eq!(
            code(&scene.ask(&scene.organization_key, &access)),
            "revoked_key"
        );
    }
    scene.edit_key(|_| {});
    granted(scene.ask(&scene.organization_key, &access));
    scene.edit_key(|key| key.state = revoked());
    assert_eq!(
        code(&scene.ask(&scene.organization_key, &access)),
        "revoked_key"
    );
}

#[test]
fn threads_admit_exactly_the_limit_and_count_every_request() {
    const THREADS: u32 = 4;
    const EACH: u32 = 2_000;
    const LIMIT: u32 = 3_000;
    let scene = Scene::new();
    scene.edit_key(|key| key.rate_limit = limit(LIMIT, 0));
    let (admitted, drained) = (AtomicU32::new(0), AtomicU32::new(0));
    let (allowed, denied) = std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for _ in 0..EACH {
                    if code(&scene.read()) == "allow" {
                        admitted.fetch_add(1, Ordering::Relaxed);
                    }
                }
                drained.fetch_add(1, Ordering::Relaxed);
            });
        }
        // Drained and edited all the while; nothing may be lost or doubled.
        let (mut allowed, mut denied) = (0, 0);
        loop {
            let is_last = drained.load(Ordering::Relaxed) == THREADS;
            scene.edit_key(|key| key.rate_limit = limit(LIMIT, 0));
            for tally in scene.verifier.drain_tallies() {
                allowed += tally.allowed;
                denied += tally.denied;
            }
            if is_last {
                break (allowed, denied);
            }
        }
    });
    assert_eq!(admitted.into_inner(), LIMIT);
    assert_eq!(allowed, u64::from(LIMIT));
    assert_eq!(denied, u64::from(THREADS * EACH - LIMIT));
}

#[test]
fn tally_tells_what_happened_since_the_last_drain() {
    let scene = Scene::new();
    let tally = |allowed, denied, last_used| Tally {
        key_id: scene.organization_key.facts.id,
        organization_id: ORGANIZATION,
        allowed,
        denied,
        last_used,
        minute: WindowWord::new(Window::Minute.number(START), 6),
        day: WindowWord::default(),
    };
    assert_eq!(scene.verifier.drain_tallies(), []);
    granted(scene.read());
    scene.time.advance(Duration::from_secs(1));
    granted(scene.ask(&scene.organization_key, &Access { cost: 5, ..READ }));
    assert_eq!(
        scene.verifier.drain_tallies(),
        [tally(6, 0, Some(START.plus_secs(1)))]
    );
    assert_eq!(scene.verifier.drain_tallies(), []);

    scene.edit_key(|key| key.state = revoked());
    assert_eq!(code(&scene.read()), "revoked_key");
    assert_eq!(scene.verifier.drain_tallies(), [tally(0, 1, None)]);

    scene.edit_key(|_| {});
    granted(scene.ask(&scene.organization_key, &Access { cost: 0, ..READ }));
    assert_eq!(scene.verifier.drain_tallies(), []);
}
