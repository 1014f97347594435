//! The queue, and what sends from it.

use std::time::Duration;

use mira_core::{DeliveryId, Timestamp, WebhookId};
use mira_db::{Database, DbError};
use mira_outbound::HttpClient;

use crate::worker::problem;
use crate::{Delivery, Problem, Receiver, queue};

/// How long the look-up of a receiver's name may take.
const LOOK_UP: Duration = Duration::from_secs(5);

/// A queue of messages and the client that they leave through. Clones are one.
#[derive(Clone, Debug)]
pub struct Dispatch {
    pub(crate) queue: Database,
    pub(crate) client: HttpClient,
}

impl Dispatch {
    /// The queue in `queue`, which [`queue_migrations`](crate::queue_migrations)
    /// made, and a client that reaches public addresses only.
    pub fn new(queue: Database, client: HttpClient) -> Self {
        Self { queue, client }
    }

    /// Whether a message to `receiver` would be sent at all, so that a mistake shows
    /// when it is made. What a name leads to is judged again at every attempt.
    pub async fn check(&self, receiver: &Receiver) -> Result<(), Problem> {
        let checked = self.client.check(receiver.uri(), LOOK_UP).await;
        checked.map_err(problem)
    }

    /// At most `limit` deliveries to a webhook, newest first, after `before`.
    pub async fn deliveries(
        &self,
        webhook: WebhookId,
        before: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<Delivery>, DbError> {
        self.queue
            .read(move |tx| {
                Box::pin(async move { queue::deliveries(tx, webhook, before, limit).await })
            })
            .await
    }

    /// One delivery.
    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, DbError> {
        self.queue
            .read(move |tx| Box::pin(async move { queue::delivery(tx, id).await }))
            .await
    }

    /// Attempts a delivery again from the beginning, whatever became of it. False if
    /// it is being attempted right now.
    pub async fn redeliver(&self, id: DeliveryId, now: Timestamp) -> Result<bool, DbError> {
        self.queue
            .write(move |tx| Box::pin(async move { queue::redeliver(tx, id, now).await }))
            .await
    }
}
