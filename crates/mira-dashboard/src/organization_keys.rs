//! Settings → API Keys: the keys of the organization.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use maud::{Markup, html};
use mira_console::{ConsoleError, KeyFilter, KeyOwner, KindWord, PAGE_LIMIT, Page};
use mira_core::KeyRecord;

use crate::control::{self, Input};
use crate::fault::{Fault, SUBSCRIPTION_REQUIRED};
use crate::fields::Fields;
use crate::href::Href;
use crate::key_table::{is_over, key_table};
use crate::layout::{self, Section};
use crate::pager::pager;
use crate::viewer::Viewer;
use crate::{Dashboard, key_form, key_shown};

const PATH: &str = "/settings/api-keys";

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route(PATH, get(list).post(create))
        .route("/settings/api-keys/new", get(form))
}

async fn list(State(dashboard): State<Dashboard>, viewer: Viewer) -> Result<Markup, Fault> {
    let owner = KeyOwner::Organization(viewer.organization.id);
    let filter = KeyFilter {
        kind: Some(KindWord::Organization),
        ..KeyFilter::default()
    };
    let console = &dashboard.console;
    let keys = console
        .keys(&viewer.caller, owner, filter, viewer.page(PAGE_LIMIT)?)
        .await?;
    let body = html! {
        (layout::heading(
            &html! { "API Keys" },
            &html! { "Keys of the whole organization, for the Mira API." },
            &create_button(&dashboard, &viewer),
        ))
        @if !has_subscription(&dashboard, &viewer) { (no_subscription(&viewer)) }
        (panel(&dashboard, &viewer, keys))
    };
    Ok(layout::page(&viewer, Section::ApiKeys, "API Keys", &body))
}

async fn form(State(dashboard): State<Dashboard>, viewer: Viewer) -> Result<Response, Fault> {
    viewer.require_admin()?;
    if !has_subscription(&dashboard, &viewer) {
        return Ok(viewer.href(PATH).see_other());
    }
    Ok(form_page(&viewer, &key_form::defaults(), None).into_response())
}

async fn create(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, Fault> {
    match issue(&dashboard, &viewer, &fields).await {
        Ok(page) => Ok(page),
        Err(ConsoleError::Invalid(problem)) if viewer.is_admin() => {
            let page = form_page(&viewer, &fields, Some(&problem));
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn issue(
    dashboard: &Dashboard,
    viewer: &Viewer,
    fields: &Fields,
) -> Result<Response, ConsoleError> {
    let mut new = key_form::read_new(fields, Some(fields.text("name").to_owned()))?;
    let permissions = key_form::permissions(fields)?;
    if permissions.is_empty() {
        return Err(ConsoleError::Invalid(
            "Choose at least one permission".into(),
        ));
    }
    new.permissions = Some(permissions);
    let (id, repeat) = (
        viewer.organization.id,
        control::idempotency(viewer, PATH, fields)?,
    );
    let settled = dashboard
        .console
        .issue_organization_key(&viewer.caller, id, new, repeat)
        .await?;
    let (section, done) = (Section::ApiKeys, viewer.href(PATH));
    let issued = &settled.value;
    Ok(key_shown::shown(viewer, section, issued, &html! {}, &done))
}

fn form_page(viewer: &Viewer, fields: &Fields, problem: Option<&str>) -> Markup {
    let body = html! {
        (layout::back(&viewer.href(PATH), "API Keys"))
        (layout::heading(&html! { "Create API Key" }, &html! {}, &html! {}))
        (control::problem(problem))
        form.panel.stack method="post" action=(viewer.href(PATH)) {
            (control::once(viewer.visit.request_id))
            (Input::thing("Name").value(fields.text("name")).hint("For example Production or CI/CD."))
            (key_form::permission_boxes(fields))
            (key_form::environment_select(fields))
            (key_form::restrictions(fields))
            p.actions {
                button.button.primary type="submit" { "Create API Key" }
                a.button href=(viewer.href(PATH)) { "Cancel" }
            }
        }
    };
    layout::page(viewer, Section::ApiKeys, "Create API Key", &body)
}

fn has_subscription(dashboard: &Dashboard, viewer: &Viewer) -> bool {
    viewer
        .organization
        .subscription
        .is_active(dashboard.console.now())
}

fn create_button(dashboard: &Dashboard, viewer: &Viewer) -> Markup {
    html! {
        @if viewer.is_admin() && has_subscription(dashboard, viewer) {
            a.button.primary href=(viewer.href("/settings/api-keys/new")) { "Create API Key" }
        }
    }
}

fn no_subscription(viewer: &Viewer) -> Markup {
    html! {
        div.alert.warn role="note" {
            p { strong { "Subscription required" } }
            p { (SUBSCRIPTION_REQUIRED) " Existing keys are kept and refused until it is renewed." }
            @if viewer.is_superadmin() {
                p { a href=(viewer.href("/settings/organization")) { "Change the subscription" } }
            }
        }
    }
}

fn panel(dashboard: &Dashboard, viewer: &Viewer, keys: Page<KeyRecord>) -> Markup {
    let now = dashboard.console.now();
    let next = keys.next_cursor;
    let shows_all = viewer.query.text("show") == "all";
    let all = keys.items.len();
    let keys: Vec<_> = keys
        .items
        .into_iter()
        .filter(|key| shows_all || !is_over(key, now))
        .collect();
    let hidden = all - keys.len();
    let here = if shows_all {
        show_all(viewer)
    } else {
        viewer.href(PATH)
    };
    html! {
        nav.tabs aria-label="State" {
            a href=(viewer.href(PATH)) aria-current=[(!shows_all).then_some("true")] { "Usable" }
            a href=(show_all(viewer)) aria-current=[shows_all.then_some("true")] {
                "Show revoked"
                @if hidden > 0 { " " span.count { (hidden) span.visually-hidden { " hidden" } } }
            }
        }
        @if keys.is_empty() { (empty(dashboard, viewer, hidden)) }
        @else { (key_table(viewer, "API keys of the organization", keys, now)) }
        (pager(viewer, &here, next))
    }
}

fn show_all(viewer: &Viewer) -> Href {
    viewer.href(PATH).with("show", "all")
}

fn empty(dashboard: &Dashboard, viewer: &Viewer, hidden: usize) -> Markup {
    html! {
        div.empty {
            @if hidden > 0 {
                h2 { "No usable keys" }
                p { "All " (hidden) " keys here are revoked or expired." }
            } @else {
                h2 { "No API keys yet" }
                p {
                    "A key lets a program use the Mira API for this organization. "
                    @if !viewer.is_admin() { "An admin can create one." }
                }
            }
            (create_button(dashboard, viewer))
        }
    }
}
