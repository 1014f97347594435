//! One app: its keys, its balance and its transactions.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use mira_console::{ConsoleError, KeyFilter, KeyOwner, PAGE_LIMIT, Page, PageRequest, Transaction};
use mira_core::{App, AppId, KeyRecord, MicroUsd, Timestamp};

use crate::control::Input;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::href::Href;
use crate::key_table::{is_over, key_table};
use crate::layout::{self, Section};
use crate::pager::pager;
use crate::viewer::Viewer;
use crate::{Dashboard, app_list, moment};

const TRANSACTIONS_PER_PAGE: u32 = 20;

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/apps/{app}", get(show))
        .route("/apps/{app}/rename", post(rename))
        .route("/apps/{app}/topups", post(top_up))
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
    let (owner, every) = (KeyOwner::App(app.id), KeyFilter::default());
    let first = PageRequest::new(PAGE_LIMIT, viewer.query.parsed("keys")?)
        .map_err(crate::fields::invalid)?;
    let keys = console.keys(&viewer.caller, owner, every, first).await?;
    let transactions = console
        .transactions(&viewer.caller, app.id, viewer.page(TRANSACTIONS_PER_PAGE)?)
        .await?;
    let body = html! {
        (layout::back(&viewer.href("/apps"), "Apps"))
        (layout::heading(
            &html! { (app.name) },
            &html! { code.id { (maud::display(app.id)) } " · since " (moment::day(app.created_at)) },
            &html! {},
        ))
        (keys_section(&viewer, &app, keys, now))
        (money_section(&viewer, &app, &transactions))
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
    let name = fields.text("name");
    dashboard
        .console
        .rename_app(&viewer.caller, app.id, name)
        .await?;
    Ok(app_href(&viewer, &app)
        .saying(Notice::AppChanged)
        .see_other())
}

async fn top_up(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let app = find(&dashboard, &mut viewer, &id).await?;
    let amount = dollars(fields.text("amount")).ok_or_else(|| {
        ConsoleError::Invalid("An amount is written in dollars, as in 25.00".into())
    })?;
    dashboard
        .console
        .top_up(&viewer.caller, app.id, amount, fields.text("reason"))
        .await?;
    Ok(app_href(&viewer, &app)
        .saying(Notice::BalanceToppedUp)
        .see_other())
}

fn dollars(text: &str) -> Option<MicroUsd> {
    let text = text.trim().trim_start_matches('$');
    MicroUsd::from_dollars(text.parse().ok()?)
}

fn keys_section(viewer: &Viewer, app: &App, keys: Page<KeyRecord>, now: Timestamp) -> Markup {
    let shows_all = viewer.query.text("show") == "all";
    let next = keys.next_cursor;
    let all = keys.items.len();
    let keys: Vec<_> = keys
        .items
        .into_iter()
        .filter(|key| shows_all || !is_over(key, now))
        .collect();
    let hidden = all - keys.len();
    let here = app_href(viewer, app);
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
            @if keys.is_empty() { (no_keys(viewer, hidden)) }
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

fn no_keys(viewer: &Viewer, hidden: usize) -> Markup {
    html! {
        div.empty {
            h3 { @if hidden > 0 { "No usable keys" } @else { "No keys yet" } }
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

fn money_section(viewer: &Viewer, app: &App, transactions: &Page<Transaction>) -> Markup {
    html! {
        section aria-labelledby="money" {
            div.section-head {
                h2 #money { "Balance" }
                (app_list::balance(app.balance))
            }
            @if viewer.is_superadmin() { (top_up_form(viewer, app)) }
            @if transactions.items.is_empty() {
                div.empty {
                    h3 { "No transactions yet" }
                    p { "Requests to metered services need a balance above zero." }
                }
            } @else { (transaction_table(&transactions.items)) }
            (pager(viewer, &app_href(viewer, app), transactions.next_cursor))
        }
    }
}

fn transaction_table(transactions: &[Transaction]) -> Markup {
    html! {
        div.table {
            table {
                caption.visually-hidden { "Transactions, last first" }
                thead {
                    tr {
                        th scope="col" { "When" }
                        th scope="col" { "Type" }
                        th scope="col" { "Description" }
                        th.number scope="col" { "Amount" }
                        th.number scope="col" { "Balance" }
                    }
                }
                tbody {
                    @for Transaction { movement, balance } in transactions {
                        tr {
                            td data-label="When" { (moment::minute(movement.created_at)) }
                            td data-label="Type" { span.tag { (movement.transaction_type.as_str()) } }
                            td.wide-cell data-label="Description" { (movement.description) }
                            td.number data-label="Amount" { (maud::display(movement.amount)) }
                            td.number data-label="Balance" { (maud::display(*balance)) }
                        }
                    }
                }
            }
        }
    }
}

fn top_up_form(viewer: &Viewer, app: &App) -> Markup {
    html! {
        form.panel.inline-form method="post" action=(app_action(viewer, app, "topups")) {
            (Input::new("text", "Amount in dollars", "amount").required().placeholder("25.00"))
            (Input::new("text", "Reason", "reason"))
            button.button type="submit" { "Top up" }
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
            div.panel.row {
                p { "Deleting the app revokes its keys for ever." }
                a.button.danger href=(app_action(viewer, app, "delete")) { "Delete app" }
            }
        }
    }
}
