//! The life of a key.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::{Caller, ConsoleError};
use mira_core::{Edit, KeyId, RateLimit, Role};
use mira_wire::{Instant, JsonBody, json_response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::body::{Body, NoMembers, present};
use crate::effect::{WithEffect, settled, settled_as};
use crate::failure::{Answer, Failure};
use crate::idempotency::IdempotencyKey;
use crate::key_creation::{IssuedBody, permissions, status};
use crate::key_record::KeyBody;
use crate::network::Networks;
use crate::path_id::PathId;
use crate::rate_limit::RateLimitBody;
use crate::text::{EnvironmentText, PermissionText};

const DAY_SECS: u32 = 86_400;

/// A change of what is written about a key. An absent member stays; null clears
/// where there is something to clear.
#[expect(clippy::option_option, reason = "absent stays, null clears")]
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeyChange, example = json!({"name": "CI, staging", "ip_allowlist": null}))]
struct KeyChangeBody {
    /// Another name, 1 to 100 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// Other permissions, at least one; organization keys only.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    permissions: Option<Vec<PermissionText>>,
    /// Another environment.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    environment: Option<EnvironmentText>,
    /// Another end of its life, in the future; null is none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Option<Instant>>,
    /// Other networks that it may be used from; null is anywhere.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<String>>)]
    ip_allowlist: Option<Option<Networks>>,
    /// Other limits; null is the default.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<RateLimitBody>)]
    rate_limit: Option<Option<RateLimitBody>>,
    /// Another end of its grace period, at most 30 days after its rotation;
    /// retiring keys only.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, format = DateTime, required = false)]
    retires_at: Option<Instant>,
}

/// How a key is rotated.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Rotation, example = json!({"grace_period_secs": 86_400}))]
struct RotationBody {
    /// How long the old key stays good, in seconds; a day if absent.
    #[schema(maximum = 2_592_000, default = 86_400)]
    grace_period_secs: Option<u32>,
}

/// Why a key is revoked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Revocation, example = json!({"reason": "Found in a public repository"}))]
struct RevocationBody {
    /// For the audit trail; up to 500 characters.
    reason: Option<String>,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(show_key, change_key))
        .routes(routes!(rotate_key))
        .routes(routes!(suspend_key))
        .routes(routes!(resume_key))
        .routes(routes!(revoke_key))
}

/// Show a key
#[utoipa::path(get, path = "/v1/keys/{key}", tag = "Keys",
    responses((status = 200, description = "The record", body = KeyBody)))]
async fn show_key(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<KeyId>,
) -> Answer {
    let record = api.console.key(&caller, id).await?;
    let body = KeyBody::at(record, api.console.now());
    Ok(json_response(StatusCode::OK, &body))
}

/// Change a key
///
/// A revoked or expired key takes no change. One that tightens ends at the same
/// barrier as a revocation, and says so.
#[utoipa::path(patch, path = "/v1/keys/{key}", tag = "Keys", request_body = KeyChangeBody,
    responses(
        (status = 200, description = "The record; with the members of the effect, if the change \
            tightens", body = KeyBody),
        (status = 202, description = "Committed, and not yet effective everywhere",
            body = WithEffect<KeyBody>),
        (status = 409, description = "The key is revoked or expired"),
    ))]
async fn change_key(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<KeyId>,
    body: Body<KeyChangeBody>,
) -> Answer {
    let record = api.key_as(Role::Admin, &caller, id).await?;
    // A key that takes no change says so whatever the body is.
    record
        .edit(Edit::default(), api.console.now())
        .map_err(ConsoleError::from)?;
    let JsonBody(body) = body?;
    let (changed, tightens) = api.console.edit_key(&caller, id, body.into()).await?;
    let body = KeyBody::at(changed.value, api.console.now());
    Ok(if tightens {
        settled(body, changed.effect)
    } else {
        json_response(StatusCode::OK, &body)
    })
}

/// Rotate a key
///
/// It gets a successor that inherits everything but its id and its plaintext, and
/// stays good for a grace period.
#[utoipa::path(post, path = "/v1/keys/{key}/rotate", tag = "Keys",
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, example = "8a4d1f0c",
        description = "A repeat within 24 hours answers 200 with the record and no plaintext")),
    request_body(content = Option<RotationBody>),
    responses(
        (status = 201, description = "The successor, its plaintext this once",
            body = WithEffect<IssuedBody>),
        (status = 200, description = "A repeat: the successor that was made",
            body = WithEffect<KeyBody>),
        (status = 202, description = "Committed, and not yet effective everywhere",
            body = WithEffect<IssuedBody>),
        (status = 409, description = "The key is not active"),
    ))]
