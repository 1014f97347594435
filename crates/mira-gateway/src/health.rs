//! Whether an upstream can be reached.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// After a failure, one try in this time; everybody else is answered at once.
const TRY_EVERY: Duration = Duration::from_millis(250);

/// What is known of an upstream from the last attempt to connect.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<Option<Instant>>);

impl Health {
    /// Whether it was reached at the last attempt, or none was made.
    pub(crate) fn is_up(&self) -> bool {
        self.lock().is_none()
    }

    /// Whether a connection may be tried now. Of an upstream that is down,
    /// whoever is told yes is the one who tries.
    pub(crate) fn may_try(&self) -> bool {
        let mut last_try = self.lock();
        match &mut *last_try {
            None => true,
            Some(tried_at) if tried_at.elapsed() < TRY_EVERY => false,
            Some(tried_at) => {
                *tried_at = Instant::now();
                true
            }
        }
    }

    /// It was reached. Whether that is news.
    pub(crate) fn mark_up(&self) -> bool {
        self.lock().take().is_some()
    }

    /// It could not be reached. Whether that is news.
    pub(crate) fn mark_down(&self) -> bool {
        self.lock().replace(Instant::now()).is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Health, TRY_EVERY};

    #[tokio::test]
    async fn upstream_that_is_down_is_tried_by_one_at_a_time_until_it_is_back() {
        let health = Health::default();
        assert!(health.may_try() && health.may_try() && health.is_up());
        assert!(health.mark_down());
        assert!(!health.mark_down());
        assert!(!health.may_try() && !health.is_up());
        tokio::time::sleep(TRY_EVERY).await;
        assert!(health.may_try());
        assert!(!health.may_try());
        assert!(health.mark_up() && health.is_up() && health.may_try());
        assert!(!health.mark_up());
    }
}
