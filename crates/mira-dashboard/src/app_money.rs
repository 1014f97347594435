//! The money of an app: what moved, what is paid in, what is corrected, and below
//! which balance it is low.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use maud::{Markup, html};
use mira_console::{AppEdit, ConsoleError, Page, Transaction};
use mira_core::{App, MicroUsd};

use crate::app_page::{self, app_action, app_href};
use crate::control::{self, Input};
use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::pager::pager;
use crate::viewer::Viewer;
use crate::{Dashboard, app_list, moment};

const TRANSACTIONS_PER_PAGE: u32 = 20;

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/apps/{app}/topups", post(top_up))
        .route("/apps/{app}/adjustments", post(adjust))
        .route("/apps/{app}/low-balance", post(set_threshold))
}

/// The part of an app's page that is about its money.
pub(crate) async fn section(
    dashboard: &Dashboard,
    viewer: &Viewer,
    app: &App,
) -> Result<Markup, Fault> {
    let page = viewer.page(TRANSACTIONS_PER_PAGE)?;
    let transactions = dashboard
        .console
        .transactions(&viewer.caller, app.id, page)
        .await?;
    Ok(render(viewer, app, &transactions))
}

async fn top_up(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let app = app_page::find(&dashboard, &mut viewer, &id).await?;
    let (amount, reason) = (amount(&fields)?, fields.text("reason"));
    let repeat = control::idempotency(&viewer, &format!("/apps/{}/topups", app.id), &fields)?;
    dashboard
        .console
        .top_up(&viewer.caller, app.id, amount, reason, repeat)
        .await?;
    let href = app_href(&viewer, &app);
    Ok(href.saying(Notice::BalanceToppedUp).see_other())
}

async fn adjust(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let app = app_page::find(&dashboard, &mut viewer, &id).await?;
    let (amount, reason) = (amount(&fields)?, fields.text("reason"));
    let repeat = control::idempotency(&viewer, &format!("/apps/{}/adjustments", app.id), &fields)?;
    dashboard
        .console
        .adjust(&viewer.caller, app.id, amount, reason, repeat)
        .await?;
    let href = app_href(&viewer, &app);
    Ok(href.saying(Notice::BalanceAdjusted).see_other())
}

async fn set_threshold(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let app = app_page::find(&dashboard, &mut viewer, &id).await?;
    let threshold = match fields.given("amount") {
        Some(_) => Some(amount(&fields)?),
        None => None,
    };
    let edit = AppEdit {
        low_balance_threshold: Some(threshold),
        ..AppEdit::default()
    };
    dashboard
        .console
        .edit_app(&viewer.caller, app.id, edit)
        .await?;
    let href = app_href(&viewer, &app);
    Ok(href.saying(Notice::AppChanged).see_other())
}

fn amount(fields: &Fields) -> Result<MicroUsd, ConsoleError> {
    let text = fields.text("amount").trim().replacen('$', "", 1);
    let amount = text.parse().ok().and_then(MicroUsd::from_dollars);
    amount
        .ok_or_else(|| ConsoleError::Invalid("An amount is written in dollars, as in 25.00".into()))
}

fn render(viewer: &Viewer, app: &App, transactions: &Page<Transaction>) -> Markup {
    html! {
        section aria-labelledby="money" {
            div.section-head {
                h2 #money { "Balance" }
                (app_list::balance(app))
            }
            @if viewer.is_superadmin() {
                (amount_form(viewer, app, "topups", "Top up", "25.00"))
                (amount_form(viewer, app, "adjustments", "Adjust", "-2.50"))
            }
            @if transactions.items.is_empty() {
                div.empty {
                    h3 { "No transactions yet" }
                    p { "Requests to metered services need a balance above zero." }
                }
            } @else { (table(&transactions.items)) }
            (pager(viewer, &app_href(viewer, app), transactions.next_cursor))
        }
    }
}

fn table(transactions: &[Transaction]) -> Markup {
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

/// A form that moves money, once however often it is sent.
fn amount_form(
    viewer: &Viewer,
    app: &App,
    action: &'static str,
    words: &'static str,
    example: &'static str,
) -> Markup {
    html! {
        form.panel.inline-form method="post" action=(app_action(viewer, app, action)) {
            (control::once(viewer.visit.request_id))
            (Input::new("text", "Amount in dollars", "amount").part_of(action).required()
                .placeholder(example))
            (Input::new("text", "Reason", "reason").part_of(action))
            button.button type="submit" { (words) }
        }
    }
}

/// Below which balance the app is shown as low.
pub(crate) fn threshold_form(viewer: &Viewer, app: &App) -> Markup {
    let threshold = app.low_balance_threshold.map(|it| it.to_string());
    html! {
        form.panel.inline-form method="post" action=(app_action(viewer, app, "low-balance")) {
            (Input::new("text", "Low balance below", "amount").part_of("low-balance")
                .value(threshold.as_deref().unwrap_or_default()).placeholder("$5.00"))
            button.button type="submit" { "Save" }
        }
    }
}
