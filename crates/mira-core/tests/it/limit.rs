//! Fixed windows: edges, costs, clocks that go back, and the bound that holds always.

use std::collections::HashMap;
use std::num::NonZeroU32;

use mira_core::{Quota, RateLimit, Rule, Timestamp, Window, WindowWord};
use proptest::prelude::*;

use crate::world::at;

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;
/// The first instant of a minute and of a UTC day.
const MIDNIGHT: i64 = 20_000 * DAY;

fn limit(limit: u32) -> NonZeroU32 {
    NonZeroU32::new(limit).unwrap()
}

fn charge(
    word: &mut WindowWord,
    window: Window,
    of: u32,
    cost: u32,
    now: i64,
) -> Result<Quota, Quota> {
    let (next, quota) = word.charge(window, limit(of), cost, at(now))?;
    *word = WindowWord::from_bits(next.to_bits());
    Ok(quota)
}

#[test]
fn window_is_full_until_its_exclusive_end() {
    for (window, length) in [(Window::Minute, MINUTE), (Window::Day, DAY)] {
        let mut word = WindowWord::default();
        let end = at(MIDNIGHT + length);
        for remaining in [1, 0] {
            let quota = charge(&mut word, window, 2, 1, MIDNIGHT).unwrap();
            assert_eq!(
                quota,
                Quota {
                    limit: 2,
                    remaining,
                    reset: end
                }
            );
        }
        let full = Quota {
            limit: 2,
            remaining: 0,
            reset: end,
        };
        assert_eq!(charge(&mut word, window, 2, 1, MIDNIGHT), Err(full));
        assert_eq!(
            charge(&mut word, window, 2, 1, MIDNIGHT + length - 1),
            Err(full)
        );
        assert_eq!(word.peek(window, limit(2), at(MIDNIGHT)), full);
        let next = charge(&mut word, window, 2, 1, MIDNIGHT + length).unwrap();
        assert_eq!(
            next,
            Quota {
                limit: 2,
                remaining: 1,
                reset: at(MIDNIGHT + 2 * length)
            }
        );
    }
}

#[test]
fn cost_is_taken_whole_or_not_at_all() {
    let mut word = WindowWord::default();
    assert_eq!(
        charge(&mut word, Window::Minute, 10, 11, MIDNIGHT)
            .unwrap_err()
            .remaining,
        10
    );
    assert_eq!(
        charge(&mut word, Window::Minute, 10, 8, MIDNIGHT)
            .unwrap()
            .remaining,
        2
    );
    assert_eq!(
        charge(&mut word, Window::Minute, 10, 3, MIDNIGHT)
            .unwrap_err()
            .remaining,
        2
    );
    assert_eq!(
        charge(&mut word, Window::Minute, 10, 2, MIDNIGHT)
            .unwrap()
            .remaining,
        0
    );
    assert_eq!(
        charge(&mut word, Window::Minute, 10, 0, MIDNIGHT)
            .unwrap()
            .remaining,
        0
    );
}

#[test]
fn limit_that_was_lowered_holds_within_the_window() {
    let mut word = WindowWord::default();
    charge(&mut word, Window::Minute, 100, 50, MIDNIGHT).unwrap();
    assert_eq!(
        charge(&mut word, Window::Minute, 10, 1, MIDNIGHT)
            .unwrap_err()
            .remaining,
        0
    );
}

#[test]
fn largest_limit_and_cost_do_not_wrap() {
    let mut word = WindowWord::default();
    assert_eq!(
        charge(&mut word, Window::Day, u32::MAX, u32::MAX, MIDNIGHT)
            .unwrap()
            .remaining,
        0
    );
    assert!(charge(&mut word, Window::Day, u32::MAX, 1, MIDNIGHT).is_err());
    assert!(charge(&mut word, Window::Day, u32::MAX, u32::MAX, MIDNIGHT).is_err());
    assert!(charge(&mut word, Window::Day, u32::MAX, 1, MIDNIGHT + DAY).is_ok());
}

#[test]
fn clock_set_back_by_less_than_a_window_does_not_open_it_again() {
    let mut word = WindowWord::default();
    charge(&mut word, Window::Minute, 1, 1, MIDNIGHT - 1).unwrap();
    charge(&mut word, Window::Minute, 1, 1, MIDNIGHT).unwrap();
    let back = charge(&mut word, Window::Minute, 1, 1, MIDNIGHT - 30_000);
    assert_eq!(back.unwrap_err().reset, at(MIDNIGHT + MINUTE));
    assert!(charge(&mut word, Window::Minute, 1, 1, MIDNIGHT).is_err());
}

#[test]
fn count_of_a_clock_that_was_far_ahead_is_forgotten() {
    let mut word = WindowWord::default();
    charge(&mut word, Window::Minute, 1, 1, MIDNIGHT + DAY).unwrap();
    assert!(charge(&mut word, Window::Minute, 1, 1, MIDNIGHT).is_ok());
}

#[test]
fn ends_of_time_have_windows_too() {
    for now in [Timestamp::MIN, at(-1), at(0), Timestamp::MAX] {
        let (word, _) = WindowWord::default()
            .charge(Window::Minute, limit(1), 1, now)
            .unwrap();
        assert!(word.charge(Window::Minute, limit(1), 1, now).is_err());
    }
}

#[test]
fn retry_after_is_the_rest_of_the_window_in_whole_seconds() {
    let quota = Quota {
        limit: 1,
        remaining: 0,
        reset: at(MINUTE),
    };
    for (now, secs) in [
        (0, 60),
        (1, 60),
        (999, 60),
        (1_000, 59),
        (59_001, 1),
        (MINUTE, 1),
        (DAY, 1),
    ] {
        assert_eq!(quota.retry_after_secs(at(now)), secs, "{now}");
    }
}

#[test]
fn own_limits_win_one_by_one_over_the_defaults() {
    let rule = |per_minute, per_day| Rule {
        per_minute: NonZeroU32::new(per_minute),
        per_day: NonZeroU32::new(per_day),
    };
    let own = RateLimit {
        per_minute: None,
        per_day: NonZeroU32::new(7),
    };
    assert_eq!(own.over(rule(60, 1_000)), rule(60, 7));
    assert_eq!(RateLimit::default().over(rule(60, 0)), rule(60, 0));
    assert!(RateLimit::default().is_default() && !own.is_default());
}

proptest! {
    #[test]
    fn never_more_than_the_limit_in_one_window(
        window in prop_oneof![Just(Window::Minute), Just(Window::Day)],
        of in 1_u32..20,
        requests in prop::collection::vec((-20_000_i64..90_000, 0_u32..8), 1..200),
    ) {
        // Steps of up to 90 s forward, and of up to 20 s back.
        let mut word = WindowWord::default();
        let mut now = MIDNIGHT - 30_000;
        let mut latest = now;
        let mut admitted: HashMap<Timestamp, u32> = HashMap::new();
        for (step, cost) in requests {
            now = (now + step).max(latest - 20_000);
            latest = latest.max(now);
            let before = word.peek(window, limit(of), at(now));
            match charge(&mut word, window, of, cost, now) {
                Ok(quota) => {
                    let used = admitted.entry(quota.reset).or_default();
                    *used += cost;
                    prop_assert!(*used <= of);
                    prop_assert_eq!(quota.remaining, of - *used);
                }
                Err(quota) => {
                    prop_assert!(cost > quota.remaining);
                    prop_assert_eq!(quota, before);
                }
            }
        }
    }
}
