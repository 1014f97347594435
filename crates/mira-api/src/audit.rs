//! The audit trail.

use std::str::FromStr;
use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::{AuditEvent, AuditFilter, Integrity, Target, TargetKind};
use mira_core::{AppId, KeyId, OrganizationId, UserId, WebhookId};
use mira_wire::{Instant, json_response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::failure::Answer;
use crate::key_record::ActorBody;
use crate::list::{List, page};
use crate::path_id::PathId;
use crate::query::Query;
use crate::text::{ActionText, TargetKindText, Text};

/// Which events, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AuditQuery {
    /// The most entries of one page.
    #[param(minimum = 1, maximum = 100, default = 100, example = 20)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(example = "019bb80b39c07e3a8f1d2c4b5a697887")]
    cursor: Option<String>,
    /// Only this action.
    #[param(inline, example = "key.revoked")]
    action: Option<ActionText>,
    /// Only what was done to the key, app, member or organization with this id.
    #[param(value_type = Option<String>, example = "key_019bb80b39c07e3a8f1d2c4b5a697887")]
    target: Option<Text<TargetId>>,
}

/// One fact: who did what to what.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEvent, example = json!({
    "id": "evt_019bb80b7e437b829dbc2e3f4a5b6c7d",
    "at": "2026-01-15T10:30:00.000Z",
    "actor": {"kind": "user", "id": "user_019bb80b31a0725b8c6d7e8f90a1b2c3"},
    "action": "key.revoked",
    "target": {"kind": "key", "id": "key_019bb80b39c07e3a8f1d2c4b5a697887"},
    "organization_id": "org_019bb80b2e107c4d9a3f5e6b7c8d9e0f",
    "request_id": "019bb80b-7e43-7b82-9dbc-2e3f4a5b6c7d",
    "details": {"name": "CI", "prefix": "mira_live_a1B2"},
}))]
struct AuditEventBody {
    /// Its id.
    id: String,
    /// When it happened.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// Who did it.
    actor: ActorBody,
    /// What was done.
    action: ActionText,
    /// To what.
    target: TargetBody,
    /// In which organization; null for what concerns the installation.
    #[schema(required)]
    organization_id: Option<String>,
    /// The request that asked for it.
    #[schema(required)]
    request_id: Option<String>,
    /// What else is worth knowing. Never a secret.
    #[schema(value_type = Object)]
    details: Map<String, Value>,
}

/// What something was done to.
#[derive(Serialize, ToSchema)]
#[schema(as = Target, example = json!({
    "kind": "key", "id": "key_019bb80b39c07e3a8f1d2c4b5a697887",
}))]
struct TargetBody {
    /// What kind of thing it is.
    kind: TargetKindText,
    /// Its id, or the address that somebody tried to sign in with.
    id: String,
}

/// Whether the logs are as they were written.
#[derive(Serialize, ToSchema)]
#[schema(as = LogIntegrity, example = json!({
    "audit": {"intact": true, "entries": 1042, "broken_at": null},
    "changelog": {"intact": true, "entries": 977, "broken_at": null},
}))]
struct LogIntegrityBody {
    /// The audit trail.
    audit: IntegrityBody,
    /// The log of what decides about keys.
    changelog: IntegrityBody,
}

/// What recomputing a hash chain found.
#[derive(Serialize, ToSchema)]
#[schema(as = Integrity)]
struct IntegrityBody {
    /// Whether every entry is in its place.
    intact: bool,
    /// How many there are, if so.
    #[schema(required)]
    entries: Option<u64>,
    /// The first position whose entry is missing or changed, if not.
    #[schema(required)]
    broken_at: Option<u64>,
}

/// The id of something that a filter names; its prefix says what it is.
struct TargetId(Target);

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_audit_events))
        .routes(routes!(verify_audit))
}

/// List the audit trail of an organization
///
/// Last event first. Admins only.
#[utoipa::path(get, path = "/v1/organizations/{org}/audit-events", tag = "Reports",
    params(AuditQuery),
    responses((status = 200, description = "A page of events", body = List<AuditEventBody>)))]
async fn list_audit_events(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    Query(query): Query<AuditQuery>,
) -> Answer {
    let page = page(query.limit, query.cursor.as_deref())?;
    let filter = AuditFilter {
        organization_id: Some(organization),
        action: query.action.map(|action| action.0),
        target: query.target.map(|Text(TargetId(target))| target),
    };
    let events = api
        .console
        .audit_events(&caller, organization, filter, page)
        .await?;
    let list = List::of(events, AuditEventBody::from);
    Ok(json_response(StatusCode::OK, &list))
}

/// Check that the logs are as they were written
///
/// Recomputes their hash chains. Superadmins only.
#[utoipa::path(get, path = "/v1/audit/verify", tag = "Reports",
    responses((status = 200, description = "What was found", body = LogIntegrityBody)))]
async fn verify_audit(State(api): State<Arc<Api>>, Authenticated(caller): Authenticated) -> Answer {
    let (audit, changelog) = api.console.verify_audit(&caller).await?;
    let body = LogIntegrityBody {
        audit: audit.into(),
        changelog: changelog.into(),
    };
    Ok(json_response(StatusCode::OK, &body))
}

impl From<AuditEvent> for AuditEventBody {
    fn from(event: AuditEvent) -> Self {
        Self {
            id: event.id.to_string(),
            at: Instant(event.at),
            actor: event.actor.into(),
            action: Text(event.action),
            target: TargetBody {
                kind: Text(event.target.kind),
                id: event.target.id,
            },
            organization_id: event.organization_id.map(|id| id.to_string()),
            request_id: event.request_id,
            details: event.details,
        }
    }
}

impl From<Integrity> for IntegrityBody {
    fn from(integrity: Integrity) -> Self {
        let (entries, broken_at) = match integrity {
            Integrity::Intact { entries } => (Some(entries), None),
            Integrity::BrokenAt(position) => (None, Some(position)),
        };
        Self {
            intact: broken_at.is_none(),
            entries,
            broken_at,
        }
    }
}

impl FromStr for TargetId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kind = if text.parse::<KeyId>().is_ok() {
            TargetKind::Key
        } else if text.parse::<AppId>().is_ok() {
            TargetKind::App
        } else if text.parse::<UserId>().is_ok() {
            TargetKind::User
        } else if text.parse::<OrganizationId>().is_ok() {
            TargetKind::Organization
        } else if text.parse::<WebhookId>().is_ok() {
            TargetKind::Webhook
        } else {
            return Err(
                "target is the id of a key, an app, a member, an organization or a webhook",
            );
        };
        let id = text.to_owned();
        Ok(Self(Target { kind, id }))
    }
}
