//! Refused requests, for people who ask why.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::KindWord;
use mira_core::{Access, Audience, Environment, KeyId, OrganizationId, Refused};
use mira_wire::{Instant, json_response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::failure::Answer;
use crate::list::{List, page};
use crate::path_id::PathId;
use crate::query::Query;
use crate::text::{EnvironmentText, KindText, PermissionText, Text};

/// Which refusals, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RefusalQuery {
    /// The most entries of one page.
    #[param(minimum = 1, maximum = 100, default = 100, example = 20)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(example = "019bb80b39c07e3a8f1d2c4b5a697887")]
    cursor: Option<String>,
    /// Only those of this key.
    #[param(value_type = Option<String>, example = "key_019bb80b39c07e3a8f1d2c4b5a697887")]
    key: Option<Text<KeyId>>,
}

/// A request that was refused although its key is known.
#[derive(Serialize, ToSchema)]
#[schema(as = Refusal, example = json!({
    "request_id": "019bb80b-7e43-7b82-9dbc-2e3f4a5b6c7d",
    "at": "2026-01-15T10:30:00.000Z",
    "organization_id": "org_019bb80b2e107c4d9a3f5e6b7c8d9e0f",
    "key_id": "key_019bb80b39c07e3a8f1d2c4b5a697887",
    "code": "missing_permission",
    "access": {
        "kind": "organization", "service": null, "permission": "write",
        "environments": ["development", "staging", "production"],
        "address": "203.0.113.7", "metered": false,
    },
}))]
struct RefusalBody {
    /// The `X-Mira-Request-Id` of its response.
    request_id: String,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    at: Instant,
    /// Whose key it was.
    organization_id: String,
    /// The key.
    key_id: String,
    /// The code of the refusal.
    code: String,
    /// What was asked for.
    access: AccessBody,
}

/// What a request asked for; null was not asked.
#[derive(Serialize, ToSchema)]
#[schema(as = Access)]
struct AccessBody {
    /// The kind of key that the route is for.
    #[schema(required)]
    kind: Option<KindText>,
    /// The service that the route is of.
    #[schema(required)]
    service: Option<String>,
    /// The permission that it takes.
    #[schema(required)]
    permission: Option<PermissionText>,
    /// The environments that it accepts.
    environments: Vec<EnvironmentText>,
    /// Where the request came from.
    #[schema(required)]
    address: Option<String>,
    /// Whether it takes a balance.
    metered: bool,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(list_refusals))
}

/// List refused requests of an organization
///
/// Last first, for 7 days: a sample of those whose key is known, of which each node keeps
/// at most 10 a second. Beside the client's address nothing that they carried is kept: no
/// header, query or body. Admins only.
#[utoipa::path(get, path = "/v1/organizations/{org}/refusals", tag = "Reports",
    params(RefusalQuery),
    responses((status = 200, description = "A page of refusals", body = List<RefusalBody>)))]
async fn list_refusals(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    Query(query): Query<RefusalQuery>,
) -> Answer {
    let page = page(query.limit, query.cursor.as_deref())?;
    let key = query.key.map(|key| key.0);
    let refusals = api
        .console
        .refusals(&caller, organization, key, page)
        .await?;
    let list = List::of(refusals, RefusalBody::from);
    Ok(json_response(StatusCode::OK, &list))
}

impl From<Refused> for RefusalBody {
    fn from(refused: Refused) -> Self {
        Self {
            request_id: refused.request_id(),
            at: Instant(refused.at()),
            organization_id: refused.organization_id.to_string(),
            key_id: refused.key_id.to_string(),
            code: refused.code,
            access: refused.access.into(),
        }
    }
}

impl From<Access> for AccessBody {
    fn from(access: Access) -> Self {
        let (kind, service) = match access.audience {
            Audience::Any => (None, None),
            Audience::Organization => (Some(KindWord::Organization), None),
            Audience::Service(service) => (Some(KindWord::App), Some(service)),
        };
        let environments = access.environments.iter();
        Self {
            kind: kind.map(Text),
            service: service.map(|service| service.to_string()),
            permission: access.permission.map(Text),
            environments: environments.map(Text::<Environment>).collect(),
            address: access.address.map(|address| address.to_string()),
            metered: access.is_metered,
        }
    }
}
