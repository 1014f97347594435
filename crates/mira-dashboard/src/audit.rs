//! The audit log: who did what to what, last event first.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};
use mira_console::{Action, AuditEvent, AuditFilter, Target, TargetKind};

use crate::fault::Fault;
use crate::layout::{self, Section};
use crate::pager::pager;
use crate::people::{self, People};
use crate::viewer::Viewer;
use crate::{Dashboard, moment};

const PATH: &str = "/audit";
const EVENTS_PER_PAGE: u32 = 50;

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route(PATH, get(show))
}

async fn show(State(dashboard): State<Dashboard>, viewer: Viewer) -> Result<Markup, Fault> {
    let (console, caller) = (&dashboard.console, &viewer.caller);
    let action: Option<Action> = viewer.query.parsed("action")?;
    let filter = AuditFilter {
        action,
        ..AuditFilter::default()
    };
    let id = viewer.organization.id;
    let events = console
        .audit_events(caller, id, filter, viewer.page(EVENTS_PER_PAGE)?)
        .await?;
    let actors = events.items.iter().map(|event| event.actor);
    let people = People::find(console, caller, actors).await?;
    let href = viewer.href(PATH);
    let href = match action {
        Some(action) => href.with("action", action),
        None => href,
    };
    let body = html! {
        (layout::heading(
            &html! { "Audit log" },
            &html! { "Every change, last first. Events are chained by hash, so altering one shows." },
            &html! {},
        ))
        (filter_form(&viewer, action))
        @if events.items.is_empty() {
            div.empty { h2 { "No events" } p { "Nothing of this kind has happened yet." } }
        } @else { (table(&viewer, &events.items, &people)) }
        (pager(&viewer, &href, events.next_cursor))
    };
    Ok(layout::page(&viewer, Section::Audit, "Audit log", &body))
}

fn filter_form(viewer: &Viewer, chosen: Option<Action>) -> Markup {
    let is_elsewhere = viewer.organization.id != viewer.user.organization_id;
    html! {
        form.filter method="get" action=(PATH) {
            // A form that sends with GET replaces the query of its action.
            @if is_elsewhere {
                input type="hidden" name="organization" value=(maud::display(viewer.organization.id));
            }
            label for="action" { "Action" }
            select #action name="action" data-submit {
                option value="" { "All" }
                @for action in Action::ALL {
                    option value=(action.as_str()) selected[chosen == Some(*action)] { (action.as_str()) }
                }
            }
            button.button.small type="submit" { "Filter" }
        }
    }
}

fn table(viewer: &Viewer, events: &[AuditEvent], people: &People) -> Markup {
    html! {
        div.table {
            table.audit {
                caption.visually-hidden { "Audit events, last first" }
                thead {
                    tr {
                        th scope="col" { "When (UTC)" }
                        th scope="col" { "Who" }
                        th scope="col" { "Action" }
                        th scope="col" { "Target" }
                        th scope="col" { "Request" }
                    }
                }
                tbody { @for event in events { (row(viewer, event, people)) } }
            }
        }
    }
}

fn row(viewer: &Viewer, event: &AuditEvent, people: &People) -> Markup {
    html! {
        tr {
            td data-label="When" { (moment::second(event.at)) }
            td.wide-cell data-label="Who" { (people.name(event.actor)) }
            td data-label="Action" { code { (event.action.as_str()) } }
            td.wide-cell data-label="Target" {
                div {
                    (target(viewer, &event.target))
                    (details(event))
                }
            }
            td data-label="Request" {
                @if let Some(id) = &event.request_id { code.id title=(id) { (id) } }
            }
        }
    }
}

fn target(viewer: &Viewer, target: &Target) -> Markup {
    let path = match target.kind {
        TargetKind::Key => Some(format!("/keys/{}", target.id)),
        TargetKind::Webhook => Some(format!("/settings/webhooks/{}", target.id)),
        TargetKind::App => Some(format!("/apps/{}", target.id)),
        _ => None,
    };
    html! {
        (target.kind.as_str()) " "
        @match (path, target.kind) {
            (Some(path), _) => a href=(viewer.href(path)) { (people::short(&target.id)) },
            (None, TargetKind::Account) => (target.id),
            (None, _) => (people::short(&target.id)),
        }
    }
}

fn details(event: &AuditEvent) -> Markup {
    html! {
        @if !event.details.is_empty() {
            dl.details {
                @for (name, value) in &event.details {
                    div {
                        dt { (name) }
                        dd {
                            @match value.as_str() {
                                Some(text) => (text),
                                None => (value.to_string()),
                            }
                        }
                    }
                }
            }
        }
    }
}
