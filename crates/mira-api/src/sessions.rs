//! Signing in and out, and who one is.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, SET_COOKIE};
use http::{HeaderMap, StatusCode};
use mira_console::{ConsoleError, Principal, Token};
use mira_core::User;
use mira_wire::{ClientAddress, JsonBody, RequestId, SessionCookie, json_response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::failure::{Answer, not_found};
use crate::members::UserBody;
use crate::organizations::OrganizationBody;
use crate::text::{RoleText, Text};

/// Who signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SignIn, example = json!({
    "email": "ada@example.com", "password": "correct horse battery staple",
}))]
struct SignInBody {
    /// Their address.
    email: String,
    /// Their password.
    password: String,
}

/// Who signed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionBody {
    /// The person.
    user: UserBody,
}

/// Who asks.
#[derive(Serialize, ToSchema)]
#[schema(as = Me)]
struct MeBody {
    /// The person; null for a key.
    #[schema(required)]
    user: Option<UserBody>,
    /// The key; null for a person.
    #[schema(required, example = json!(null))]
    key_id: Option<String>,
    /// What they may do.
    role: RoleText,
    /// The organization that they belong to.
    organization: OrganizationBody,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(sign_in))
        .routes(routes!(sign_out))
        .routes(routes!(me))
}

/// Sign in
///
/// Sets the session's cookie. Ten failures in 15 minutes, for an account or from
/// an address, stop further attempts there.
#[utoipa::path(post, path = "/v1/sessions", tag = "Sessions", security(()),
    request_body = SignInBody,
    responses((status = 201, description = "Signed in", body = SessionBody,
        headers(("Set-Cookie" = String, description = "The new session")))))]
async fn sign_in(
    State(api): State<Arc<Api>>,
    Extension(cookie): Extension<SessionCookie>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    Extension(request_id): Extension<RequestId>,
    JsonBody(body): JsonBody<SignInBody>,
) -> Answer {
    let signed_in = api
        .console
        .sign_in(
            &body.email,
            &body.password,
            address,
            &request_id.to_string(),
        )
        .await?;
    let user = UserBody::from(signed_in.user);
    let mut response = json_response(StatusCode::CREATED, &SessionBody { user });
    let cookie = cookie.set(signed_in.token.expose());
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

/// Sign out
///
/// Ends the session whose cookie the request carries.
#[utoipa::path(delete, path = "/v1/sessions/current", tag = "Sessions",
    responses(
        (status = 204, description = "Signed out",
            headers(("Set-Cookie" = String, description = "Takes the cookie away"))),
        (status = 404, description = "The caller is a key, which has no session"),
    ))]
async fn sign_out(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    user: Option<Extension<User>>,
    Extension(cookie): Extension<SessionCookie>,
    headers: HeaderMap,
) -> Answer {
    let token = cookie.read(&headers).filter(|_| user.is_some());
    let token = Token::presented(token.ok_or_else(|| not_found("Session"))?);
    api.console.sign_out(&caller, &token).await?;
    Ok(signed_out(cookie))
}

/// Show who asks
#[utoipa::path(get, path = "/v1/me", tag = "Sessions",
    responses((status = 200, description = "The caller", body = MeBody)))]
async fn me(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    user: Option<Extension<User>>,
) -> Answer {
    let principal = caller.principal;
    let organization_id = principal.organization_id();
    let organization_id = organization_id.ok_or(ConsoleError::Forbidden)?;
    let organization = api.console.organization(&caller, organization_id).await?;
    let key_id = match principal {
        Principal::Key { id, .. } => Some(id.to_string()),
        Principal::User { .. } | Principal::System => None,
    };
    let body = MeBody {
        user: user.map(|Extension(user)| user.into()),
        key_id,
        role: Text(principal.role()),
        organization: organization.into(),
    };
    Ok(json_response(StatusCode::OK, &body))
}

fn signed_out(cookie: SessionCookie) -> Response {
    let headers = [
        (SET_COOKIE, cookie.clear()),
        (CACHE_CONTROL, http::HeaderValue::from_static("no-store")),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
