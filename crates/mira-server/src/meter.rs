//! Charging for model tokens: the network's meter over the ledger.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use mira_console::Console;
use mira_network::{Charge, Meter};
use tokio::sync::watch;

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
    fn charge(&self, charge: Charge) -> BoxFuture<'static, ()> {
        self.under_way.send_modify(|count| *count += 1);
        let (console, under_way) = (Arc::clone(&self.console), self.under_way.clone());
        Box::pin(async move {
            let Charge {
                app_id,
                request_id,
                cost,
                description,
                ..
            } = charge;
            let request_id = request_id.to_string();
            let charged = console
                .charge(app_id, cost, &request_id, &description)
                .await;
            if let Err(error) = charged {
                tracing::error!(%error, %app_id, request_id, "a charge was lost");
            }
            under_way.send_modify(|count| *count -= 1);
        })
    }
}
