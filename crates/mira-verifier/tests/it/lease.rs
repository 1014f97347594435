//! The lease: no answer without one, and never a wrong one.

use std::time::Duration;

use mira_core::Clock as _;
use mira_verifier::{BootClock, Credential, Deadline, Lease, Limits};

use crate::scene::{READ, START, Scene, code};

const LEASE: Duration = Duration::from_secs(5);
const MOMENT: Duration = Duration::from_nanos(1);

fn leased() -> Scene {
    let scene = Scene::without_lease(Limits::default());
    let sent = scene.verifier.clock().boot();
    scene.verifier.extend_lease(Deadline::after(sent, LEASE));
    scene
}

#[test]
fn nothing_is_answered_before_the_first_lease() {
    let scene = Scene::without_lease(Limits::default());
    assert_eq!(scene.verifier.lease(), Lease::Absent);
    assert_eq!(code(&scene.read()), "unavailable");
    for credential in [Credential::Absent, Credential::Presented(b"unknown")] {
        assert_eq!(
            code(&scene.verifier.verify(&credential, &READ)),
            "unavailable"
        );
    }
}

#[test]
fn lease_ends_at_the_exact_instant_and_an_extension_brings_answers_back() {
    let scene = leased();
    scene.time.advance(LEASE.saturating_sub(MOMENT));
    assert_eq!(code(&scene.read()), "allow");
    assert_eq!(scene.verifier.lease(), Lease::Remaining(MOMENT));
    scene.time.advance(MOMENT);
    assert_eq!(code(&scene.read()), "unavailable");
    assert_eq!(scene.verifier.lease(), Lease::Absent);
    let sent = scene.verifier.clock().boot();
    scene.verifier.extend_lease(Deadline::after(sent, LEASE));
    assert_eq!(code(&scene.read()), "allow");
}

#[test]
fn renewal_that_was_overtaken_does_not_shorten_the_lease() {
    let scene = leased();
    let sent = scene.verifier.clock().boot();
    scene
        .verifier
        .extend_lease(Deadline::after(sent, LEASE / 2));
    assert_eq!(scene.verifier.lease(), Lease::Remaining(LEASE));
}

#[test]
fn dropped_lease_ends_answers_at_once_even_one_that_never_ends() {
    let scene = Scene::new();
    assert_eq!(scene.verifier.lease(), Lease::NeverEnds);
    assert_eq!(code(&scene.read()), "allow");
    scene.verifier.drop_lease();
    assert_eq!(code(&scene.read()), "unavailable");
    assert_eq!(scene.verifier.lease(), Lease::Absent);
}

#[test]
fn setting_the_wall_clock_neither_ends_nor_prolongs_a_lease() {
    let scene = leased();
    for wall in [START.plus_secs(-86_400), START.plus_secs(86_400)] {
        scene.time.set_wall(wall);
        assert_eq!(scene.verifier.clock().now(), wall);
        assert_eq!(scene.verifier.lease(), Lease::Remaining(LEASE));
        assert_eq!(code(&scene.read()), "allow");
    }
}

#[test]
fn longest_finite_lease_is_not_taken_for_one_that_never_ends() {
    let (clock, _) = BootClock::manual(START);
    assert!(Deadline::after(clock.boot(), Duration::MAX) < Deadline::NEVER_ENDS);
}

#[test]
fn system_clock_runs_and_its_wall_time_is_the_systems() {
    let clock = BootClock::system();
    let (boot, wall) = (clock.boot(), clock.now());
    std::thread::sleep(Duration::from_millis(20));
    clock.refresh();
    let elapsed = clock.boot().since(boot);
    assert!(elapsed >= Duration::from_millis(20));
    assert!(clock.now() - wall >= Duration::from_millis(15));
    // Files are stamped by the same system clock.
    let file = std::env::temp_dir().join(format!("mira-clock-{}", std::process::id()));
    std::fs::write(&file, "now").unwrap();
    let stamped = std::fs::metadata(&file).unwrap().modified().unwrap();
    std::fs::remove_file(&file).unwrap();
    let since_epoch = stamped.duration_since(std::time::UNIX_EPOCH).unwrap();
    let apart = clock
        .now()
        .as_millis()
        .abs_diff(i64::try_from(since_epoch.as_millis()).unwrap());
    assert!(apart < 5_000, "{apart} ms apart");
}
