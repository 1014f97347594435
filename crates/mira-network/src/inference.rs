//! The routes of inference: chat completions in OpenAI's form, passed through to
//! the provider and metered on the way.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use mira_core::Grant;
use mira_outbound::{ModelError, OutboundError, read_bounded};
use mira_wire::{ErrorCode, JsonBody, Operation, Refusal, RequestId, json_response};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::chat_body::ChatBody;
use crate::events::stream_headers;
use crate::passage::Passage;
use crate::usage::Count;
use crate::verify::health;
use crate::{Network, NetworkConfig, PricedModel, Unconfirmed, tap};

/// Where inference begins.
pub const INFERENCE_PREFIX: &str = "/inference/v1";

/// What inference offers, below [`INFERENCE_PREFIX`].
pub const INFERENCE_OPERATIONS: &[Operation] = &[
    Operation::new("POST", "/chat/completions").metered(),
    Operation::new("GET", "/models"),
    Operation::new("GET", "/health").public(),
];

/// The longest answer in one piece; streams have no limit.
const MAX_ANSWER_BYTES: usize = 16 << 20;

/// The routes, with full paths. Behind an edge that puts a [`Grant`] and a
/// [`RequestId`] into each request's extensions and finishes each response.
pub fn inference_router(network: Arc<Network>) -> Router {
    Router::new()
        .route("/inference/v1/chat/completions", post(complete))
        .route("/inference/v1/models", get(models))
        .route("/inference/v1/health", get(health))
        .with_state(network)
}

/// The models, in OpenAI's form of a list.
async fn models(State(network): State<Arc<Network>>) -> Response {
    #[derive(Serialize)]
    struct List<'a> {
        object: &'static str,
        data: Vec<Entry<'a>>,
    }
    #[derive(Serialize)]
    struct Entry<'a> {
        id: &'a str,
        object: &'static str,
        created: i64,
        owned_by: &'a str,
    }
    let config = network.config();
    let created = network.started_at().as_secs();
    let entries = config.models.iter().map(|model| {
        let id = model.client.id();
        let owned_by = id.split_once('/').map_or("mira", |(owner, _)| owner);
        Entry {
            id,
            object: "model",
            created,
            owned_by,
        }
    });
    let list = List {
        object: "list",
        data: entries.collect(),
    };
    json_response(StatusCode::OK, &list)
}

async fn complete(
    State(network): State<Arc<Network>>,
    Extension(grant): Extension<Grant>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Result<Response, Refusal> {
    let config = network.config_with_models()?;
    let JsonBody(body) = JsonBody::<Box<RawValue>>::from_request(request, &()).await?;
    let body = ChatBody::parse(&body)?;
    let model = find(&config, &body.model)?;
    let subject = format!("Chat completion by {}", model.client.id());
    let bill = network.bill(&grant, request_id, subject, 1)?;
    let prompt_bytes = body.len();
    let forwarded = body.into_forwarded(model.client.name())?;
    let call = bill.call(0, model.price, Count::estimated(prompt_bytes, 0));
    match ask(model, forwarded).await {
        Ok(Answer::Stream(answer)) => {
            // From here on the passage counts.
            call.waived();
            Ok(streamed(Passage::new(
                answer,
                prompt_bytes,
                model.price,
                bill,
            )))
        }
        Ok(Answer::Whole(answer)) => {
            let Some(usage) = tap::usage_of(&answer, prompt_bytes) else {
                call.waived();
                return Err(Refusal::error(ErrorCode::BadGateway));
            };
            call.answered(usage);
            let settled = bill.settle().await;
            settled.map_err(|Unconfirmed| Refusal::unavailable())?;
            Ok(whole(answer))
        }
        Err(error) => {
            call.waived();
            Err(refusal(error))
        }
    }
}

/// An answer that can be passed on.
enum Answer {
    Stream(mira_outbound::Body),
    Whole(Bytes),
}

/// Forwards `body`. What is neither an event stream nor JSON is not an answer.
async fn ask(model: &PricedModel, body: Bytes) -> Result<Answer, ModelError> {
    let (head, answer) = model
        .client
        .forward(body, model.timeout)
        .await?
        .into_parts();
    let kind = head.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is = |wanted: &[u8]| {
        let kind = kind.unwrap_or(b"application/json");
        kind.get(..wanted.len())
            .is_some_and(|kind| kind.eq_ignore_ascii_case(wanted))
    };
    if is(b"text/event-stream") {
        Ok(Answer::Stream(answer))
    } else if is(b"application/json") {
        Ok(Answer::Whole(
            read_bounded(answer, MAX_ANSWER_BYTES, model.timeout).await?,
        ))
    } else {
        Err(ModelError::UnknownFormat)
    }
}

fn find<'a>(config: &'a NetworkConfig, id: &str) -> Result<&'a PricedModel, Refusal> {
    let model = config.models.iter().find(|model| model.client.id() == id);
    model.ok_or_else(|| Refusal::because(ErrorCode::NotFound, "Model not found"))
}

fn streamed(passage: Passage) -> Response {
    let mut response = Response::new(Body::from_stream(passage.into_stream()));
    let kind = HeaderValue::from_static("text/event-stream");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    stream_headers(&mut response);
    response
}

fn whole(answer: Bytes) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, answer).into_response()
}

/// What a failed call looks like from outside. The provider's own words stay here.
fn refusal(error: ModelError) -> Refusal {
    match error {
        ModelError::Outbound(OutboundError::Deadline) => Refusal::error(ErrorCode::GatewayTimeout),
        // The provider understood us well enough to say that the caller's body is wrong.
        ModelError::Refused(StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) => {
            Refusal::invalid("The model's provider does not accept this body")
        }
        _ => Refusal::error(ErrorCode::BadGateway),
    }
}
