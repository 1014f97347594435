//! The events of a verification, byte for byte, and the response that carries
//! them.

use std::time::Duration;

use axum::response::sse::{self, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt as _};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, HeaderName};
use mira_wire::Instant;
use serde::Serialize;

use crate::consensus::{Assessment, Letter};
use crate::question::Options;

/// The last words of a stream whose charge the store has not confirmed: it may have
/// been charged, or may be yet.
pub(crate) const UNCONFIRMED: &str = "The charge could not be confirmed";

/// Longer silence is filled with comments, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One event. Members stand in the order in which the contract lists them.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Event {
    /// A step begins. Its event has the name of its status.
    Status { status: Status },
    /// What the text claims.
    ClaimsExtracted { claims: Vec<String>, count: usize },
    /// The claims are about to be verified.
    #[serde(rename_all = "camelCase")]
    VerifyingClaims { total_claims: usize },
    /// One claim is being verified.
    #[serde(rename_all = "camelCase")]
    VerifyingClaim { claim_index: usize, claim: String },
    /// One claim was verified.
    ClaimVerified {
        #[serde(rename = "claimIndex")]
        claim_index: usize,
        claim: String,
        assessment: Assessment,
        consensus_answer: Option<Letter>,
        model_answers: Vec<ModelAnswer>,
    },
    /// The whole result.
    Completed(Box<Completed>),
    /// It cannot go on.
    Error { message: &'static str },
}

/// The two steps that are announced by status alone.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Starting,
    ExtractingClaims,
}

/// What one model said of a claim; `null` if it gave no letter.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ModelAnswer {
    pub(crate) model: String,
    pub(crate) answer: Option<Letter>,
}

/// Everything a verification found, and what it used.
#[derive(Debug, Serialize)]
pub(crate) struct Completed {
    #[serde(rename = "requestId")]
    pub(crate) request_id: String,
    pub(crate) original_fact: String,
    pub(crate) results: Vec<ClaimResult>,
    pub(crate) timestamp: Instant,
    #[serde(rename = "minRequired")]
    pub(crate) min_required: usize,
    #[serde(rename = "tokenUsage")]
    pub(crate) token_usage: TokenUsage,
}

/// What was found about one claim.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ClaimResult {
    pub(crate) id: String,
    pub(crate) claim: String,
    pub(crate) assessment: Assessment,
    pub(crate) original_question: String,
    pub(crate) original_options: Options,
    pub(crate) claimed_answer: Letter,
    pub(crate) model_answers: Vec<ModelAnswer>,
    pub(crate) consensus_answer: Option<Letter>,
}

/// Tokens of all model calls, extraction included.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenUsage {
    pub(crate) prompt_tokens: u64,
    pub(crate) completion_tokens: u64,
    pub(crate) total_tokens: u64,
    pub(crate) model_usage: Vec<ModelUsage>,
    /// Whether some tokens were counted by us, because a provider does not say.
    #[serde(rename = "estimated", skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_estimated: bool,
}

/// Tokens of one model's calls.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModelUsage {
    pub(crate) model: String,
    pub(crate) total_tokens: u64,
}

impl Event {
    fn name(&self) -> &'static str {
        match self {
            Self::Status {
                status: Status::Starting,
            } => "starting",
            Self::Status {
                status: Status::ExtractingClaims,
            } => "extracting_claims",
            Self::ClaimsExtracted { .. } => "claims_extracted",
            Self::VerifyingClaims { .. } => "verifying_claims",
            Self::VerifyingClaim { .. } => "verifying_claim",
            Self::ClaimVerified { .. } => "claim_verified",
            Self::Completed(_) => "completed",
            Self::Error { .. } => "error",
        }
    }

    fn to_sse(&self) -> Result<sse::Event, axum::Error> {
        sse::Event::default().event(self.name()).json_data(self)
    }
}

/// A response that sends each event the moment it exists.
pub(crate) fn response(events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let events = events.map(|event| event.to_sse());
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    stream_headers(&mut response);
    response
}

/// Headers that keep caches and proxies from holding a stream back.
pub(crate) fn stream_headers(response: &mut Response) {
    const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
}

#[cfg(test)]
mod tests {
    use futures_util::stream;
    use http_body_util::BodyExt as _;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_is_filled_with_a_comment_after_fifteen_seconds() {
        let mut body = response(stream::pending()).into_body();
        let begun = Instant::now();
        for secs in [15, 30] {
            let frame = body.frame().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), ":\n\n");
            assert_eq!(begun.elapsed().as_secs(), secs);
        }
    }
}
