//! The apps of an organization.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use mira_console::{ConsoleError, KeyFilter, KeyOwner, PageRequest};
use mira_core::{App, MicroUsd, Timestamp};

use crate::control::{self, Input};
use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::key_table::is_over;
use crate::layout::{self, Section};
use crate::pager::pager;
use crate::viewer::Viewer;
use crate::{Dashboard, moment};

/// Each card asks for its keys, so a page has few of them.
const APPS_PER_PAGE: u32 = 24;

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/apps", get(list).post(create))
        .route("/apps/new", get(form))
}

/// An app and how many of its keys can be used.
struct Card {
    app: App,
    keys: String,
}

async fn list(State(dashboard): State<Dashboard>, viewer: Viewer) -> Result<Markup, Fault> {
    let console = &dashboard.console;
    let id = viewer.organization.id;
    let page = console
        .apps(&viewer.caller, id, viewer.page(APPS_PER_PAGE)?)
        .await?;
    let mut cards = Vec::with_capacity(page.items.len());
    for app in page.items {
        cards.push(card(&dashboard, &viewer, app).await?);
    }
    let body = html! {
        (layout::heading(
            &html! { "Apps" },
            &html! { "Each app has keys of its own for single services, and a balance." },
            &create_button(&viewer),
        ))
        @if cards.is_empty() { (empty(&viewer)) }
        @else {
            ul.cards { @for one in &cards { li { (one.render(&viewer)) } } }
        }
        (pager(&viewer, &viewer.href("/apps"), page.next_cursor))
    };
    Ok(layout::page(&viewer, Section::Apps, "Apps", &body))
}

async fn form(viewer: Viewer) -> Result<Markup, Fault> {
    viewer.require_admin()?;
    let body = html! {
        (layout::back(&viewer.href("/apps"), "Apps"))
        (layout::heading(&html! { "Create app" }, &html! {}, &html! {}))
        form.panel.stack method="post" action=(viewer.href("/apps")) {
            (control::once(viewer.visit.request_id))
            (Input::thing("Name").hint("What your users know the application by."))
            p.actions {
                button.button.primary type="submit" { "Create app" }
                a.button href=(viewer.href("/apps")) { "Cancel" }
            }
        }
    };
    Ok(layout::page(&viewer, Section::Apps, "Create app", &body))
}

async fn create(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, Fault> {
    let (id, name) = (viewer.organization.id, fields.text("name"));
    let repeat = control::idempotency(&viewer, &format!("/organizations/{id}/apps"), &fields)?;
    let made = dashboard
        .console
        .create_app(&viewer.caller, id, name, repeat)
        .await?
        .value;
    let href = viewer.href(format!("/apps/{}", made.record.id));
    Ok(href.saying(Notice::AppCreated).see_other())
}

async fn card(dashboard: &Dashboard, viewer: &Viewer, app: App) -> Result<Card, ConsoleError> {
    let console = &dashboard.console;
    let (owner, page) = (KeyOwner::App(app.id), PageRequest::default());
    let keys = console
        .keys(&viewer.caller, owner, KeyFilter::default(), page)
        .await?;
    let now: Timestamp = console.now();
    let usable = keys.items.iter().filter(|key| !is_over(key, now)).count();
    let keys = match (usable, keys.next_cursor) {
        (1, None) => "1 key".to_owned(),
        (n, None) => format!("{n} keys"),
        (n, Some(_)) => format!("{n}+ keys"),
    };
    Ok(Card { app, keys })
}

impl Card {
    fn render(&self, viewer: &Viewer) -> Markup {
        let Self { app, keys } = self;
        html! {
            article.card.app-card {
                h2 { a.cover href=(viewer.href(format!("/apps/{}", app.id))) { (app.name) } }
                (balance(app))
                p.muted { (keys) " · since " (moment::day(app.created_at)) }
            }
        }
    }
}

/// An app's balance, which shows when it is low and when it has run out.
pub(crate) fn balance(app: &App) -> Markup {
    let balance = app.balance;
    html! {
        p.balance.spent[balance <= MicroUsd::ZERO] {
            span.visually-hidden { "Balance " } (maud::display(balance))
            @if balance <= MicroUsd::ZERO { " " span.badge.bad { "Used up" } }
            @else if app.is_balance_low() { " " span.badge.warn { "Low" } }
        }
    }
}

fn create_button(viewer: &Viewer) -> Markup {
    html! {
        @if viewer.is_admin() {
            a.button.primary href=(viewer.href("/apps/new")) { "Create app" }
        }
    }
}

fn empty(viewer: &Viewer) -> Markup {
    html! {
        div.empty {
            h2 { "No apps yet" }
            p {
                "An app holds the keys and the balance of one application that uses the Mira Network. "
                @if !viewer.is_admin() { "An admin can create one." }
            }
            (create_button(viewer))
        }
    }
}
