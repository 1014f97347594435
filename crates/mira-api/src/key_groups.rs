//! Revoking all keys of one environment of an app.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::KeyGroup;
use mira_core::{AppId, KeyRecord, Role, Timestamp};
use mira_key::ServiceName;
use mira_wire::{JsonBody, json_response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::body::Body;
use crate::effect::{WithEffect, settled};
use crate::failure::Answer;
use crate::key_record::KeyBody;
use crate::path_id::PathId;
use crate::text::{EnvironmentText, Text};

/// Which keys of an app are revoked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupRevocation, example = json!({
    "environment": "staging", "reason": "The staging server was broken into", "dry_run": true,
}))]
struct GroupRevocationBody {
    /// The environment.
    environment: EnvironmentText,
    /// The service; every one if absent.
    #[schema(value_type = Option<String>, example = "verify")]
    service: Option<Text<ServiceName>>,
    /// For the audit trail; up to 500 characters.
    reason: Option<String>,
    /// Whether to say what would be revoked, and revoke nothing.
    #[serde(default)]
    dry_run: bool,
}

/// The keys that were revoked, or would be.
#[derive(Serialize, ToSchema)]
#[schema(as = RevokedGroup)]
struct RevokedGroupBody {
    /// Whether nothing was revoked, because nothing was to be.
    dry_run: bool,
    /// How many keys.
    count: usize,
    /// Their records.
    keys: Vec<KeyBody>,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(revoke_app_keys))
}

/// Revoke the keys of one environment
///
/// All keys of the app for this environment that can be used or are suspended, at one
/// barrier. With `dry_run` it says which, and the effect is absent.
#[utoipa::path(post, path = "/v1/apps/{app}/keys/revoke", tag = "Keys",
    request_body = GroupRevocationBody,
    responses(
        (status = 200, description = "The keys and the effect", body = WithEffect<RevokedGroupBody>),
        (status = 202, description = "Committed, and not yet effective everywhere",
            body = WithEffect<RevokedGroupBody>),
    ))]
async fn revoke_app_keys(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(app_id): PathId<AppId>,
    body: Body<GroupRevocationBody>,
) -> Answer {
    api.app_as(Role::Admin, &caller, app_id).await?;
    let JsonBody(body) = body?;
    let group = KeyGroup {
        app_id,
        environment: body.environment.0,
        service: body.service.map(|service| service.0),
    };
    let now = api.console.now();
    if body.dry_run {
        let keys = api.console.group(&caller, group).await?;
        let body = RevokedGroupBody::of(keys, now, true);
        return Ok(json_response(StatusCode::OK, &body));
    }
    let reason = body.reason.as_deref();
    let revoked = api.console.revoke_group(&caller, group, reason).await?;
    let body = RevokedGroupBody::of(revoked.value, now, false);
    Ok(settled(body, revoked.effect))
}

impl RevokedGroupBody {
    fn of(keys: Vec<KeyRecord>, now: Timestamp, dry_run: bool) -> Self {
        let keys: Vec<_> = keys.into_iter().map(|key| KeyBody::at(key, now)).collect();
        Self {
            dry_run,
            count: keys.len(),
            keys,
        }
    }
}
