//! The routes of fact verification.

use std::sync::Arc;

use axum::extract::{FromRequest as _, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Extension, Router};
use futures_util::{Stream, stream};
use http::StatusCode;
use mira_core::Grant;
use mira_wire::{JsonBody, Operation, Refusal, RequestId, json_response};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::Network;
use crate::events::{self, Event};
use crate::verification::Verification;
use crate::verify_request::VerifyBody;

/// Where verification begins.
pub const VERIFY_PREFIX: &str = "/verify/v1";

/// What verification offers, below [`VERIFY_PREFIX`].
pub const VERIFY_OPERATIONS: &[Operation] = &[
    Operation::new("POST", "/stream").metered(),
    Operation::new("GET", "/health").public(),
];

/// How many events may wait for a slow reader before the work waits too.
const EVENTS_AHEAD: usize = 16;

/// The routes, with full paths. Behind an edge that puts a [`Grant`] and a
/// [`RequestId`] into each request's extensions and finishes each response.
pub fn verify_router(network: Arc<Network>) -> Router {
    Router::new()
        .route("/verify/v1/stream", post(verify))
        .route("/verify/v1/health", get(health))
        .with_state(network)
}

/// `{"status":"ok"}`: the service answers.
pub(crate) async fn health() -> Response {
    json_response(StatusCode::OK, &serde_json::json!({"status": "ok"}))
}

async fn verify(
    State(network): State<Arc<Network>>,
    Extension(grant): Extension<Grant>,
    Extension(request_id): Extension<RequestId>,
    request: Request,
) -> Result<Response, Refusal> {
    let config = network.config_with_models()?;
    let JsonBody(body) = JsonBody::<VerifyBody>::from_request(request, &()).await?;
    let request = body.check(config.models.len())?;
    let subject = "Verification".to_owned();
    let bill = network.bill(&grant, request_id, subject, request.total_models)?;
    let verification = Verification {
        config,
        clock: Arc::clone(network.clock()),
        request,
        request_id,
        bill,
    };
    Ok(events::response(run(verification)))
}

/// The events of `verification`, which works in a task of its own, so that a slow
/// reader does not stop the clocks of the models. Dropping the stream ends it.
fn run(verification: Verification) -> impl Stream<Item = Event> + Send {
    let (sender, receiver) = mpsc::channel(EVENTS_AHEAD);
    let mut tasks = JoinSet::new();
    tasks.spawn(verification.run(sender));
    stream::unfold((receiver, tasks), |(mut receiver, tasks)| async {
        let event = receiver.recv().await?;
        Some((event, (receiver, tasks)))
    })
}
