//! Issuing keys: the one answer that holds a plaintext.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use mira_console::{Issued, NewKey};
use mira_core::{AppId, KeyRecord, OrganizationId, Permissions, RateLimit, Role, Timestamp};
use mira_key::{ApiKey, ServiceName};
use mira_wire::{Instant, JsonBody, json_response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::body::Body;
use crate::failure::Answer;
use crate::idempotency::IdempotencyKey;
use crate::key_record::KeyBody;
use crate::network::Networks;
use crate::path_id::PathId;
use crate::rate_limit::RateLimitBody;
use crate::text::{EnvironmentText, PermissionText, Text};

/// A new organization key.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOrganizationKey, example = json!({
    "name": "CI",
    "permissions": ["read", "write"],
    "environment": "production",
    "expires_at": "2027-01-15T00:00:00.000Z",
    "ip_allowlist": ["203.0.113.0/24"],
    "rate_limit": {"per_minute": 100},
}))]
struct NewOrganizationKeyBody {
    /// Its name, 1 to 100 characters.
    name: String,
    /// What it may do; `["read"]` if absent.
    permissions: Option<Vec<PermissionText>>,
    /// Where it is meant to be used; `production` if absent.
    environment: Option<EnvironmentText>,
    /// The end of its life, in the future.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    /// Networks and addresses that it may be used from; anywhere if absent.
    #[schema(value_type = Option<Vec<String>>)]
    ip_allowlist: Option<Networks>,
    /// Its own limits.
    rate_limit: Option<RateLimitBody>,
}

/// A new app key.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAppKey, example = json!({"service": "verify", "name": "Fact checks"}))]
struct NewAppKeyBody {
    /// The service that it is for; it never changes.
    #[schema(value_type = String, example = "verify")]
    service: Text<ServiceName>,
    /// Its name, 1 to 100 characters; named after its service if absent.
    name: Option<String>,
    /// Where it is meant to be used; `production` if absent.
    environment: Option<EnvironmentText>,
    /// The end of its life, in the future.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Instant>,
    /// Networks and addresses that it may be used from; anywhere if absent.
    #[schema(value_type = Option<Vec<String>>)]
    ip_allowlist: Option<Networks>,
    /// Its own limits.
    rate_limit: Option<RateLimitBody>,
}

/// The record of a key that was just made, and, this once, its plaintext.
#[derive(Serialize, ToSchema)]
#[schema(as = IssuedKey)]
pub(crate) struct IssuedBody<'k> {
    #[serde(flatten)]
    record: KeyBody,
    /// The plaintext. It is never shown again; a repeated request does not get it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "mira_live_a1B2…")]
    key: Option<&'k str>,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(create_organization_key))
        .routes(routes!(create_app_key))
}

/// Issue an organization key
///
/// For the Mira API. It takes an active Business or Enterprise subscription.
#[utoipa::path(post, path = "/v1/organizations/{org}/keys", tag = "Keys",
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, example = "8a4d1f0c",
        description = "A repeat within 24 hours answers 200 with the record and no plaintext")),
    request_body = NewOrganizationKeyBody,
    responses(
        (status = 201, description = "The key, its plaintext this once", body = IssuedBody),
        (status = 200, description = "A repeat: the record that was made", body = KeyBody),
        (status = 409, description = "Another body was sent under this `Idempotency-Key`"),
    ))]
async fn create_organization_key(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    idempotency: IdempotencyKey,
    body: Body<NewOrganizationKeyBody>,
) -> Answer {
    api.organization_as(Role::Admin, &caller, organization)
        .await?;
    let JsonBody(body) = body?;
    let idempotency = idempotency.of(&caller, &body)?;
    let permissions = body.permissions.as_deref().map(permissions);
    let new = NewKey {
        name: Some(body.name),
        permissions,
        environment: body.environment.map(|word| word.0).unwrap_or_default(),
        expires_at: body.expires_at.map(|instant| instant.0),
        ip_allowlist: body.ip_allowlist.map(|networks| networks.0),
        rate_limit: body.rate_limit.map(RateLimit::from).unwrap_or_default(),
    };
    let settled = api
        .console
        .issue_organization_key(&caller, organization, new, idempotency)
        .await?;
    Ok(created(settled.value, api.console.now()))
}

/// Issue an app key
///
/// For one service. The app pays for what it is used for.
#[utoipa::path(post, path = "/v1/apps/{app}/keys", tag = "Keys",
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, example = "8a4d1f0c",
        description = "A repeat within 24 hours answers 200 with the record and no plaintext")),
    request_body = NewAppKeyBody,
    responses(
        (status = 201, description = "The key, its plaintext this once", body = IssuedBody),
        (status = 200, description = "A repeat: the record that was made", body = KeyBody),
        (status = 409, description = "Another body was sent under this `Idempotency-Key`"),
    ))]
async fn create_app_key(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(app): PathId<AppId>,
    idempotency: IdempotencyKey,
    body: Body<NewAppKeyBody>,
) -> Answer {
    api.app_as(Role::Admin, &caller, app).await?;
    let JsonBody(body) = body?;
    let idempotency = idempotency.of(&caller, &body)?;
    let new = NewKey {
        name: body.name,
        permissions: None,
        environment: body.environment.map(|word| word.0).unwrap_or_default(),
        expires_at: body.expires_at.map(|instant| instant.0),
        ip_allowlist: body.ip_allowlist.map(|networks| networks.0),
        rate_limit: body.rate_limit.map(RateLimit::from).unwrap_or_default(),
    };
    let settled = api
        .console
        .issue_app_key(&caller, app, body.service.0, new, idempotency)
        .await?;
    Ok(created(settled.value, api.console.now()))
}

fn created(issued: Issued, now: Timestamp) -> Response {
    let status = status(&issued);
    json_response(
        status,
        &IssuedBody::at(issued.record, issued.key.as_ref(), now),
    )
}

/// 201, or 200 for a repeat, which has no plaintext.
pub(crate) fn status(issued: &Issued) -> StatusCode {
    match issued.key {
        Some(_) => StatusCode::CREATED,
        None => StatusCode::OK,
    }
}

impl<'k> IssuedBody<'k> {
    /// `record` as it reads at `now`, and the plaintext of its key.
    pub(crate) fn at(record: KeyRecord, key: Option<&'k ApiKey>, now: Timestamp) -> Self {
        Self {
            record: KeyBody::at(record, now),
            key: key.map(ApiKey::expose),
        }
    }
}

/// The set of the given words, each of which may stand there more than once.
pub(crate) fn permissions(words: &[PermissionText]) -> Permissions {
    words.iter().map(|word| word.0).collect()
}
