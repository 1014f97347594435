//! The people of an organization.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::NewMember;
use mira_core::{OrganizationId, Role, User, UserId};
use mira_wire::{Instant, JsonBody, json_response};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::base_url::BaseUrl;
use crate::body::Body;
use crate::effect::{WithEffect, settled};
use crate::failure::Answer;
use crate::idempotency::{IdempotencyKey, status};
use crate::list::{List, ListQuery};
use crate::path_id::PathId;
use crate::query::Query;
use crate::text::{RoleText, Text};

/// A person who signs in.
#[derive(Serialize, ToSchema)]
#[schema(as = User, example = json!({
    "id": "user_019bb80b31a0725b8c6d7e8f90a1b2c3",
    "organization_id": "org_019bb80b2e107c4d9a3f5e6b7c8d9e0f",
    "email": "ada@example.com",
    "name": "Ada",
    "role": "admin",
    "created_at": "2026-01-15T10:30:00.000Z",
}))]
pub(crate) struct UserBody {
    /// Their id.
    id: String,
    /// The one organization that they belong to.
    organization_id: String,
    /// The address that they sign in with.
    email: String,
    /// Their name; may be empty.
    name: String,
    /// What they may do.
    role: RoleText,
    /// When the account was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// A person to add.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMember, example = json!({
    "email": "ada@example.com", "role": "member", "name": "Ada",
}))]
struct NewMemberBody {
    /// The address that they will sign in with; one in use is a conflict.
    email: String,
    /// What they may do; only a superadmin makes superadmins.
    role: RoleText,
    /// Their name.
    name: Option<String>,
    /// Their first password, 12 to 200 characters; without one they get an
    /// invitation.
    // What makes a repeat is kept as a fast digest, which must not be one of it.
    #[serde(serialize_with = "presence")]
    password: Option<String>,
}

/// A person who was added.
#[derive(Serialize, ToSchema)]
#[schema(as = InvitedMember)]
struct InvitedBody {
    #[serde(flatten)]
    user: UserBody,
    /// Where they set their password, within 7 days; only if they have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "https://mira.example/invitations/2f5c…")]
    invitation_url: Option<String>,
}

/// Another role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MemberChange, example = json!({"role": "admin"}))]
struct MemberChangeBody {
    /// What they may do from now on.
    role: RoleText,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_members, add_member))
        .routes(routes!(change_member, remove_member))
}

/// List the people of an organization
///
/// Newest first.
#[utoipa::path(get, path = "/v1/organizations/{org}/members", tag = "Members", params(ListQuery),
    responses((status = 200, description = "A page of people", body = List<UserBody>)))]
async fn list_members(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    Query(query): Query<ListQuery>,
) -> Answer {
    let page = query.page()?;
    let members = api.console.members(&caller, organization, page).await?;
    let list = List::of(members, UserBody::from);
    Ok(json_response(StatusCode::OK, &list))
}

/// Add a person
///
/// With a first password, or with an invitation to send them.
#[utoipa::path(post, path = "/v1/organizations/{org}/members", tag = "Members",
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, example = "8a4d1f0c",
        description = "A repeat within 24 hours answers 200 with what was made then")),
    request_body = NewMemberBody,
    responses(
        (status = 201, description = "The person", body = InvitedBody),
        (status = 200, description = "A repeat: who was added then, without the invitation",
            body = UserBody),
        (status = 409, description = "The address is in use, or another body was sent under this \
            `Idempotency-Key`"),
    ))]
async fn add_member(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    BaseUrl(base): BaseUrl,
    idempotency: IdempotencyKey,
    body: Body<NewMemberBody>,
) -> Answer {
    api.organization_as(Role::Admin, &caller, organization)
        .await?;
    let JsonBody(body) = body?;
    let idempotency = idempotency.of(&caller, &body)?;
    let new = NewMember {
        email: body.email,
        role: body.role.0,
        name: body.name.unwrap_or_default(),
        password: body.password,
    };
    let added = api
        .console
        .add_member(&caller, organization, new, idempotency)
        .await?
        .value;
    let status = status(&added);
    let invitation_url = added
        .record
        .invitation
        .map(|token| format!("{base}/invitations/{}", token.expose()));
    let body = InvitedBody {
        user: added.record.user.into(),
        invitation_url,
    };
    Ok(json_response(status, &body))
}

/// Whether a secret is there, and nothing else of it.
#[expect(clippy::ref_option, reason = "the form that serde asks for")]
fn presence<S: Serializer>(secret: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(secret.is_some())
}

/// Give a person another role
///
/// The last admin of an organization stays one. Only a superadmin gives or takes
/// that role.
#[utoipa::path(patch, path = "/v1/organizations/{org}/members/{user}", tag = "Members",
    request_body = MemberChangeBody,
    responses(
        (status = 200, description = "The person and the effect", body = WithEffect<UserBody>),
        (status = 202, description = "Committed, and not yet effective everywhere",
            body = WithEffect<UserBody>),
        (status = 409, description = "They are the last admin"),
    ))]
async fn change_member(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    PathId(id): PathId<UserId>,
    body: Body<MemberChangeBody>,
) -> Answer {
    api.member_as(Role::Admin, &caller, organization, id)
        .await?;
    let JsonBody(MemberChangeBody { role: Text(role) }) = body?;
    let changed = api
        .console
        .change_member(&caller, organization, id, role)
        .await?;
    Ok(settled(UserBody::from(changed.value), changed.effect))
}

/// Remove a person
///
/// Their sessions end at once; the keys that they made stay. A repeat answers the same,
/// and waits for what it repeats.
#[utoipa::path(delete, path = "/v1/organizations/{org}/members/{user}", tag = "Members",
    responses(
        (status = 200, description = "The person and the effect", body = WithEffect<UserBody>),
        (status = 202, description = "Committed, and not yet effective everywhere",
            body = WithEffect<UserBody>),
        (status = 409, description = "They are the last admin"),
    ))]
async fn remove_member(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    PathId(id): PathId<UserId>,
) -> Answer {
    let removed = api.console.remove_member(&caller, organization, id).await?;
    Ok(settled(UserBody::from(removed.value), removed.effect))
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            organization_id: user.organization_id.to_string(),
            email: user.email,
            name: user.name,
            role: Text(user.role),
            created_at: Instant(user.created_at),
        }
    }
}
