//! Windows that are shared with other nodes.

use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mira_core::{Access, Allotment, KeyFacts, RateLimit, Shortage, Window};
use mira_verifier::{Limits, Refill, Verification};

use crate::scene::{Issued, READ, START, Scene, VERIFY, code, denied, granted};

fn limit(per_minute: u32, per_day: u32) -> impl FnOnce(&mut KeyFacts) {
    move |key| {
        key.rate_limit = RateLimit {
            per_minute: NonZeroU32::new(per_minute),
            per_day: NonZeroU32::new(per_day),
        };
    }
}

/// What a verification needs of a window.
fn shortage(verification: &Verification) -> Shortage {
    match verification {
        Verification::Needs(Refill::Window { shortage, .. }) => *shortage,
        other => panic!("no units are missing: {other:?}"),
    }
}

fn credit(scene: &Scene, key: &Issued, window: Window, of: u32, units: std::ops::Range<u32>) {
    let allotment = Allotment {
        number: window.number(START),
        from: units.start,
        until: units.end,
    };
    scene.verifier.credit(&key.digest(), window, of, allotment);
}

#[test]
fn request_needs_units_and_spends_them() {
    let scene = Scene::sharing(Limits::default());
    let key = &scene.organization_key;
    let missing = shortage(&scene.read());
    let one = NonZeroU32::MIN;
    let expected = Shortage {
        window: Window::Minute,
        number: Window::Minute.number(START),
        limit: NonZeroU32::new(100).unwrap(),
        least: one,
        want: one,
    };
    assert_eq!(missing, expected);
    credit(&scene, key, Window::Minute, 100, 40..42);
    for remaining in [59, 58] {
        assert_eq!(granted(scene.read()).quota().unwrap().remaining, remaining);
    }
    assert_eq!(shortage(&scene.read()), expected);
    credit(&scene, key, Window::Minute, 100, 100..100);
    assert_eq!(denied(scene.read()).denial.code(), "rate_limited_minute");
    scene.time.advance(Duration::from_mins(1));
    let number = expected.number + 1;
    assert_eq!(shortage(&scene.read()), Shortage { number, ..expected });
}

#[test]
fn nothing_is_charged_before_all_that_is_missing_is_here() {
    let limits = Limits {
        address_per_minute: NonZeroU32::new(1),
        ..Limits::default()
    };
    let scene = Scene::sharing(limits);
    let key = &scene.app_key;
    let access = Access {
        address: Some("192.0.2.1".parse().unwrap()),
        limits_address: true,
        ..VERIFY
    };
    let ask = || scene.ask(key, &access);
    for _ in 0..3 {
        assert_eq!(shortage(&ask()).window, Window::Minute);
    }
    credit(&scene, key, Window::Minute, 60, 0..1);
    for _ in 0..3 {
        assert_eq!(shortage(&ask()).window, Window::Day);
    }
    credit(&scene, key, Window::Day, 1_000, 0..1);
    granted(ask());
}

#[test]
fn lower_limit_voids_what_is_held_and_what_is_under_way() {
    let scene = Scene::sharing(Limits::default());
    let key = scene.organization_key.clone();
    credit(&scene, &key, Window::Minute, 100, 0..10);
    granted(scene.read());
    scene.edit_key(limit(50, 0));
    assert_eq!(shortage(&scene.read()).limit.get(), 50);
    credit(&scene, &key, Window::Minute, 100, 10..20);
    shortage(&scene.read());
    credit(&scene, &key, Window::Minute, 50, 20..21);
    assert_eq!(granted(scene.read()).quota().unwrap().remaining, 29);
    // A higher one leaves what is held.
    credit(&scene, &key, Window::Minute, 50, 21..22);
    scene.edit_key(limit(80, 0));
    assert_eq!(granted(scene.read()).quota().unwrap().remaining, 58);
}

#[test]
fn question_without_cost_spends_nothing() {
    let scene = Scene::sharing(Limits::default());
    let asks = Access { cost: 0, ..READ };
    let ask = || scene.ask(&scene.organization_key, &asks);
    shortage(&ask());
    credit(&scene, &scene.organization_key, Window::Minute, 100, 0..1);
    for _ in 0..3 {
        assert_eq!(granted(ask()).quota().unwrap().remaining, 100);
    }
    granted(scene.read());
    shortage(&ask());
}

#[test]
fn keys_without_limits_need_no_units() {
    let scene = Scene::sharing(Limits {
        organization_key_per_minute: None,
        ..Limits::default()
    });
    assert_eq!(granted(scene.read()).quota(), None);
}

#[test]
fn threads_spend_each_unit_once_while_more_come() {
    const THREADS: u32 = 4;
    const LIMIT: u32 = 20_000;
    let scene = Scene::sharing(Limits::default());
    scene.edit_key(limit(LIMIT, 0));
    let given = Mutex::new((0, 0));
    let admitted = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    match scene.read() {
                        Verification::Needs(Refill::Window { shortage, .. }) => {
                            // Others give in between as well: every second unit is theirs.
                            let mut given = given.lock().unwrap();
                            let (gone, to_this_node) = *given;
                            let next = Allotment::next(&shortage, gone, NonZeroU32::MIN);
                            let units = next.from..next.until.min(next.from + 7);
                            let both = (units.end + 7).min(LIMIT);
                            *given = (both, to_this_node + units.len());
                            let key = &scene.organization_key;
                            credit(&scene, key, Window::Minute, LIMIT, units);
                        }
                        other if code(&other) == "allow" => {
                            admitted.fetch_add(1, Ordering::Relaxed);
                        }
                        _ => break,
                    }
                }
            });
        }
    });
    let (_, to_this_node) = given.into_inner().unwrap();
    let admitted = usize::try_from(admitted.into_inner()).unwrap();
    assert_eq!(admitted, to_this_node);
    assert!(admitted > 9_000);
}
