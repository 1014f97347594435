//! Charging for model tokens: the network's meter over the ledger.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use mira_console::{Console, ConsoleError};
use mira_network::{Charge, Meter, Unconfirmed};
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};

/// How long to wait before a store that did not confirm is asked again: longer each
/// time, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(10);
/// How long an answer waits for its charge. A node without its store has lost its lease
/// by then, and with it every open stream.
const PATIENCE: Duration = Duration::from_secs(10);
/// With so many charges under way no more work begins: neither the memory for them nor
/// what they are about is worth more.
const MOST_UNDER_WAY: usize = 10_000;

/// Charges an app for a request, once, and knows which charges are under way.
///
/// Whoever was told of a charge finds it in the ledger, also after a crash at that
/// moment: the end of an answer waits for the store. What the store does not confirm is
/// tried for as long as the process lives.
pub(crate) struct LedgerMeter {
    console: Arc<Console>,
    under_way: watch::Sender<usize>,
}

impl LedgerMeter {
    pub(crate) fn new(console: Arc<Console>) -> Self {
        Self {
            console,
            under_way: watch::Sender::new(0),
        }
    }

    /// Returns when no charge is under way, or says how many are when `patience` ends.
    pub(crate) async fn settled(&self, patience: Duration) -> Result<(), usize> {
        let mut under_way = self.under_way.subscribe();
        let settled = timeout(patience, under_way.wait_for(|count| *count == 0)).await;
        settled.map(|_| ()).map_err(|_| *self.under_way.borrow())
    }
}

impl Meter for LedgerMeter {
    fn charge(&self, charge: Charge) -> BoxFuture<'static, Result<(), Unconfirmed>> {
        self.under_way.send_modify(|count| *count += 1);
        let (console, under_way) = (Arc::clone(&self.console), self.under_way.clone());
        Box::pin(async move {
            let (tell, told) = oneshot::channel();
            // In a task of its own, which goes on when nobody waits any longer.
            tokio::spawn(async move {
                let settled = insist(&console, &charge).await;
                under_way.send_modify(|count| *count -= 1);
                // Whoever does not listen has given up.
                tell.send(settled).ok();
            });
            let told = timeout(PATIENCE, told).await;
            told.map_or(Err(Unconfirmed), |told| told.unwrap_or(Err(Unconfirmed)))
        })
    }

    fn is_open(&self) -> bool {
        *self.under_way.borrow() < MOST_UNDER_WAY
    }
}

/// Asks until the store has confirmed. The ledger takes each request id once, so that
/// is safe.
async fn insist(console: &Console, charge: &Charge) -> Result<(), Unconfirmed> {
    let (app, request) = (charge.app_id, charge.request_id);
    let mut pause = FIRST_PAUSE;
    loop {
        match attempt(console, charge).await {
            Ok(()) => return Ok(()),
            Err(error @ (ConsoleError::Invalid(_) | ConsoleError::NotFound(_))) => {
                tracing::error!(%error, app.id = %app, request.id = %request, "a charge was lost");
                return Err(Unconfirmed);
            }
            Err(error) => {
                tracing::warn!(%error, app.id = %app, request.id = %request, "a charge waits");
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

async fn attempt(console: &Console, charge: &Charge) -> Result<(), ConsoleError> {
    let request_id = charge.request_id.to_string();
    console
        .charge(charge.app_id, charge.cost, &request_id, &charge.description)
        .await
}
