//! One verification: the text's claims are extracted, each is put to all models,
//! and every step is told as it happens. It knows nothing of HTTP but the events.

use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use mira_core::Clock;
use mira_outbound::ChatRequest;
use mira_wire::{Instant, RequestId};
use tokio::sync::mpsc;

use crate::bill::Bill;
use crate::consensus::{Assessment, Letter, consensus};
use crate::events::{
    ClaimResult, Completed, Event, ModelAnswer, ModelUsage, Status, TokenUsage, UNCONFIRMED,
};
use crate::question::{CLAIMED, OPTIONS};
use crate::usage::Count;
use crate::verify_request::VerifyRequest;
use crate::{NetworkConfig, PricedModel, Unconfirmed, claims, question};

/// How many claims are with the models at the same time.
const CLAIMS_AT_ONCE: usize = 4;

/// One verification under way.
pub(crate) struct Verification {
    pub(crate) config: Arc<NetworkConfig>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) request: VerifyRequest,
    pub(crate) request_id: RequestId,
    pub(crate) bill: Bill,
}

/// Nobody reads the events any more.
struct ReaderLeft;

impl Verification {
    /// Runs to the end and charges. The last event waits for the charge: who has
    /// seen the end has been charged. Dropping the future gives up the model calls
    /// and charges what was used.
    pub(crate) async fn run(self, events: mpsc::Sender<Event>) {
        let last = self.verify(&events).await;
        // A reader that left has nothing more to hear, but still owes.
        let last = match self.bill.settle().await {
            Ok(()) => last,
            Err(Unconfirmed) => last.map(|_| Event::Error {
                message: UNCONFIRMED,
            }),
        };
        if let Ok(last) = last {
            events.send(last).await.ok();
        }
    }

    /// Tells of every step, and returns the last event.
    async fn verify(&self, events: &mpsc::Sender<Event>) -> Result<Event, ReaderLeft> {
        for status in [Status::Starting, Status::ExtractingClaims] {
            events.send(Event::Status { status }).await?;
        }
        let Some(claims) = self.extract_claims().await else {
            let message = "No model could extract the claims";
            return Ok(Event::Error { message });
        };
        let count = claims.len();
        let extracted = Event::ClaimsExtracted {
            claims: claims.clone(),
            count,
        };
        events.send(extracted).await?;
        events
            .send(Event::VerifyingClaims {
                total_claims: count,
            })
            .await?;
        let results = self.verify_claims(claims, events).await?;
        Ok(Event::Completed(Box::new(self.completed(results))))
    }

    /// The claims as the first model says that gives a readable answer.
    async fn extract_claims(&self) -> Option<Vec<String>> {
        let request = claims::request(&self.request.fact, self.request.domain);
        for (index, model) in self.models().iter().enumerate() {
            let Some(answer) = self.ask(index, model, &request).await else {
                continue;
            };
            if let Some(claims) = claims::parse(&answer) {
                return Some(claims);
            }
            let again = claims::repair(request.clone(), &answer);
            let answer = self.ask(index, model, &again).await;
            if let Some(claims) = answer.as_deref().and_then(claims::parse) {
                return Some(claims);
            }
        }
        None
    }

    /// Works on several claims at once and tells of them one after the other.
    async fn verify_claims(
        &self,
        claims: Vec<String>,
        events: &mpsc::Sender<Event>,
    ) -> Result<Vec<ClaimResult>, ReaderLeft> {
        // Boxed, because the list keeps room for those that are at work.
        let verdicts: Vec<_> = claims
            .iter()
            .enumerate()
            .map(|(index, claim)| Box::pin(self.verify_claim(index, claim)))
            .collect();
        let mut verdicts = stream::iter(verdicts).buffered(CLAIMS_AT_ONCE);
        let mut results = Vec::with_capacity(claims.len());
        for (claim_index, claim) in claims.iter().enumerate() {
            let claim = claim.clone();
            events
                .send(Event::VerifyingClaim { claim_index, claim })
                .await?;
            if let Some(result) = verdicts.next().await {
                events.send(claim_verified(claim_index, &result)).await?;
                results.push(result);
            }
        }
        Ok(results)
    }

    /// Puts one claim to all models at the same time.
    async fn verify_claim(&self, index: usize, claim: &str) -> ClaimResult {
        let request = question::request(claim, self.request.domain);
        let models = self.models().iter().enumerate();
        let answers: Vec<Option<Letter>> = join_all(models.map(|(index, model)| {
            let request = &request;
            async move { question::letter(&self.ask(index, model, request).await?) }
        }))
        .await;
        let consensus_answer = consensus(&answers, self.request.min_required);
        let model_answers = self.models().iter().zip(answers).map(|(model, answer)| {
            let model = model.client.id().to_owned();
            ModelAnswer { model, answer }
        });
        ClaimResult {
            id: format!("{}-{index}", self.request_id),
            claim: claim.to_owned(),
            assessment: Assessment::of(consensus_answer),
            original_question: question::text(claim, self.request.domain),
            original_options: OPTIONS,
            claimed_answer: CLAIMED,
            model_answers: model_answers.collect(),
            consensus_answer,
        }
    }

    /// Asks one model and writes the call on the bill; `None` if it failed.
    async fn ask(
        &self,
        index: usize,
        model: &PricedModel,
        request: &ChatRequest,
    ) -> Option<String> {
        let prompt_bytes = request
            .messages
            .iter()
            .map(|message| message.content.len())
            .sum();
        let call = self
            .bill
            .call(index, model.price, Count::estimated(prompt_bytes, 0));
        let Ok(answer) = model.client.complete(request, model.timeout).await else {
            call.waived();
            return None;
        };
        let estimate = || Count::estimated(prompt_bytes, answer.text.len());
        call.answered(answer.usage.map_or_else(estimate, Count::Reported));
        Some(answer.text)
    }

    fn models(&self) -> &[PricedModel] {
        let models = &self.config.models;
        models.get(..self.request.total_models).unwrap_or(models)
    }

    fn completed(&self, results: Vec<ClaimResult>) -> Completed {
        let tally = self.bill.tally();
        let total = tally.total();
        let models = self.models().iter().zip(tally.models());
        let model_usage = models.map(|(model, usage)| ModelUsage {
            model: model.client.id().to_owned(),
            total_tokens: usage.total_tokens,
        });
        Completed {
            request_id: self.request_id.to_string(),
            original_fact: self.request.fact.clone(),
            results,
            timestamp: Instant(self.clock.now()),
            min_required: self.request.min_required,
            token_usage: TokenUsage {
                prompt_tokens: total.prompt_tokens,
                completion_tokens: total.completion_tokens,
                total_tokens: total.total_tokens,
                model_usage: model_usage.collect(),
                is_estimated: tally.is_estimated(),
            },
        }
    }
}

fn claim_verified(claim_index: usize, result: &ClaimResult) -> Event {
    Event::ClaimVerified {
        claim_index,
        claim: result.claim.clone(),
        assessment: result.assessment,
        consensus_answer: result.consensus_answer,
        model_answers: result.model_answers.clone(),
    }
}

impl From<mpsc::error::SendError<Event>> for ReaderLeft {
    fn from(_: mpsc::error::SendError<Event>) -> Self {
        Self
    }
}