async fn rotate_key(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<KeyId>,
    idempotency: IdempotencyKey,
    body: Body<RotationBody>,
) -> Answer {
    api.key_as(Role::Admin, &caller, id).await?;
    let JsonBody(body) = body?;
    let idempotency = idempotency.of(&caller, &body)?;
    let grace_secs = body.grace_period_secs.unwrap_or(DAY_SECS);
    let rotated = api
        .console
        .rotate_key(&caller, id, grace_secs, idempotency)
        .await?;
    let (done, issued) = (status(&rotated.value), rotated.value);
    let body = IssuedBody::at(issued.record, issued.key.as_ref(), api.console.now());
    Ok(settled_as(done, body, rotated.effect))
}

/// Suspend a key
///
/// Until it is resumed. Suspending it again changes nothing.
#[utoipa::path(post, path = "/v1/keys/{key}/suspend", tag = "Keys",
    request_body(content = Option<NoMembers>),
    responses(
        (status = 200, description = "The record and the effect", body = WithEffect<KeyBody>),
        (status = 202, description = "Committed, and not yet effective everywhere",
            body = WithEffect<KeyBody>),
        (status = 409, description = "The key is revoked or expired"),
    ))]
async fn suspend_key(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<KeyId>,
    body: Body<NoMembers>,
) -> Answer {
    check_nothing_said(&api, &caller, id, body).await?;
    let suspended = api.console.suspend_key(&caller, id).await?;
    let body = KeyBody::at(suspended.value, api.console.now());
    Ok(settled(body, suspended.effect))
}

/// Resume a suspended key
///
/// Back to the state before. Resuming it again changes nothing.
#[utoipa::path(post, path = "/v1/keys/{key}/resume", tag = "Keys",
    request_body(content = Option<NoMembers>),
    responses(
        (status = 200, description = "The record", body = KeyBody),
        (status = 409, description = "The key is revoked or expired"),
    ))]
async fn resume_key(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<KeyId>,
    body: Body<NoMembers>,
) -> Answer {
    check_nothing_said(&api, &caller, id, body).await?;
    let resumed = api.console.resume_key(&caller, id).await?;
    let body = KeyBody::at(resumed.value, api.console.now());
    Ok(json_response(StatusCode::OK, &body))
}

/// Revoke a key
///
/// For ever. Once this has answered `"effective": true`, no request that is sent
/// afterwards is accepted, by any node. Revoking it again changes nothing.
#[utoipa::path(post, path = "/v1/keys/{key}/revoke", tag = "Keys", request_body(content = Option<RevocationBody>),
    responses(
        (status = 200, description = "The record and the effect", body = WithEffect<KeyBody>),
        (status = 202, description = "Committed, and not yet effective everywhere",
            body = WithEffect<KeyBody>),
    ))]
async fn revoke_key(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<KeyId>,
    body: Body<RevocationBody>,
) -> Answer {
    api.key_as(Role::Admin, &caller, id).await?;
    let JsonBody(RevocationBody { reason }) = body?;
    let revoked = api
        .console
        .revoke_key(&caller, id, reason.as_deref())
        .await?;
    let body = KeyBody::at(revoked.value, api.console.now());
    Ok(settled(body, revoked.effect))
}

async fn check_nothing_said(
    api: &Api,
    caller: &Caller,
    id: KeyId,
    body: Body<NoMembers>,
) -> Result<(), Failure> {
    api.key_as(Role::Admin, caller, id).await?;
    body?;
    Ok(())
}

impl From<KeyChangeBody> for Edit {
    fn from(body: KeyChangeBody) -> Self {
        Self {
            name: body.name,
            permissions: body.permissions.as_deref().map(permissions),
            environment: body.environment.map(|word| word.0),
            expires_at: body.expires_at.map(|end| end.map(|instant| instant.0)),
            ip_allowlist: body
                .ip_allowlist
                .map(|list| list.map(|networks| networks.0)),
            rate_limit: body.rate_limit.map(|limit| limit.map(RateLimit::from)),
            retires_at: body.retires_at.map(|instant| instant.0),
        }
    }
}
