//! One webhook: what it is, and what was sent to it.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use maud::{Markup, html};
use mira_console::{ConsoleError, Delivery, DeliveryState, Page, Webhook, WebhookEdit};
use mira_core::{DeliveryId, WebhookId};

use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::href::Href;
use crate::layout::{self, Section};
use crate::pager::pager;
use crate::viewer::Viewer;
use crate::webhook_list::{self, PATH};
use crate::{Dashboard, badge, control, moment};

const DELIVERIES_PER_PAGE: u32 = 50;

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/settings/webhooks/{webhook}", get(show).post(change))
        .route("/settings/webhooks/{webhook}/rotate-secret", post(rotate))
        .route(
            "/settings/webhooks/{webhook}/delete",
            get(confirm).post(delete),
        )
        .route(
            "/settings/webhooks/{webhook}/deliveries/{delivery}/redeliver",
            post(redeliver),
        )
}

/// The page of a webhook.
pub(crate) fn webhook_href(viewer: &Viewer, id: WebhookId) -> Href {
    viewer.href(format!("{PATH}/{id}"))
}

/// Whether anything is sent to it.
pub(crate) fn state(webhook: &Webhook) -> Markup {
    if webhook.is_enabled {
        badge::badge("good", "enabled")
    } else {
        badge::badge("off", "disabled")
    }
}

async fn show(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let webhook = find(&dashboard, &mut viewer, &id).await?;
    page(&dashboard, &viewer, &webhook, &fields_of(&webhook), None).await
}

