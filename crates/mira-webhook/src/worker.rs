//! What delivers.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{Request, StatusCode};
use http_body_util::Full;
use mira_core::{Clock, DeliveryId, OrganizationId, Timestamp, WebhookId};
use mira_db::DbError;
use mira_key::{Entropy, EntropyError};
use mira_outbound::OutboundError;
use tokio::task::JoinSet;

pub use mira_db::BoxFuture;

use crate::queue::{self, Claimed, Outcome, Unaddressed};
use crate::schedule::pause_after;
use crate::signature::{seconds, sign};
use crate::{DeliveryState, Dispatch, Problem, Webhook};

/// How often the queue is looked at.
const TICK: Duration = Duration::from_millis(500);
/// How long an answer may take, by the Standard Webhooks specification 15 to 30 s.
const ANSWER: Duration = Duration::from_secs(20);
/// How long a claim lasts: an attempt and the writing down of it.
const CLAIM: Duration = Duration::from_mins(1);
/// How many deliveries are attempted at once, and how many of them to one webhook.
const AT_ONCE: u32 = 32;
const AT_ONCE_PER_WEBHOOK: u32 = 4;
/// How many messages are addressed at once.
const BATCH: u32 = 100;
/// How long messages are kept.
const KEPT_SECS: i64 = 30 * 24 * 60 * 60;
/// How many ticks lie between two times that old messages are forgotten: an hour.
const TICKS_PER_FORGETTING: u32 = 7_200;

/// Where the worker finds webhooks.
pub trait Directory: Send + Sync {
    /// The webhooks of an organization.
    fn webhooks(
        &self,
        organization_id: OrganizationId,
    ) -> BoxFuture<'_, Result<Vec<Webhook>, DbError>>;

    /// One webhook.
    fn webhook(&self, id: WebhookId) -> BoxFuture<'_, Result<Option<Webhook>, DbError>>;
}

/// Delivers the messages of one queue. Any number may work on the same queue.
pub struct Worker {
    /// The queue, and what sends from it.
    pub dispatch: Dispatch,
    /// Where webhooks are found.
    pub directory: Arc<dyn Directory>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids.
    pub entropy: Arc<dyn Entropy>,
}

/// Why a round was not finished.
#[derive(Debug, thiserror::Error)]
enum RoundError {
    #[error(transparent)]
    Database(#[from] DbError),
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}

impl Worker {
    /// Works until `stop` resolves. What is being attempted then is given up, and
    /// attempted again once its claim has lapsed.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let worker = Arc::new(self);
        let mut attempts = JoinSet::new();
        let mut stop = std::pin::pin!(stop);
        let mut ticks = 0_u32;
        loop {
            tokio::select! {
                () = &mut stop => return,
                () = tokio::time::sleep(TICK) => {}
            }
            while let Some(attempt) = attempts.try_join_next() {
                report(attempt.unwrap_or(Ok(())));
            }
            report(worker.address().await);
            report(worker.deliver(&mut attempts).await);
            if ticks.is_multiple_of(TICKS_PER_FORGETTING) {
                report(worker.forget().await);
            }
            ticks = ticks.wrapping_add(1);
        }
    }

    /// Makes a delivery of each new message for each webhook that wants it.
    async fn address(&self) -> Result<(), RoundError> {
        let read = self
            .dispatch
            .queue
            .read(|tx| Box::pin(async move { queue::unaddressed(tx, BATCH).await }));
        for message in read.await? {
            let deliveries = self.deliveries_of(&message).await?;
            let (id, now) = (message.id, self.clock.now());
            let write = self.dispatch.queue.write(move |tx| {
                Box::pin(async move { queue::address(tx, id, &deliveries, now).await })
            });
            write.await?;
        }
        Ok(())
    }

    async fn deliveries_of(
        &self,
        message: &Unaddressed,
    ) -> Result<Vec<(DeliveryId, WebhookId)>, RoundError> {
        let webhooks = self.directory.webhooks(message.organization_id).await?;
        let wanting = webhooks
            .iter()
            .filter(|webhook| webhook.is_enabled && webhook.events.contains(&message.event));
        wanting
            .map(|webhook| {
                let id = DeliveryId::generate(self.clock.now(), self.entropy.as_ref())?;
                Ok((id, webhook.id))
            })
            .collect()
    }

