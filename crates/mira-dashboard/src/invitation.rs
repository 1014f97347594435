//! The invitation link, with which a person sets their password.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use maud::{Markup, html};
use mira_console::{ConsoleError, Token};
use mira_core::User;

use crate::control::{self, Input};
use crate::fault::Fault;
use crate::fields::Fields;
use crate::href::Href;
use crate::visit::Visit;
use crate::{Dashboard, layout, sign_in};

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/invitations/{token}", get(form).post(accept))
}

async fn form(
    State(dashboard): State<Dashboard>,
    Path(token): Path<String>,
) -> Result<Markup, Fault> {
    let token = Token::presented(&token);
    let user = dashboard.console.invitation(&token).await?;
    Ok(page(&token, &user, None))
}

async fn accept(
    State(dashboard): State<Dashboard>,
    Path(token): Path<String>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Fault> {
    let (token, console) = (Token::presented(&token), &dashboard.console);
    let request_id = visit.request_id.to_string();
    let accepted = console
        .accept_invitation(&token, fields.text("password"), &request_id)
        .await;
    match accepted {
        Ok(session) => Ok(sign_in::signed_in(&visit, &session.token, &Href::to("/"))),
        Err(ConsoleError::Invalid(problem)) => {
            let user = console.invitation(&token).await?;
            let page = page(&token, &user, Some(&problem));
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn page(token: &Token, user: &User, problem: Option<&str>) -> Markup {
    let action = Href::to(format!("/invitations/{}", token.expose()));
    let body = html! {
        h1 { "Welcome to Mira" }
        p.muted { "Set a password for " strong { (user.email) } ". This link works once." }
        (control::problem(problem))
        form.stack method="post" action=(action) {
            // Lets password managers keep the password under the right name.
            input.visually-hidden type="email" name="email" value=(user.email) readonly
                autocomplete="username" tabindex="-1" aria-hidden="true";
            (Input::new_password())
            button.button.primary.wide type="submit" { "Set password and sign in" }
        }
    };
    layout::standalone("Welcome", &body)
}
