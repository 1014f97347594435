//! How often each caller of the console came in this minute.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

use mira_core::{Actor, Quota, Timestamp, Window, WindowWord};

/// One window a minute for each caller. When there are more callers than places,
/// the one whose place is oldest gives it up.
pub(crate) struct CallerWindows {
    places: usize,
    callers: Mutex<Callers>,
}

#[derive(Default)]
struct Callers {
    windows: HashMap<Actor, WindowWord>,
    /// Everybody who has a window, in the order in which they came.
    order: VecDeque<Actor>,
}

impl CallerWindows {
    pub(crate) fn new(places: usize) -> Self {
        Self {
            places,
            callers: Mutex::default(),
        }
    }

    /// Counts one request of `caller`, or says when the next minute begins.
    pub(crate) fn charge(
        &self,
        caller: Actor,
        limit: NonZeroU32,
        now: Timestamp,
    ) -> Result<(), Quota> {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        let word = callers.windows.get(&caller).copied();
        let (charged, _) = word
            .unwrap_or_default()
            .charge(Window::Minute, limit, 1, now)?;
        if word.is_none() {
            if callers.windows.len() >= self.places
                && let Some(oldest) = callers.order.pop_front()
            {
                callers.windows.remove(&oldest);
            }
            callers.order.push_back(caller);
        }
        callers.windows.insert(caller, charged);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use mira_core::{Actor, KeyId, Timestamp};

    use super::CallerWindows;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const ONCE: NonZeroU32 = NonZeroU32::MIN;

    fn caller(number: u8) -> Actor {
        Actor::Key(KeyId::new(NOW, [number; 10]))
    }

    #[test]
    fn each_caller_has_a_window_that_the_next_minute_opens_again() {
        let windows = CallerWindows::new(8);
        assert!(windows.charge(caller(1), ONCE, NOW).is_ok());
        let quota = windows.charge(caller(1), ONCE, NOW).unwrap_err();
        assert!(windows.charge(caller(2), ONCE, NOW).is_ok());
        assert!(windows.charge(caller(1), ONCE, quota.reset).is_ok());
    }

    #[test]
    fn caller_without_a_place_takes_the_oldest_one_and_no_other() {
        let windows = CallerWindows::new(2);
        for number in [1, 2, 3] {
            assert!(windows.charge(caller(number), ONCE, NOW).is_ok());
        }
        for number in [2, 3] {
            let again = windows.charge(caller(number), ONCE, NOW);
            assert!(again.is_err(), "{number}");
        }
        assert!(windows.charge(caller(1), ONCE, NOW).is_ok());
        let callers = windows.callers.lock().unwrap();
        assert_eq!((callers.windows.len(), callers.order.len()), (2, 2));
    }
}
