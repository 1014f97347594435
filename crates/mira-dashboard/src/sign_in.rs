//! Signing in and out.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::header::{RETRY_AFTER, SET_COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use maud::{Markup, html};
use mira_console::{Caller, ConsoleError, Token};
use mira_core::User;

use crate::Dashboard;
use crate::control::{self, Input};
use crate::fault::Fault;
use crate::fields::Fields;
use crate::href::Href;
use crate::layout;
use crate::viewer::Viewer;
use crate::visit::Visit;

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/", get(home))
        .route("/settings", get(home))
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-out", post(sign_out))
}

/// Signs the bearer of `token` in and leads them on.
pub(crate) fn signed_in(visit: &Visit, token: &Token, next: &Href) -> Response {
    let mut response = next.see_other();
    let cookie = visit.cookie.set(token.expose());
    response.headers_mut().insert(SET_COOKIE, cookie);
    response
}

async fn home(viewer: Viewer) -> Response {
    viewer.href("/settings/api-keys").see_other()
}

async fn form(user: Option<Extension<User>>, uri: Uri) -> Response {
    let fields = Fields::of_query(&uri);
    if user.is_some() {
        return next(&fields).see_other();
    }
    page(&fields, None).into_response()
}

async fn sign_in(
    State(dashboard): State<Dashboard>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Fault> {
    let request_id = visit.request_id.to_string();
    let (email, password) = (fields.text("email"), fields.text("password"));
    let signed = dashboard
        .console
        .sign_in(email, password, visit.address, &request_id)
        .await;
    match signed {
        Ok(session) => Ok(signed_in(&visit, &session.token, &next(&fields))),
        Err(ConsoleError::InvalidCredentials) => {
            let page = page(&fields, Some("Email or password is wrong"));
            Ok((StatusCode::UNAUTHORIZED, page).into_response())
        }
        Err(ConsoleError::TooManyAttempts { retry_after_secs }) => {
            let page = page(
                &fields,
                Some("Too many failed sign-ins. Try again in 15 minutes"),
            );
            let retry = [(RETRY_AFTER, HeaderValue::from(retry_after_secs))];
            Ok((StatusCode::TOO_MANY_REQUESTS, retry, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Signing out twice is no mistake, so it needs no session.
async fn sign_out(
    State(dashboard): State<Dashboard>,
    visit: Visit,
    caller: Option<Extension<Caller>>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    if let (Some(Extension(caller)), Some(token)) = (caller, visit.cookie.read(&headers)) {
        let token = Token::presented(token);
        dashboard.console.sign_out(&caller, &token).await?;
    }
    let mut response = Href::to("/sign-in").see_other();
    response
        .headers_mut()
        .insert(SET_COOKIE, visit.cookie.clear());
    Ok(response)
}

/// Where the person wanted to go.
fn next(fields: &Fields) -> Href {
    Href::local(fields.text("next")).unwrap_or_else(|| Href::to("/"))
}

fn page(fields: &Fields, problem: Option<&str>) -> Markup {
    let body = html! {
        h1 { "Sign in to Mira" }
        (control::problem(problem))
        form.stack method="post" action="/sign-in" {
            @if let Some(next) = Href::local(fields.text("next")) {
                input type="hidden" name="next" value=(next);
            }
            (Input::new("email", "Email", "email").required().autocomplete("username")
                .value(fields.text("email")))
            (Input::new("password", "Password", "password").required()
                .autocomplete("current-password"))
            button.button.primary.wide type="submit" { "Sign in" }
        }
    };
    layout::standalone("Sign in", &body)
}
