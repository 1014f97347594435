//! A key that is not known here may have been issued on another node just now.

use std::time::Duration;

use mira_verifier::{BoxFuture, Refill, RefillError, Refiller};
use tokio::time::{sleep, timeout};

use crate::Node;

/// How many verifications may wait for the store at once.
pub(crate) const PLACES: usize = 1024;
/// How long they wait for each other, so that one read serves many: whoever
/// presents keys that nobody issued costs the store a few hundred reads a second
/// and no more.
const GATHER: Duration = Duration::from_millis(3);
/// How long one waits.
const PATIENCE: Duration = Duration::from_secs(1);

impl Refiller for Node {
    fn refill(&self, need: Refill) -> BoxFuture<'_, Result<(), RefillError>> {
        match need {
            Refill::Key(_) => self.learn_keys(),
            Refill::Window {
                digest,
                key_id,
                shortage,
            } => Box::pin(self.allotter.fetch(digest, key_id, shortage)),
        }
    }
}

impl Node {
    /// Catches up with the changelog, which holds every key there is.
    fn learn_keys(&self) -> BoxFuture<'_, Result<(), RefillError>> {
        Box::pin(async {
            let place = self.refills.try_acquire();
            let _place = place.map_err(|_| RefillError::Overloaded)?;
            let asked = self.clock().boot();
            let refilled = async {
                sleep(GATHER).await;
                self.catch_up_since(asked).await
            };
            match timeout(PATIENCE, refilled).await {
                Ok(refilled) => Ok(refilled?),
                Err(_) => Err(RefillError::TimedOut),
            }
        })
    }
}
