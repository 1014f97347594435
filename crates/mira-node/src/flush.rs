//! What a node does by itself: ends what time has ended, and writes down usage.

use std::sync::Arc;
use std::time::Duration;

use mira_store::usage::{self, Day, Increment};
use mira_store::{StoreError, keys};
use mira_verifier::Lease;

use crate::{Node, NodeError};

/// Lifelines end at most this long after their time.
const TICK: Duration = Duration::from_millis(250);
/// Usage is written every fourth tick: at most one second is lost in a crash,
/// the commit included.
const TICKS_PER_FLUSH: u32 = 3;

impl Node {
    /// Runs until `shutdown` resolves, then writes down what is left.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut count = 0_u32;
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                _ = ticks.tick() => {}
            }
            self.verifier.clock().refresh();
            self.verifier.tick();
            count = count.wrapping_add(1);
            if self.verifier.lease() == Lease::Absent {
                // An earlier change could not be read back; try again.
                log_failure("catch up with the store", self.catch_up().await);
            }
            if count.is_multiple_of(TICKS_PER_FLUSH) {
                log_failure("write usage", self.flush().await);
            }
        }
        log_failure("write usage", self.flush().await);
    }

    /// Writes what was counted since the last call.
    pub async fn flush(&self) -> Result<(), NodeError> {
        let tallies = self.verifier.drain_tallies();
        if tallies.is_empty() {
            return Ok(());
        }
        let today = Day::of(mira_core::Clock::now(self.verifier.clock()));
        let increments: Vec<Increment> = tallies
            .iter()
            .map(|tally| Increment {
                key_id: tally.key_id,
                day: tally.last_used.map_or(today, Day::of),
                tally: usage::Tally {
                    allowed: tally.allowed,
                    denied: tally.denied,
                },
            })
            .collect();
        let last_used: Vec<_> = tallies
            .iter()
            .filter_map(|tally| Some((tally.key_id, tally.last_used?)))
            .collect();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    usage::add(tx, &increments).await?;
                    keys::touch_last_used(tx, &last_used).await?;
                    Ok::<_, StoreError>(())
                })
            })
            .await?;
        Ok(())
    }
}

fn log_failure(what: &'static str, result: Result<(), NodeError>) {
    if let Err(error) = result {
        tracing::error!(%error, "could not {what}");
    }
}
