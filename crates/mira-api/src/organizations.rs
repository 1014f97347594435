//! Organizations and their subscriptions.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::OrganizationEdit;
use mira_core::{Organization, OrganizationId, Role, Subscription};
use mira_wire::{Instant, JsonBody, json_response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::body::{Body, present};
use crate::effect::{WithEffect, settled};
use crate::failure::Answer;
use crate::idempotency::{IdempotencyKey, status};
use crate::list::{List, ListQuery};
use crate::path_id::PathId;
use crate::query::Query;
use crate::text::{OrganizationStateText, PlanText, SubscriptionStatusText, Text};

/// A tenant.
#[derive(Serialize, ToSchema)]
#[schema(as = Organization, example = json!({
    "id": "org_019bb80b2e107c4d9a3f5e6b7c8d9e0f",
    "name": "Acme",
    "state": "active",
    "subscription": {"plan": "business", "status": "active", "current_period_end": null},
    "created_at": "2026-01-15T10:30:00.000Z",
}))]
pub(crate) struct OrganizationBody {
    /// Its id.
    id: String,
    /// Its name, 1 to 100 characters.
    name: String,
    /// Whether its keys may be used.
    state: OrganizationStateText,
    /// What it has subscribed to.
    subscription: SubscriptionBody,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// What an organization has subscribed to. Organization keys take an active
/// `business` or `enterprise` subscription whose period has not ended.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Subscription, example = json!({
    "plan": "business", "status": "active", "current_period_end": "2027-01-01T00:00:00.000Z",
}))]
struct SubscriptionBody {
    /// The plan.
    plan: PlanText,
    /// Whether it is paid.
    status: SubscriptionStatusText,
    /// The end of the paid period; null is no end. One in the past is a lapse.
    #[schema(value_type = Option<String>, format = DateTime)]
    current_period_end: Option<Instant>,
}

/// A new organization.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewOrganization, example = json!({"name": "Acme"}))]
struct NewOrganizationBody {
    /// Its name, 1 to 100 characters.
    name: String,
}

/// A change of an organization; an absent member stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OrganizationChange, example = json!({"name": "Acme Europe"}))]
struct OrganizationChangeBody {
    /// Another name, 1 to 100 characters.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// `suspended` refuses all its keys, `active` takes that back; superadmins only.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    state: Option<OrganizationStateText>,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_organizations, create_organization))
        .routes(routes!(show_organization, change_organization))
        .routes(routes!(set_subscription))
}

/// List organizations
///
/// A superadmin's list holds all of them, anybody else's their own. Newest first.
#[utoipa::path(get, path = "/v1/organizations", tag = "Organizations", params(ListQuery),
    responses((status = 200, description = "A page of organizations",
        body = List<OrganizationBody>)))]
async fn list_organizations(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    Query(query): Query<ListQuery>,
) -> Answer {
    let page = api.console.organizations(&caller, query.page()?).await?;
    let list = List::of(page, OrganizationBody::from);
    Ok(json_response(StatusCode::OK, &list))
}

/// Create an organization
///
/// Without a subscription. Superadmins only.
#[utoipa::path(post, path = "/v1/organizations", tag = "Organizations",
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, example = "8a4d1f0c",
        description = "A repeat within 24 hours answers 200 with what was made then")),
    request_body = NewOrganizationBody,
    responses(
        (status = 201, description = "The organization", body = OrganizationBody),
        (status = 200, description = "A repeat: what was made then", body = OrganizationBody),
        (status = 409, description = "Another body was sent under this `Idempotency-Key`"),
    ))]
async fn create_organization(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    idempotency: IdempotencyKey,
    body: Body<NewOrganizationBody>,
) -> Answer {
    caller.principal.has_role(Role::Superadmin)?;
    let JsonBody(body) = body?;
    let idempotency = idempotency.of(&caller, &body)?;
    let made = api
        .console
        .create_organization(&caller, &body.name, idempotency)
        .await?
        .value;
    let status = status(&made);
    Ok(json_response(status, &OrganizationBody::from(made.record)))
}

/// Show an organization
#[utoipa::path(get, path = "/v1/organizations/{org}", tag = "Organizations",
    responses((status = 200, description = "The organization", body = OrganizationBody)))]
async fn show_organization(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<OrganizationId>,
) -> Answer {
    let organization = api.console.organization(&caller, id).await?;
    let body = OrganizationBody::from(organization);
    Ok(json_response(StatusCode::OK, &body))
}

/// Change an organization
///
/// Its admins change its name; a superadmin also suspends it, which refuses all
/// its keys, and takes that back.
#[utoipa::path(patch, path = "/v1/organizations/{org}", tag = "Organizations",
    request_body = OrganizationChangeBody,
    responses(
        (status = 200, description = "The organization; with the members of the effect, if its \
            state was given", body = OrganizationBody),
        (status = 202, description = "Committed, and not yet effective everywhere",
            body = WithEffect<OrganizationBody>),
    ))]
async fn change_organization(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<OrganizationId>,
    body: Body<OrganizationChangeBody>,
) -> Answer {
    let organization = api.organization_as(Role::Admin, &caller, id).await?;
    let JsonBody(OrganizationChangeBody { name, state }) = body?;
    if name.is_none() && state.is_none() {
        let body = OrganizationBody::from(organization);
        return Ok(json_response(StatusCode::OK, &body));
    }
    let edit = OrganizationEdit {
        name,
        state: state.map(|word| word.0),
    };
    let changed = api.console.edit_organization(&caller, id, edit).await?;
    let body = OrganizationBody::from(changed.value);
    Ok(if state.is_some() {
        settled(body, changed.effect)
    } else {
        json_response(StatusCode::OK, &body)
    })
}

/// Set what an organization has subscribed to
///
/// A lapse refuses its organization keys at once and keeps them; renewal brings
/// them back. Superadmins only.
#[utoipa::path(put, path = "/v1/organizations/{org}/subscription", tag = "Organizations",
    request_body = SubscriptionBody,
    responses(
        (status = 200, description = "The organization and the effect",
            body = WithEffect<OrganizationBody>),
        (status = 202, description = "Committed, and not yet effective everywhere",
            body = WithEffect<OrganizationBody>),
    ))]
async fn set_subscription(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<OrganizationId>,
    body: Body<SubscriptionBody>,
) -> Answer {
    api.organization_as(Role::Superadmin, &caller, id).await?;
    let JsonBody(body) = body?;
    let subscription = Subscription {
        plan: body.plan.0,
        status: body.status.0,
        current_period_end: body.current_period_end.map(|instant| instant.0),
    };
    let changed = api
        .console
        .set_subscription(&caller, id, subscription)
        .await?;
    let body = OrganizationBody::from(changed.value);
    Ok(settled(body, changed.effect))
}

impl From<Organization> for OrganizationBody {
    fn from(organization: Organization) -> Self {
        let subscription = organization.subscription;
        Self {
            id: organization.id.to_string(),
            name: organization.name,
            state: Text(organization.state),
            subscription: SubscriptionBody {
                plan: Text(subscription.plan),
                status: Text(subscription.status),
                current_period_end: subscription.current_period_end.map(Instant),
            },
            created_at: Instant(organization.created_at),
        }
    }
}
