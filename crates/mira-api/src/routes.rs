//! The routes of the console API: as they are registered, and as a list.

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use mira_wire::{ErrorCode, Refusal};
use utoipa_axum::router::OpenApiRouter;

use crate::authenticated::Authenticated;
use crate::{
    Api, apps, audit, deliveries, document, key_creation, key_groups, key_lists, keys, members,
    organizations, refusals, sessions, transactions, usage, verification, webhooks,
};

/// Every route, as method and path; `{name}` stands for one segment. `GET`
/// answers `HEAD` too.
pub const ROUTES: &[(&str, &str)] = &[
    ("POST", "/v1/sessions"),
    ("DELETE", "/v1/sessions/current"),
    ("GET", "/v1/me"),
    ("GET", "/v1/organizations"),
    ("POST", "/v1/organizations"),
    ("GET", "/v1/organizations/{org}"),
    ("PATCH", "/v1/organizations/{org}"),
    ("PUT", "/v1/organizations/{org}/subscription"),
    ("GET", "/v1/organizations/{org}/members"),
    ("POST", "/v1/organizations/{org}/members"),
    ("PATCH", "/v1/organizations/{org}/members/{user}"),
    ("DELETE", "/v1/organizations/{org}/members/{user}"),
    ("GET", "/v1/organizations/{org}/keys"),
    ("POST", "/v1/organizations/{org}/keys"),
    ("GET", "/v1/organizations/{org}/apps"),
    ("POST", "/v1/organizations/{org}/apps"),
    ("GET", "/v1/apps/{app}"),
    ("PATCH", "/v1/apps/{app}"),
    ("DELETE", "/v1/apps/{app}"),
    ("GET", "/v1/apps/{app}/keys"),
    ("POST", "/v1/apps/{app}/keys"),
    ("POST", "/v1/apps/{app}/keys/revoke"),
    ("GET", "/v1/apps/{app}/transactions"),
    ("POST", "/v1/apps/{app}/topups"),
    ("POST", "/v1/apps/{app}/adjustments"),
    ("GET", "/v1/keys/{key}"),
    ("PATCH", "/v1/keys/{key}"),
    ("POST", "/v1/keys/{key}/rotate"),
    ("POST", "/v1/keys/{key}/suspend"),
    ("POST", "/v1/keys/{key}/resume"),
    ("POST", "/v1/keys/{key}/revoke"),
    ("POST", "/v1/keys/verify"),
    ("GET", "/v1/organizations/{org}/webhooks"),
    ("POST", "/v1/organizations/{org}/webhooks"),
    ("GET", "/v1/webhooks/{webhook}"),
    ("PATCH", "/v1/webhooks/{webhook}"),
    ("DELETE", "/v1/webhooks/{webhook}"),
    ("POST", "/v1/webhooks/{webhook}/rotate-secret"),
    ("GET", "/v1/webhooks/{webhook}/deliveries"),
    (
        "POST",
        "/v1/webhooks/{webhook}/deliveries/{delivery}/redeliver",
    ),
    ("GET", "/v1/organizations/{org}/usage"),
    ("GET", "/v1/organizations/{org}/refusals"),
    ("GET", "/v1/organizations/{org}/audit-events"),
    ("GET", "/v1/audit/verify"),
    ("GET", "/v1/openapi.json"),
];

/// The routes, and the document that they were registered in.
pub(crate) fn registered() -> (Router<Arc<Api>>, String) {
    let (router, described) = OpenApiRouter::with_openapi(document::frame())
        .merge(sessions::routes())
        .merge(organizations::routes())
        .merge(members::routes())
        .merge(key_lists::routes())
        .merge(key_creation::routes())
        .merge(key_groups::routes())
        .merge(apps::routes())
        .merge(transactions::routes())
        .merge(keys::routes())
        .merge(verification::routes())
        .merge(webhooks::routes())
        .merge(deliveries::routes())
        .merge(usage::routes())
        .merge(refusals::routes())
        .merge(audit::routes())
        .merge(document::routes())
        .split_for_parts();
    (router, document::complete(described))
}

/// Refuses every other path under `/v1` and every other method, both only after
/// the caller is known.
pub(crate) fn with_fallbacks(router: Router<Arc<Api>>) -> Router<Arc<Api>> {
    router
        .method_not_allowed_fallback(async |_: Authenticated| {
            Refusal::error(ErrorCode::MethodNotAllowed)
        })
        .route("/v1", any(no_route))
        .route("/v1/", any(no_route))
        .route("/v1/{*rest}", any(no_route))
}

async fn no_route(_: Authenticated) -> Refusal {
    Refusal::error(ErrorCode::NotFound)
}
