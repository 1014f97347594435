//! What was sent to webhooks.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::{Delivery, DeliveryState, Problem};
use mira_core::{DeliveryId, WebhookId};
use mira_wire::{Instant, JsonBody, json_response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::body::{Body, NoMembers};
use crate::failure::Answer;
use crate::list::{List, ListQuery};
use crate::path_id::PathId;
use crate::query::Query;

/// One message on its way to one webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery, example = json!({
    "id": "dlv_019bb80b5c217f608b9a0c1d2e3f4a5b",
    "message_id": "msg_019bb80b5c217f608b9a0c1d2e3f4a5c",
    "event": "report.completed",
    "state": "pending",
    "attempts": 1,
    "created_at": "2026-01-15T10:30:00.000Z",
    "last_attempt_at": "2026-01-15T10:30:01.000Z",
    "last_status": 500,
    "last_problem": "status",
    "next_attempt_at": "2026-01-15T10:30:06.000Z",
}))]
struct DeliveryBody {
    /// Its id.
    id: String,
    /// The message, the same at every attempt: the `webhook-id`.
    message_id: String,
    /// What happened.
    event: &'static str,
    /// `pending`, `delivered` or `failed`.
    state: &'static str,
    /// How often it was attempted since it was last asked for.
    attempts: u32,
    /// When the message was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
    /// When it was attempted last.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    last_attempt_at: Option<Instant>,
    /// The HTTP status of the last answer, if there was one.
    #[schema(required)]
    last_status: Option<u16>,
    /// What went wrong at the last attempt: `status`, `unresolved`, `forbidden`,
    /// `connect`, `tls`, `broken`, `timeout`, or `gone` where the webhook is off.
    #[schema(required)]
    last_problem: Option<&'static str>,
    /// When it is attempted next, while it is pending.
    #[schema(value_type = Option<String>, format = DateTime, required)]
    next_attempt_at: Option<Instant>,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_deliveries))
        .routes(routes!(redeliver))
}

/// List what was and will be sent to a webhook
///
/// Newest first. What is done is kept for 30 days.
#[utoipa::path(get, path = "/v1/webhooks/{webhook}/deliveries", tag = "Webhooks",
    params(ListQuery),
    responses((status = 200, description = "A page of deliveries", body = List<DeliveryBody>)))]
async fn list_deliveries(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<WebhookId>,
    Query(query): Query<ListQuery>,
) -> Answer {
    let page = query.page()?;
    let deliveries = api.console.deliveries(&caller, id, page).await?;
    let list = List::of(deliveries, DeliveryBody::from);
    Ok(json_response(StatusCode::OK, &list))
}

/// Deliver again
///
/// Whatever became of it; the receiver gets it under the same `webhook-id`.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/deliveries/{delivery}/redeliver",
    tag = "Webhooks", request_body(content = Option<NoMembers>),
    responses((status = 200, description = "The delivery, pending again", body = DeliveryBody)))]
async fn redeliver(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<WebhookId>,
    PathId(delivery): PathId<DeliveryId>,
    body: Body<NoMembers>,
) -> Answer {
    api.console.webhook(&caller, id).await?;
    let JsonBody(NoMembers {}) = body?;
    let delivery = api.console.redeliver(&caller, id, delivery).await?;
    Ok(json_response(StatusCode::OK, &DeliveryBody::from(delivery)))
}

impl From<Delivery> for DeliveryBody {
    fn from(delivery: Delivery) -> Self {
        let is_pending = delivery.state == DeliveryState::Pending;
        Self {
            id: delivery.id.to_string(),
            message_id: delivery.message_id.to_string(),
            event: delivery.event.as_str(),
            state: delivery.state.as_str(),
            attempts: delivery.attempts,
            created_at: Instant(delivery.created_at),
            last_attempt_at: delivery.last_attempt_at.map(Instant),
            last_status: delivery.last_status,
            last_problem: delivery.last_problem.map(Problem::as_str),
            next_attempt_at: is_pending.then_some(Instant(delivery.next_attempt_at)),
        }
    }
}
