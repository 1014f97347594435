//! The keys of an app for one environment: found together, and revoked together
//! after one more look.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use mira_console::{ConsoleError, KeyFilter, KeyGroup};
use mira_core::{App, Environment, KeyRecord};
use mira_key::ServiceName;

use crate::app_page::{self, app_action, app_href, filtered};
use crate::control::Input;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::key_form::environment_title;
use crate::key_table::key_table;
use crate::layout::{self, Section};
use crate::viewer::Viewer;
use crate::{Dashboard, snippet};

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/apps/{app}/keys/revoke", get(confirm).post(revoke))
}

/// Chooses among the keys of an app, and leads to the end of those chosen.
pub(crate) fn filter_form(
    viewer: &Viewer,
    app: &App,
    filter: KeyFilter,
    services: &[ServiceName],
) -> Markup {
    let group = filter.environment.map(|environment| {
        let filter = KeyFilter {
            environment: Some(environment),
            ..filter
        };
        let href = filtered(app_action(viewer, app, "keys/revoke"), filter);
        (href, environment)
    });
    html! {
        form.filter method="get" action=(app_href(viewer, app)) {
            // A form that sends with GET replaces the query of its action.
            @if viewer.organization.id != viewer.user.organization_id {
                input type="hidden" name="organization" value=(maud::display(viewer.organization.id));
            }
            label for="environment" { "Environment" }
            select #environment name="environment" data-submit {
                option value="" { "All" }
                @for one in Environment::ALL {
                    option value=(one.as_str()) selected[filter.environment == Some(*one)] {
                        (environment_title(*one))
                    }
                }
            }
            label for="service" { "Service" }
            select #service name="service" data-submit {
                option value="" { "All" }
                @for one in services {
                    option value=(one.as_str()) selected[filter.service == Some(*one)] {
                        (snippet::title(*one))
                    }
                }
            }
            button.button.small type="submit" { "Filter" }
            @if let Some((href, environment)) = group && viewer.is_admin() {
                a.button.small.danger href=(href) { "Revoke all of " (environment.as_str()) }
            }
        }
    }
}

async fn confirm(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    viewer.require_admin()?;
    let app = app_page::find(&dashboard, &mut viewer, &id).await?;
    let group = group(&app, &viewer.query)?;
    let keys = dashboard.console.group(&viewer.caller, group).await?;
    let now = dashboard.console.now();
    let body = html! {
        (layout::back(&app_href(&viewer, &app), &app.name))
        (layout::heading(
            &html! { "Revoke " (keys.len()) " " (noun(keys.len())) " of " (words(group)) "?" },
            &html! {},
            &html! {},
        ))
        (question(&viewer, &app, group, keys.len()))
        @if !keys.is_empty() {
            // To look at: what can be done to one key alone is not offered here.
            div.preview { (key_table(&viewer, "The keys that will be revoked", keys, now)) }
        }
    };
    Ok(layout::page(&viewer, Section::Apps, "Revoke keys", &body))
}

async fn revoke(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let app = app_page::find(&dashboard, &mut viewer, &id).await?;
    let group = group(&app, &fields)?;
    let settled = dashboard
        .console
        .revoke_group(&viewer.caller, group, fields.given("reason"))
        .await?;
    let revoked: &[KeyRecord] = &settled.value;
    let notice = match revoked.len() {
        0 => Notice::NoKeysRevoked,
        _ => Notice::KeysRevoked,
    };
    let href = app_href(&viewer, &app).saying(notice);
    Ok(href.since(settled.effect).see_other())
}

fn group(app: &App, fields: &Fields) -> Result<KeyGroup, ConsoleError> {
    Ok(KeyGroup {
        app_id: app.id,
        environment: fields.required("environment")?,
        service: fields.parsed("service")?,
    })
}

fn question(viewer: &Viewer, app: &App, group: KeyGroup, count: usize) -> Markup {
    html! {
        form.panel.stack method="post" action=(app_action(viewer, app, "keys/revoke")) {
            input type="hidden" name="environment" value=(group.environment.as_str());
            @if let Some(service) = group.service {
                input type="hidden" name="service" value=(service.as_str());
            }
            @if count == 0 {
                p { "There is no key to revoke: those that there are have been revoked or expired." }
                p.actions { a.button href=(app_href(viewer, app)) { "Back" } }
            } @else {
                p {
                    "They are revoked together. Any request with one of them is refused with 401 from \
                     then on, everywhere. "
                    strong { "Revoked keys cannot be restored." }
                    " A key that is made for this environment in the meantime is revoked too."
                }
                (Input::new("text", "Reason", "reason").hint("Kept in the audit log of each key."))
                p.actions {
                    button.button.destructive type="submit" { "Revoke " (count) " " (noun(count)) }
                    a.button href=(app_href(viewer, app)) { "Cancel" }
                }
            }
        }
    }
}

const fn noun(count: usize) -> &'static str {
    if count == 1 { "key" } else { "keys" }
}

fn words(group: KeyGroup) -> String {
    let environment = group.environment.as_str();
    match group.service {
        Some(service) => format!("{} in {environment}", snippet::title(service)),
        None => environment.to_owned(),
    }
}
