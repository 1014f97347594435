//! The set-up link: the first organization and its superadmin.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use maud::{Markup, html};
use mira_console::{ConsoleError, NewInstallation};
use mira_core::Subscription;

use crate::control::{self, Input};
use crate::fault::Fault;
use crate::fields::Fields;
use crate::href::Href;
use crate::visit::Visit;
use crate::{Dashboard, layout, sign_in};

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/setup/{token}", get(form).post(set_up))
}

async fn form(
    State(dashboard): State<Dashboard>,
    Path(token): Path<String>,
) -> Result<Markup, Fault> {
    require(&dashboard, &token)?;
    Ok(page(&token, &Fields::default(), None))
}

async fn set_up(
    State(dashboard): State<Dashboard>,
    Path(token): Path<String>,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Fault> {
    require(&dashboard, &token)?;
    let (email, password) = (fields.text("email"), fields.text("password"));
    let new = NewInstallation {
        organization_name: fields.text("organization_name").to_owned(),
        // Whoever sets an installation up runs it, so nothing is held back from
        // their own organization.
        subscription: Subscription::OPERATOR,
        email: email.to_owned(),
        name: fields.text("name").to_owned(),
        password: password.to_owned(),
    };
    match dashboard.console.set_up(new).await {
        Ok(_) => {}
        Err(ConsoleError::Invalid(problem)) => {
            let page = page(&token, &fields, Some(&problem));
            return Ok((StatusCode::BAD_REQUEST, page).into_response());
        }
        Err(error) => return Err(error.into()),
    }
    let request_id = visit.request_id.to_string();
    let session = dashboard
        .console
        .sign_in(email, password, visit.address, &request_id)
        .await?;
    Ok(sign_in::signed_in(&visit, &session.token, &Href::to("/")))
}

fn require(dashboard: &Dashboard, token: &str) -> Result<(), Fault> {
    if (dashboard.config.setup)(token) {
        Ok(())
    } else {
        Err(Fault::not_found("Set-up link"))
    }
}

fn page(token: &str, fields: &Fields, problem: Option<&str>) -> Markup {
    let body = html! {
        h1 { "Set up Mira" }
        p.muted { "You become the superadmin of this installation. This link works once." }
        (control::problem(problem))
        form.stack method="post" action=(Href::to(format!("/setup/{token}"))) {
            (Input::new("text", "Organization name", "organization_name").required()
                .value(fields.text("organization_name")).autocomplete("organization"))
            (Input::new("text", "Your name", "name").value(fields.text("name"))
                .autocomplete("name"))
            (Input::new("email", "Email", "email").required().value(fields.text("email"))
                .autocomplete("username"))
            (Input::new_password())
            button.button.primary.wide type="submit" { "Create superadmin" }
        }
    };
    layout::standalone("Set up", &body)
}
