//! Webhooks.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use mira_console::{Event, NewWebhook, Webhook, WebhookEdit};
use mira_core::{OrganizationId, Role, WebhookId};
use mira_wire::{Instant, JsonBody, json_response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::body::{Body, NoMembers, present};
use crate::failure::Answer;
use crate::list::List;
use crate::path_id::PathId;

/// A place that an organization wants its events sent to.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook, example = json!({
    "id": "wh_019bb80b5c217f608b9a0c1d2e3f4a5b",
    "organization_id": "org_019bb80b2e107c4d9a3f5e6b7c8d9e0f",
    "url": "https://example.com/hooks/mira",
    "description": "CRM",
    "events": ["report.completed"],
    "is_enabled": true,
    "created_at": "2026-01-15T10:30:00.000Z",
}))]
struct WebhookBody {
    /// Its id.
    id: String,
    /// The organization whose events it gets.
    organization_id: String,
    /// Where they are sent.
    url: String,
    /// What people call it; may be empty.
    description: String,
    /// Which events it gets.
    #[schema(value_type = Vec<EventWord>)]
    events: Vec<&'static str>,
    /// Whether anything is sent.
    is_enabled: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// What a webhook tells of.
#[derive(ToSchema)]
#[schema(as = WebhookEvent)]
#[expect(dead_code, reason = "it describes the words of the document")]
enum EventWord {
    #[schema(rename = "report.completed")]
    ReportCompleted,
    #[schema(rename = "meeting.transcript_ready")]
    MeetingTranscriptReady,
    #[schema(rename = "meeting.failed")]
    MeetingFailed,
    #[schema(rename = "roleplay.completed")]
    RoleplayCompleted,
}

/// A webhook and its new secret, this once.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookWithSecret)]
struct WithSecret {
    #[serde(flatten)]
    webhook: WebhookBody,
    /// What signs every message: `whsec_` and 32 bytes in base64.
    #[schema(example = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")]
    secret: String,
}

/// A new webhook.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewWebhook, example = json!({
    "url": "https://example.com/hooks/mira", "events": ["report.completed"],
}))]
struct NewWebhookBody {
    /// Where events are sent: an absolute URL of a public address.
    url: String,
    /// Which events it gets, at least one.
    #[schema(value_type = Vec<EventWord>, min_items = 1)]
    events: Vec<String>,
    /// What people call it.
    #[serde(default)]
    description: String,
}

/// A change of a webhook; an absent member stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookChange, example = json!({"is_enabled": false}))]
struct WebhookChangeBody {
    /// Where events are sent.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    url: Option<String>,
    /// Which events it gets.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<EventWord>>, nullable = false, min_items = 1)]
    events: Option<Vec<String>>,
    /// What people call it.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    description: Option<String>,
    /// Whether anything is sent.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    is_enabled: Option<bool>,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_webhooks, create_webhook))
        .routes(routes!(show_webhook, change_webhook, delete_webhook))
        .routes(routes!(rotate_webhook_secret))
}

/// List the webhooks of an organization
///
/// Newest first. An organization has up to 20, so this is always the whole list.
#[utoipa::path(get, path = "/v1/organizations/{org}/webhooks", tag = "Webhooks",
    responses((status = 200, description = "All webhooks", body = List<WebhookBody>)))]
async fn list_webhooks(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
) -> Answer {
    let webhooks = api.console.webhooks(&caller, organization).await?;
    let list = List::whole(webhooks.into_iter().map(WebhookBody::from).collect());
    Ok(json_response(StatusCode::OK, &list))
}

/// Create a webhook
///
/// The answer holds its signing secret, this once. Messages are signed by the
/// Standard Webhooks rules: `webhook-id`, `webhook-timestamp`, `webhook-signature`.
#[utoipa::path(post, path = "/v1/organizations/{org}/webhooks", tag = "Webhooks",
    request_body = NewWebhookBody,
    responses((status = 201, description = "The webhook and its secret", body = WithSecret)))]
async fn create_webhook(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    body: Body<NewWebhookBody>,
) -> Answer {
    api.organization_as(Role::Admin, &caller, organization)
        .await?;
    let JsonBody(body) = body?;
    let new = NewWebhook {
        url: body.url,
        description: body.description,
        events: body.events,
    };
    let made = api.console.create_webhook(&caller, organization, new);
    Ok(with_secret(made.await?))
}

/// Show a webhook
#[utoipa::path(get, path = "/v1/webhooks/{webhook}", tag = "Webhooks",
    responses((status = 200, description = "The webhook", body = WebhookBody)))]
async fn show_webhook(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<WebhookId>,
) -> Answer {
    let webhook = api.console.webhook(&caller, id).await?;
    Ok(json_response(StatusCode::OK, &WebhookBody::from(webhook)))
}

/// Change a webhook
///
/// What is on its way goes to where it points then.
#[utoipa::path(patch, path = "/v1/webhooks/{webhook}", tag = "Webhooks",
    request_body = WebhookChangeBody,
    responses((status = 200, description = "The webhook", body = WebhookBody)))]
async fn change_webhook(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<WebhookId>,
    body: Body<WebhookChangeBody>,
) -> Answer {
    api.console.webhook(&caller, id).await?;
    let JsonBody(body) = body?;
    let edit = WebhookEdit {
        url: body.url,
        description: body.description,
        events: body.events,
        is_enabled: body.is_enabled,
    };
    let webhook = api.console.change_webhook(&caller, id, edit).await?;
    Ok(json_response(StatusCode::OK, &WebhookBody::from(webhook)))
}

/// Delete a webhook
///
/// What is on its way to it is not attempted again.
#[utoipa::path(delete, path = "/v1/webhooks/{webhook}", tag = "Webhooks",
    responses((status = 204, description = "It is gone")))]
async fn delete_webhook(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<WebhookId>,
) -> Answer {
    api.console.delete_webhook(&caller, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Rotate the secret of a webhook
///
/// The answer holds the new secret, this once. The one before signs beside it for 24
/// hours, so that the receiver can change at leisure.
#[utoipa::path(post, path = "/v1/webhooks/{webhook}/rotate-secret", tag = "Webhooks",
    request_body(content = Option<NoMembers>),
    responses((status = 201, description = "The webhook and its secret", body = WithSecret)))]
async fn rotate_webhook_secret(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<WebhookId>,
    body: Body<NoMembers>,
) -> Answer {
    api.console.webhook(&caller, id).await?;
    let JsonBody(NoMembers {}) = body?;
    Ok(with_secret(
        api.console.rotate_webhook_secret(&caller, id).await?,
    ))
}

fn with_secret(webhook: Webhook) -> Response {
    let secret = webhook.secrets.current().expose().to_string();
    let webhook = WebhookBody::from(webhook);
    json_response(StatusCode::CREATED, &WithSecret { webhook, secret })
}

impl From<Webhook> for WebhookBody {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id.to_string(),
            organization_id: webhook.organization_id.to_string(),
            url: webhook.url.to_string(),
            description: webhook.description,
            events: webhook.events.into_iter().map(Event::as_str).collect(),
            is_enabled: webhook.is_enabled,
            created_at: Instant(webhook.created_at),
        }
    }
}
