//! Creating a key of an app.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use maud::{Markup, html};
use mira_console::ConsoleError;
use mira_core::App;
use mira_key::ServiceName;

use crate::app_page::{self, app_action, app_href};
use crate::control::{self, Input};
use crate::fault::Fault;
use crate::fields::Fields;
use crate::layout::{self, Section};
use crate::viewer::Viewer;
use crate::{Dashboard, key_form, key_shown, snippet};

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/apps/{app}/keys", post(create).get(to_app))
        .route("/apps/{app}/keys/new", get(form))
}

/// Where a key was shown once, there is nothing to see later.
async fn to_app(viewer: Viewer, Path(id): Path<String>) -> Response {
    viewer.href(format!("/apps/{id}")).see_other()
}

async fn form(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    viewer.require_admin()?;
    let app = app_page::find(&dashboard, &mut viewer, &id).await?;
    let services = dashboard.console.services();
    Ok(page(&viewer, &app, &services, &key_form::defaults(), None))
}

async fn create(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let app = app_page::find(&dashboard, &mut viewer, &id).await?;
    match issue(&dashboard, &viewer, &app, &fields).await {
        Ok(page) => Ok(page),
        Err(ConsoleError::Invalid(problem)) if viewer.is_admin() => {
            let services = dashboard.console.services();
            let page = page(&viewer, &app, &services, &fields, Some(&problem));
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn issue(
    dashboard: &Dashboard,
    viewer: &Viewer,
    app: &App,
    fields: &Fields,
) -> Result<Response, ConsoleError> {
    let service: ServiceName = fields
        .required("service")
        .map_err(|_| ConsoleError::Invalid("Choose a service".into()))?;
    let new = key_form::read_new(fields, fields.given("name").map(str::to_owned))?;
    let repeat = control::idempotency(viewer, &format!("/apps/{}/keys", app.id), fields)?;
    let settled = dashboard
        .console
        .issue_app_key(&viewer.caller, app.id, service, new, repeat)
        .await?;
    let done = app_href(viewer, app);
    let (section, issued) = (Section::Apps, &settled.value);
    Ok(key_shown::shown(viewer, section, issued, &html! {}, &done))
}

fn page(
    viewer: &Viewer,
    app: &App,
    services: &[ServiceName],
    fields: &Fields,
    problem: Option<&str>,
) -> Markup {
    let body = html! {
        (layout::back(&app_href(viewer, app), &app.name))
        (layout::heading(&html! { "Create Key" }, &html! {}, &html! {}))
        (control::problem(problem))
        form.panel.stack method="post" action=(app_action(viewer, app, "keys")) {
            (control::once(viewer.visit.request_id))
            (service_choices(services, fields))
            (Input::new("text", "Name", "name").value(fields.text("name"))
                .hint("For example Production API Key."))
            (key_form::environment_select(fields))
            (key_form::restrictions(fields))
            p.actions {
                button.button.primary type="submit" { "Create Key" }
                a.button href=(app_href(viewer, app)) { "Cancel" }
            }
        }
    };
    layout::page(viewer, Section::Apps, "Create Key", &body)
}

fn service_choices(services: &[ServiceName], fields: &Fields) -> Markup {
    let chosen = fields
        .given("service")
        .or_else(|| services.first().map(ServiceName::as_str));
    html! {
        fieldset.field {
            legend { "Service" }
            div.choices {
                @for service in services {
                    label.choice {
                        input type="radio" name="service" value=(service.as_str()) required
                            checked[chosen == Some(service.as_str())];
                        span {
                            strong { (snippet::title(*service)) }
                            span.hint { code { "mk_" (service.as_str()) "_…" } (purpose(*service)) }
                        }
                    }
                }
            }
        }
    }
}

fn purpose(service: ServiceName) -> &'static str {
    match service {
        ServiceName::VERIFY => ": checks facts with several models",
        ServiceName::INFERENCE => ": chat completions",
        ServiceName::CONSOLE => ": asks whether keys of this organization are good",
        _ => "",
    }
}
