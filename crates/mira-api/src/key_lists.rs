//! Lists of keys.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::{Caller, KeyFilter, KeyOwner};
use mira_core::{AppId, OrganizationId};
use mira_key::ServiceName;
use mira_wire::json_response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::failure::Answer;
use crate::key_record::KeyBody;
use crate::list::{List, page};
use crate::path_id::PathId;
use crate::query::Query;
use crate::text::{EnvironmentText, KindText, StandingText, Text};

/// Which keys, and which page of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct KeysQuery {
    /// The most entries of one page. A page of keys in one state may hold fewer
    /// and still have a next one.
    #[param(minimum = 1, maximum = 100, default = 100, example = 20)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(example = "019bb80b39c07e3a8f1d2c4b5a697887")]
    cursor: Option<String>,
    /// Only keys in this state now.
    #[param(inline, example = "active")]
    state: Option<StandingText>,
    /// Only keys for this environment.
    #[param(inline, example = "production")]
    environment: Option<EnvironmentText>,
    /// Only app keys of this service.
    #[param(value_type = Option<String>, example = "verify")]
    service: Option<Text<ServiceName>>,
    /// Only keys of this family.
    #[param(inline, example = "organization")]
    kind: Option<KindText>,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_organization_keys))
        .routes(routes!(list_app_keys))
}

/// List the keys of an organization
///
/// Those of its apps too, newest first.
#[utoipa::path(get, path = "/v1/organizations/{org}/keys", tag = "Keys", params(KeysQuery),
    responses((status = 200, description = "A page of keys", body = List<KeyBody>)))]
async fn list_organization_keys(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    Query(query): Query<KeysQuery>,
) -> Answer {
    list(&api, &caller, KeyOwner::Organization(organization), query).await
}

/// List the keys of an app
///
/// Newest first.
#[utoipa::path(get, path = "/v1/apps/{app}/keys", tag = "Keys", params(KeysQuery),
    responses((status = 200, description = "A page of keys", body = List<KeyBody>)))]
async fn list_app_keys(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(app): PathId<AppId>,
    Query(query): Query<KeysQuery>,
) -> Answer {
    list(&api, &caller, KeyOwner::App(app), query).await
}

async fn list(api: &Api, caller: &Caller, owner: KeyOwner, query: KeysQuery) -> Answer {
    let page = page(query.limit, query.cursor.as_deref())?;
    let filter = KeyFilter {
        kind: query.kind.map(|kind| kind.0),
        service: query.service.map(|service| service.0),
        environment: query.environment.map(|environment| environment.0),
    };
    let keys = match query.state {
        None => api.console.keys(caller, owner, filter, page).await?,
        Some(Text(state)) => {
            api.console
                .keys_in_state(caller, owner, filter, state, page)
                .await?
        }
    };
    let now = api.console.now();
    let list = List::of(keys, |record| KeyBody::at(record, now));
    Ok(json_response(StatusCode::OK, &list))
}
