//! What a node does by itself: ends what time has ended, and writes down usage.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::{Node, NodeError};

/// Lifelines end at most this long after their time.
const TICK: Duration = Duration::from_millis(250);
/// Usage is written every third tick: at most one second is lost in a crash,
/// the commit included.
const TICKS_PER_FLUSH: u32 = 3;

impl Node {
    /// Runs until `shutdown` resolves, then writes down what is left.
    pub async fn run(self: Arc<Self>, shutdown: impl Future<Output = ()>) {
        let (stop, stopped) = watch::channel(false);
        let until_shutdown = async {
            shutdown.await;
            stop.send_replace(true);
        };
        // Side by side: a store that keeps somebody waiting must not keep an
        // expired key's stream open.
        tokio::join!(
            until_shutdown,
            self.tick(stopped.clone()),
            self.keep_up(stopped)
        );
        log_failure("write usage", self.flush().await);
    }

    async fn tick(&self, mut stopped: watch::Receiver<bool>) {
        while !is_over(&mut stopped, TICK).await {
            self.verifier.clock().refresh();
            self.verifier.tick();
        }
    }

    async fn keep_up(&self, mut stopped: watch::Receiver<bool>) {
        let mut count = 0_u32;
        while !is_over(&mut stopped, TICK).await {
            count = count.wrapping_add(1);
            // Whoever commits catches up; this is for a change whose committer
            // did not get that far.
            log_failure("catch up with the store", self.catch_up().await);
            if count.is_multiple_of(TICKS_PER_FLUSH) {
                log_failure("write usage", self.flush().await);
            }
        }
    }
}

/// Whether the end came within `pause`.
async fn is_over(stopped: &mut watch::Receiver<bool>, pause: Duration) -> bool {
    tokio::time::timeout(pause, stopped.wait_for(|is_stopped| *is_stopped))
        .await
        .is_ok()
}

fn log_failure(what: &'static str, result: Result<(), NodeError>) {
    if let Err(error) = result {
        tracing::error!(%error, "could not {what}");
    }
}
