//! Charging for model tokens: the network's meter over the ledger.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use mira_console::{Console, ConsoleError};
use mira_network::{Charge, Meter};
use tokio::sync::watch;

/// How long to wait before a store that did not confirm is asked again.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(30),
];

/// Charges an app for a request, once, and knows which charges are under way.
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

    /// Returns when no charge is under way.
    pub(crate) async fn settled(&self) {
        self.under_way
            .subscribe()
            .wait_for(|count| *count == 0)
            .await
            .ok();
    }
}

impl Meter for LedgerMeter {
    /// Ready after the first attempt; a store that did not confirm is asked again
    /// meanwhile, which keeps no stream waiting.
    fn charge(&self, charge: Charge) -> BoxFuture<'static, ()> {
        self.under_way.send_modify(|count| *count += 1);
        let (console, under_way) = (Arc::clone(&self.console), self.under_way.clone());
        Box::pin(async move {
            if attempt(&console, &charge).await {
                under_way.send_modify(|count| *count -= 1);
                return;
            }
            tokio::spawn(async move {
                insist(&console, &charge).await;
                under_way.send_modify(|count| *count -= 1);
            });
        })
    }
}

/// Asks again until the store has confirmed. The ledger takes each request id
/// once, so that is safe.
async fn insist(console: &Console, charge: &Charge) {
    for pause in PAUSES {
        tokio::time::sleep(pause).await;
        if attempt(console, charge).await {
            return;
        }
    }
    tracing::error!(app.id = %charge.app_id, request.id = %charge.request_id, "a charge was lost");
}

/// Whether the matter is settled: charged, or never to be.
async fn attempt(console: &Console, charge: &Charge) -> bool {
    let Charge {
        app_id,
        request_id,
        cost,
        description,
        ..
    } = charge;
    let charged = console
        .charge(*app_id, *cost, &request_id.to_string(), description)
        .await;
    match charged {
        Ok(()) => true,
        Err(ConsoleError::Unavailable) => false,
        Err(error) => {
            tracing::error!(%error, app.id = %app_id, request.id = %request_id, "a charge was lost");
            true
        }
    }
}
