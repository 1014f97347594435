//! Apps.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::AppEdit;
use mira_core::{App, AppId, OrganizationId, Role};
use mira_wire::{Instant, JsonBody, json_response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::amount::Dollars;
use crate::authenticated::Authenticated;
use crate::body::{Body, present};
use crate::effect::{WithEffect, settled};
use crate::failure::Answer;
use crate::idempotency::{IdempotencyKey, status};
use crate::list::{List, ListQuery};
use crate::path_id::PathId;
use crate::query::Query;

/// A customer's application, which owns app keys and a balance.
#[derive(Serialize, ToSchema)]
#[schema(as = App, example = json!({
    "id": "app_019bb80b5c217f608b9a0c1d2e3f4a5b",
    "organization_id": "org_019bb80b2e107c4d9a3f5e6b7c8d9e0f",
    "name": "Fact checker",
    "balance": 12.5,
    "low_balance_threshold": 5,
    "is_balance_low": false,
    "created_at": "2026-01-15T10:30:00.000Z",
}))]
struct AppBody {
    /// Its id.
    id: String,
    /// The organization that it belongs to.
    organization_id: String,
    /// Its name, 1 to 100 characters.
    name: String,
    /// What is left of what was paid in, in dollars.
    #[schema(value_type = f64)]
    balance: Dollars,
    /// The balance below which it is low, in dollars.
    #[schema(value_type = Option<f64>, required)]
    low_balance_threshold: Option<Dollars>,
    /// Whether the balance is below that.
    is_balance_low: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// A new app.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApp, example = json!({"name": "Fact checker"}))]
struct NewAppBody {
    /// Its name, 1 to 100 characters.
    name: String,
}

/// A change of an app; an absent member stays, null clears.
#[expect(clippy::option_option, reason = "absent stays, null clears")]
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AppChange, example = json!({"low_balance_threshold": 5}))]
struct AppChangeBody {
    /// Another name, 1 to 100 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// Another balance below which it is low, in dollars, more than 0; null is none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    low_balance_threshold: Option<Option<Dollars>>,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_apps, create_app))
        .routes(routes!(show_app, change_app, delete_app))
}

/// List the apps of an organization
///
/// Newest first.
#[utoipa::path(get, path = "/v1/organizations/{org}/apps", tag = "Apps", params(ListQuery),
    responses((status = 200, description = "A page of apps", body = List<AppBody>)))]
async fn list_apps(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    Query(query): Query<ListQuery>,
) -> Answer {
    let page = query.page()?;
    let apps = api.console.apps(&caller, organization, page).await?;
    let list = List::of(apps, AppBody::from);
    Ok(json_response(StatusCode::OK, &list))
}

/// Create an app
///
/// With an empty balance.
#[utoipa::path(post, path = "/v1/organizations/{org}/apps", tag = "Apps",
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, example = "8a4d1f0c",
        description = "A repeat within 24 hours answers 200 with what was made then")),
    request_body = NewAppBody,
    responses(
        (status = 201, description = "The app", body = AppBody),
        (status = 200, description = "A repeat: what was made then", body = AppBody),
        (status = 409, description = "Another body was sent under this `Idempotency-Key`"),
    ))]
async fn create_app(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    idempotency: IdempotencyKey,
    body: Body<NewAppBody>,
) -> Answer {
    api.organization_as(Role::Admin, &caller, organization)
        .await?;
    let JsonBody(body) = body?;
    let idempotency = idempotency.of(&caller, &body)?;
    let made = api
        .console
        .create_app(&caller, organization, &body.name, idempotency)
        .await?
        .value;
    let status = status(&made);
    Ok(json_response(status, &AppBody::from(made.record)))
}

/// Show an app
#[utoipa::path(get, path = "/v1/apps/{app}", tag = "Apps",
    responses((status = 200, description = "The app", body = AppBody)))]
async fn show_app(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<AppId>,
) -> Answer {
    let app = api.console.app(&caller, id).await?;
    Ok(json_response(StatusCode::OK, &AppBody::from(app)))
}

/// Change an app
#[utoipa::path(patch, path = "/v1/apps/{app}", tag = "Apps", request_body = AppChangeBody,
    responses((status = 200, description = "The app", body = AppBody)))]
async fn change_app(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<AppId>,
    body: Body<AppChangeBody>,
) -> Answer {
    api.app_as(Role::Admin, &caller, id).await?;
    let JsonBody(body) = body?;
    let edit = AppEdit {
        name: body.name,
        low_balance_threshold: body
            .low_balance_threshold
            .map(|threshold| threshold.map(|dollars| dollars.0)),
    };
    let app = api.console.edit_app(&caller, id, edit).await?.value;
    Ok(json_response(StatusCode::OK, &AppBody::from(app)))
}

/// Delete an app
///
/// Revokes its keys. Its transactions stay. A repeat answers the same, and waits for what
/// it repeats.
#[utoipa::path(delete, path = "/v1/apps/{app}", tag = "Apps",
    responses(
        (status = 200, description = "The app and the effect", body = WithEffect<AppBody>),
        (status = 202, description = "Committed, and not yet effective everywhere",
            body = WithEffect<AppBody>),
    ))]
async fn delete_app(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<AppId>,
) -> Answer {
    let deleted = api.console.delete_app(&caller, id).await?;
    Ok(settled(AppBody::from(deleted.value), deleted.effect))
}

impl From<App> for AppBody {
    fn from(app: App) -> Self {
        Self {
            is_balance_low: app.is_balance_low(),
            low_balance_threshold: app.low_balance_threshold.map(Dollars),
            id: app.id.to_string(),
            organization_id: app.organization_id.to_string(),
            name: app.name,
            balance: Dollars(app.balance),
            created_at: Instant(app.created_at),
        }
    }
}