async fn change(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let webhook = find(&dashboard, &mut viewer, &id).await?;
    let edit = WebhookEdit {
        url: Some(fields.text("url").to_owned()),
        description: Some(fields.text("description").to_owned()),
        events: Some(fields.all("events").map(str::to_owned).collect()),
        is_enabled: Some(fields.has("is_enabled")),
    };
    let console = &dashboard.console;
    match console
        .change_webhook(&viewer.caller, webhook.id, edit)
        .await
    {
        Ok(changed) => {
            let href = webhook_href(&viewer, changed.id).saying(Notice::WebhookChanged);
            Ok(href.see_other())
        }
        Err(ConsoleError::Invalid(problem)) => {
            let page = page(&dashboard, &viewer, &webhook, &fields, Some(&problem)).await?;
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn rotate(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let webhook = find(&dashboard, &mut viewer, &id).await?;
    let console = &dashboard.console;
    let rotated = console.rotate_webhook_secret(&viewer.caller, webhook.id);
    Ok(webhook_list::shown(&viewer, &rotated.await?))
}

async fn confirm(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let webhook = find(&dashboard, &mut viewer, &id).await?;
    let here = webhook_href(&viewer, webhook.id);
    let body = html! {
        (layout::back(&here, "Webhook"))
        (layout::heading(&html! { "Delete the webhook?" }, &html! { (webhook.url.to_string()) }, &html! {}))
        form.panel.stack method="post" action=(action(&viewer, &webhook, "delete")) {
            p { "Nothing more is sent to it, also what is on its way." }
            p.actions {
                button.button.destructive type="submit" { "Delete webhook" }
                a.button href=(here) { "Cancel" }
            }
        }
    };
    let title = "Delete webhook";
    Ok(layout::page(&viewer, Section::Webhooks, title, &body))
}

async fn delete(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let webhook = find(&dashboard, &mut viewer, &id).await?;
    let console = &dashboard.console;
    console.delete_webhook(&viewer.caller, webhook.id).await?;
    let href = viewer.href(PATH).saying(Notice::WebhookDeleted);
    Ok(href.see_other())
}

async fn redeliver(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path((id, delivery)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let webhook = find(&dashboard, &mut viewer, &id).await?;
    let delivery: DeliveryId = delivery.parse().map_err(|_| Fault::not_found("Delivery"))?;
    let console = &dashboard.console;
    let again = console.redeliver(&viewer.caller, webhook.id, delivery);
    again.await?;
    let href = webhook_href(&viewer, webhook.id).saying(Notice::WebhookRedelivered);
    Ok(href.see_other())
}

/// The webhook that a path names, and the viewer in its organization.
async fn find(dashboard: &Dashboard, viewer: &mut Viewer, id: &str) -> Result<Webhook, Fault> {
    let id: WebhookId = id.parse().map_err(|_| Fault::not_found("Webhook"))?;
    let webhook = dashboard.console.webhook(&viewer.caller, id).await?;
    viewer.enter(dashboard, webhook.organization_id).await?;
    Ok(webhook)
}

async fn page(
    dashboard: &Dashboard,
    viewer: &Viewer,
    webhook: &Webhook,
    fields: &Fields,
    problem: Option<&str>,
) -> Result<Markup, Fault> {
    let console = &dashboard.console;
    let page = viewer.page(DELIVERIES_PER_PAGE)?;
    let deliveries = console.deliveries(&viewer.caller, webhook.id, page).await?;
    let title = html! {
        @if webhook.description.is_empty() { "Webhook" } @else { (webhook.description) }
        " " (state(webhook))
    };
    let actions = html! {
        form method="post" action=(action(viewer, webhook, "rotate-secret")) {
            button.button type="submit" { "Rotate secret" }
        }
        a.button.danger href=(action(viewer, webhook, "delete")) { "Delete" }
    };
    let body = html! {
        (layout::back(&viewer.href(PATH), "Webhooks"))
        (layout::heading(&title, &html! { (webhook.url.to_string()) }, &actions))
        (control::problem(problem))
        form.panel.stack method="post" action=(webhook_href(viewer, webhook.id)) {
            (webhook_list::inputs(fields))
            div.choices {
                label.choice {
                    input type="checkbox" name="is_enabled" checked[fields.has("is_enabled")];
                    span { "Enabled" span.hint { "Events are sent." } }
                }
            }
            p.actions { button.button.primary type="submit" { "Save" } }
        }
        h2 { "Deliveries" }
        (table(viewer, webhook, &deliveries))
        (pager(viewer, &webhook_href(viewer, webhook.id), deliveries.next_cursor))
    };
    Ok(layout::page(viewer, Section::Webhooks, "Webhook", &body))
}

fn fields_of(webhook: &Webhook) -> Fields {
    let fields = Fields::default()
        .with("url", webhook.url.to_string())
        .with("description", webhook.description.as_str());
    let events = webhook.events.iter();
    let fields = events.fold(fields, |fields, event| {
        fields.with("events", event.as_str())
    });
    if webhook.is_enabled {
        fields.with("is_enabled", "on")
    } else {
        fields
    }
}

fn table(viewer: &Viewer, webhook: &Webhook, deliveries: &Page<Delivery>) -> Markup {
    html! {
        @if deliveries.items.is_empty() {
            p.muted { "Nothing has been sent yet." }
        } @else {
            div.table {
                table {
                    caption.visually-hidden { "What was sent, newest first" }
                    thead { tr {
                        th scope="col" { "Event" }
                        th scope="col" { "State" }
                        th scope="col" { "Last attempt" }
                        th scope="col" { "Attempts" }
                        th scope="col" { "Message" }
                        th scope="col" { span.visually-hidden { "Actions" } }
                    } }
                    tbody { @for one in &deliveries.items { (row(viewer, webhook, one)) } }
                }
            }
        }
    }
}

fn row(viewer: &Viewer, webhook: &Webhook, delivery: &Delivery) -> Markup {
    let (tone, word) = match delivery.state {
        DeliveryState::Pending => ("warn", "pending"),
        DeliveryState::Delivered => ("good", "delivered"),
        DeliveryState::Failed => ("bad", "failed"),
    };
    let redeliver = format!("deliveries/{}/redeliver", delivery.id);
    html! {
        tr {
            th scope="row" { code { (delivery.event.as_str()) } }
            td data-label="State" { (badge::badge(tone, word)) }
            td data-label="Last attempt" {
                @if let Some(at) = delivery.last_attempt_at { (moment::minute(at)) " " }
                @if let Some(status) = delivery.last_status { (status) }
                @else if let Some(problem) = delivery.last_problem { (problem.as_str()) }
            }
            td data-label="Attempts" { (delivery.attempts) }
            td data-label="Message" {
                @let id = delivery.message_id.to_string();
                code.id title=(id) { (id) }
            }
            td.row-actions {
                @if delivery.state != DeliveryState::Pending {
                    form method="post" action=(action(viewer, webhook, &redeliver)) {
                        button.button.small type="submit" { "Send again" }
                    }
                }
            }
        }
    }
}

fn action(viewer: &Viewer, webhook: &Webhook, name: &str) -> Href {
    viewer.href(format!("{PATH}/{}/{name}", webhook.id))
}
