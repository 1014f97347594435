//! One app: its keys, its balance and its settings.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use mira_console::{AppEdit, KeyFilter, KeyOwner, PAGE_LIMIT, Page, PageRequest};
use mira_core::{App, AppId, KeyRecord, Timestamp};
use mira_key::ServiceName;

use crate::control::Input;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::href::Href;
use crate::key_table::{is_over, key_table};
use crate::layout::{self, Section};
use crate::viewer::Viewer;
use crate::{Dashboard, app_money, key_group, moment};

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/apps/{app}", get(show))
        .route("/apps/{app}/rename", post(rename))
}

/// The app that a path names, and the viewer in its organization.
pub(crate) async fn find(
    dashboard: &Dashboard,
    viewer: &mut Viewer,
    id: &str,
) -> Result<App, Fault> {
    let id: AppId = id.parse().map_err(|_| Fault::not_found("App"))?;
    let app = dashboard.console.app(&viewer.caller, id).await?;
    viewer.enter(dashboard, app.organization_id).await?;
    Ok(app)
}

/// The page of an app.
pub(crate) fn app_href(viewer: &Viewer, app: &App) -> Href {
    viewer.href(format!("/apps/{}", app.id))
}

/// One of the things that can be done to an app.
pub(crate) fn app_action(viewer: &Viewer, app: &App, action: &str) -> Href {
    viewer.href(format!("/apps/{}/{action}", app.id))
}

async fn show(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let app = find(&dashboard, &mut viewer, &id).await?;
    let (console, now) = (&dashboard.console, dashboard.console.now());
    let owner = KeyOwner::App(app.id);
    let filter = KeyFilter {
        kind: None,
        service: viewer.query.parsed("service")?,
        environment: viewer.query.parsed("environment")?,
    };
    let first = PageRequest::new(PAGE_LIMIT, viewer.query.parsed("keys")?)
        .map_err(crate::fields::invalid)?;
    let keys = console.keys(&viewer.caller, owner, filter, first).await?;
    let money = app_money::section(&dashboard, &viewer, &app).await?;
    let services = console.services();
    let body = html! {
        (layout::back(&viewer.href("/apps"), "Apps"))
        (layout::heading(
            &html! { (app.name) },
            &html! { code.id { (maud::display(app.id)) } " · since " (moment::day(app.created_at)) },
            &html! {},
        ))
        (keys_section(&viewer, &app, (keys, filter), &services, now))
        (money)
        @if viewer.is_admin() { (settings_section(&viewer, &app)) }
    };
    Ok(layout::page(&viewer, Section::Apps, &app.name, &body))
}

async fn rename(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let app = find(&dashboard, &mut viewer, &id).await?;
    let edit = AppEdit {
        name: Some(fields.text("name").to_owned()),
        ..AppEdit::default()
    };
    dashboard
        .console
        .edit_app(&viewer.caller, app.id, edit)
        .await?;
    Ok(app_href(&viewer, &app)
        .saying(Notice::AppChanged)
        .see_other())
}

fn keys_section(
    viewer: &Viewer,
    app: &App,
    (keys, filter): (Page<KeyRecord>, KeyFilter),
    services: &[ServiceName],
    now: Timestamp,
) -> Markup {
    let shows_all = viewer.query.text("show") == "all";
    let next = keys.next_cursor;
    let all = keys.items.len();
    let keys: Vec<_> = keys
        .items
        .into_iter()
        .filter(|key| shows_all || !is_over(key, now))
        .collect();
    let hidden = all - keys.len();
    let here = filtered(app_href(viewer, app), filter);
    let everything = here.clone().with("show", "all");
    let onward = if shows_all { &everything } else { &here };
    html! {
        section aria-labelledby="keys" {
            div.section-head {
                h2 #keys { "API Keys" }
                @if viewer.is_admin() {
                    a.button.primary href=(app_action(viewer, app, "keys/new")) { "Create Key" }
                }
            }
            (key_group::filter_form(viewer, app, filter, services))
            @if keys.is_empty() { (no_keys(viewer, hidden, filter)) }
            @else { (key_table(viewer, "API keys of the app", keys, now)) }
            p.table-foot {
                @if hidden > 0 {
                    a href=(everything) { "Show " (hidden) " revoked or expired" }
                } @else if shows_all {
                    a href=(here) { "Hide revoked and expired" }
                }
                @if let Some(next) = next {
                    a href=(onward.clone().with("keys", next)) { "Older keys →" }
                }
            }
        }
    }
}

/// The page of an app with these of its keys.
pub(crate) fn filtered(href: Href, filter: KeyFilter) -> Href {
    let href = match filter.environment {
        Some(environment) => href.with("environment", environment),
        None => href,
    };
    match filter.service {
        Some(service) => href.with("service", service),
        None => href,
    }
}

fn no_keys(viewer: &Viewer, hidden: usize, filter: KeyFilter) -> Markup {
    html! {
        div.empty {
            h3 {
                @if hidden > 0 { "No usable keys" }
                @else if filter == KeyFilter::default() { "No keys yet" }
                @else { "No such keys" }
            }
            p {
                @if viewer.is_admin() {
                    "Create a key for each service and environment that the app uses."
                } @else {
                    "An admin can create one."
                }
            }
        }
    }
}

fn settings_section(viewer: &Viewer, app: &App) -> Markup {
    html! {
        section aria-labelledby="app-settings" {
            div.section-head { h2 #app-settings { "Settings" } }
            form.panel.inline-form method="post" action=(app_action(viewer, app, "rename")) {
                (Input::thing("Name").value(&app.name))
                button.button type="submit" { "Rename" }
            }
            (app_money::threshold_form(viewer, app))
            div.panel.row {
                p { "Deleting the app revokes its keys for ever." }
                a.button.danger href=(app_action(viewer, app, "delete")) { "Delete app" }
            }
        }
    }
}