    /// Begins to attempt what is due, as far as there is room.
    async fn deliver(
        self: &Arc<Self>,
        attempts: &mut JoinSet<Result<(), RoundError>>,
    ) -> Result<(), RoundError> {
        let running = u32::try_from(attempts.len()).unwrap_or(AT_ONCE);
        let (room, now) = (AT_ONCE.saturating_sub(running), self.clock.now());
        let claim = self.dispatch.queue.write(move |tx| {
            Box::pin(async move { queue::claim(tx, now, CLAIM, room, AT_ONCE_PER_WEBHOOK).await })
        });
        for claimed in claim.await? {
            let worker = Arc::clone(self);
            attempts.spawn(async move { worker.attempt(claimed).await });
        }
        Ok(())
    }

    async fn forget(&self) -> Result<(), RoundError> {
        let until = self.clock.now().plus_secs(-KEPT_SECS);
        let forget = self
            .dispatch
            .queue
            .write(move |tx| Box::pin(async move { queue::forget(tx, until).await }));
        forget.await?;
        Ok(())
    }

    async fn attempt(&self, claimed: Claimed) -> Result<(), RoundError> {
        let webhook = self.directory.webhook(claimed.webhook_id).await?;
        let result = match webhook.filter(|webhook| webhook.is_enabled) {
            Some(webhook) => self.send(&webhook, &claimed).await,
            None => Err(Failure::of(Problem::Gone)),
        };
        let (id, outcome) = (claimed.id, judge(&claimed, result, self.clock.now()));
        let settle = self
            .dispatch
            .queue
            .write(move |tx| Box::pin(async move { queue::settle(tx, id, &outcome).await }));
        Ok(settle.await?)
    }

    async fn send(&self, webhook: &Webhook, claimed: &Claimed) -> Result<StatusCode, Failure> {
        let (id, now) = (claimed.message_id.to_string(), self.clock.now());
        let signature = sign(webhook.secrets.at(now), &id, now, &claimed.body);
        let request = Request::post(webhook.url.uri())
            .header(CONTENT_TYPE, "application/json")
            .header(
                USER_AGENT,
                concat!("Mira-Webhooks/", env!("CARGO_PKG_VERSION")),
            )
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds(now))
            .header("webhook-signature", signature)
            .body(Full::new(Bytes::from(claimed.body.clone())));
        let request = request.map_err(|_| Failure::of(Problem::Connect))?;
        let answer = self.dispatch.client.send(request, ANSWER).await;
        let status = answer
            .map_err(|error| Failure::of(problem(error)))?
            .status();
        if status.is_success() {
            Ok(status)
        } else {
            Err(Failure {
                problem: Problem::Status,
                status: Some(status),
            })
        }
    }
}

/// Why an attempt did not deliver, and the status if there was an answer.
#[derive(Debug, Clone, Copy)]
struct Failure {
    problem: Problem,
    status: Option<StatusCode>,
}

impl Failure {
    fn of(problem: Problem) -> Self {
        Self {
            problem,
            status: None,
        }
    }

    /// Whether it makes no sense to try again: nobody wants the message any more.
    fn is_final(self) -> bool {
        self.problem == Problem::Gone || self.status == Some(StatusCode::GONE)
    }
}

/// What becomes of a delivery after an attempt.
fn judge(claimed: &Claimed, result: Result<StatusCode, Failure>, now: Timestamp) -> Outcome {
    let attempts = claimed.attempts.saturating_add(1);
    let ended = Outcome {
        at: now,
        state: DeliveryState::Failed,
        attempts,
        next_attempt_at: now,
        status: None,
        problem: None,
    };
    match result {
        Ok(status) => Outcome {
            state: DeliveryState::Delivered,
            status: Some(status.as_u16()),
            ..ended
        },
        Err(failure) => {
            let pause = pause_after(attempts).filter(|_| !failure.is_final());
            let ended = Outcome {
                status: failure.status.map(|status| status.as_u16()),
                problem: Some(failure.problem),
                ..ended
            };
            pause.map_or(ended, |pause| Outcome {
                state: DeliveryState::Pending,
                next_attempt_at: now + pause,
                ..ended
            })
        }
    }
}

/// What is not done now is done by a later round, or by another worker.
fn report(result: Result<(), RoundError>) {
    if let Err(error) = result {
        tracing::error!(%error, "webhooks could not be delivered");
    }
}

pub(crate) fn problem(error: OutboundError) -> Problem {
    match error {
        OutboundError::Unresolved => Problem::Unresolved,
        OutboundError::Forbidden => Problem::Forbidden,
        OutboundError::Address | OutboundError::Connect(_) => Problem::Connect,
        OutboundError::Tls => Problem::Tls,
        OutboundError::Broken
        | OutboundError::NotHttp2
        | OutboundError::Unprocessed
        | OutboundError::TooLarge(_) => Problem::Broken,
        OutboundError::Deadline => Problem::Timeout,
    }
}
