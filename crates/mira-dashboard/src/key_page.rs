//! One key: all that its record says, and what can be done to it.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use mira_core::{Actor, Allowlist, KeyId, KeyKind, KeyRecord, KeyState, Standing, Timestamp};

use crate::fault::Fault;
use crate::flash::Notice;
use crate::href::Href;
use crate::key_table::{is_over, key_action, key_href, opens, prefix};
use crate::layout::{self, Section};
use crate::people::People;
use crate::viewer::Viewer;
use crate::{Dashboard, badge, key_refusals, moment, snippet};

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route("/keys/{key}", get(show))
        .route("/keys/{key}/suspend", post(suspend))
        .route("/keys/{key}/resume", post(resume))
}

/// The key that a path names, and the viewer in its organization.
pub(crate) async fn find(
    dashboard: &Dashboard,
    viewer: &mut Viewer,
    id: &str,
) -> Result<KeyRecord, Fault> {
    let id: KeyId = id.parse().map_err(|_| Fault::not_found("Key"))?;
    let key = dashboard.console.key(&viewer.caller, id).await?;
    viewer.enter(dashboard, key.facts.organization_id).await?;
    Ok(key)
}

/// The list that a key stands in, and what it is called.
pub(crate) fn list(viewer: &Viewer, key: &KeyRecord) -> (Section, Href, &'static str) {
    match key.facts.kind {
        KeyKind::Organization { .. } => (
            Section::ApiKeys,
            viewer.href("/settings/api-keys"),
            "API Keys",
        ),
        KeyKind::App { app_id, .. } => {
            (Section::Apps, viewer.href(format!("/apps/{app_id}")), "App")
        }
    }
}

async fn show(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    let key = find(&dashboard, &mut viewer, &id).await?;
    let (console, now) = (&dashboard.console, dashboard.console.now());
    let revoked_by = match key.facts.state {
        KeyState::Revoked { by, .. } => Some(by),
        _ => None,
    };
    let actors = [Some(key.origin.created_by), revoked_by];
    let people = People::find(console, &viewer.caller, actors.into_iter().flatten()).await?;
    let (section, list, label) = list(&viewer, &key);
    let refusals = key_refusals::section(&dashboard, &viewer, &key).await?;
    let body = html! {
        (layout::back(&list, label))
        (layout::heading(
            &html! { (key.name) " " (badge::standing(key.standing(now))) },
            &prefix(&key),
            &actions(&viewer, &key, now),
        ))
        (facts(&viewer, &key, &people, now))
        @if !is_over(&key, now) {
            h2 { "Use it" }
            (snippet::example(&viewer.visit.origin, key.facts.kind))
        }
        (refusals)
    };
    Ok(layout::page(&viewer, section, &key.name, &body))
}

async fn suspend(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let key = find(&dashboard, &mut viewer, &id).await?;
    let id = key.facts.id;
    let settled = dashboard.console.suspend_key(&viewer.caller, id).await?;
    let href = key_href(&viewer, &key).saying(Notice::KeySuspended);
    Ok(href.about(id).since(settled.effect).see_other())
}

async fn resume(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let key = find(&dashboard, &mut viewer, &id).await?;
    let id = key.facts.id;
    dashboard.console.resume_key(&viewer.caller, id).await?;
    let href = key_href(&viewer, &key).saying(Notice::KeyResumed);
    Ok(href.about(id).see_other())
}

fn actions(viewer: &Viewer, key: &KeyRecord, now: Timestamp) -> Markup {
    let standing = key.standing(now);
    html! {
        @if viewer.is_admin() && !is_over(key, now) {
            a.button href=(key_action(viewer, key, "edit")) { "Edit" }
            @if standing == Standing::Active {
                a.button href=(key_action(viewer, key, "rotate")) { "Rotate" }
            }
            @if standing == Standing::Suspended {
                form method="post" action=(key_action(viewer, key, "resume")) {
                    button.button type="submit" { "Resume" }
                }
            } @else {
                form method="post" action=(key_action(viewer, key, "suspend"))
                    data-confirm="Suspend this key? Requests with it are refused until it is resumed." {
                    button.button type="submit" { "Suspend" }
                }
            }
            a.button.danger href=(key_action(viewer, key, "revoke")) { "Revoke" }
        }
    }
}

fn facts(viewer: &Viewer, key: &KeyRecord, people: &People, now: Timestamp) -> Markup {
    let facts = &key.facts;
    html! {
        dl.facts.panel {
            (fact("Id", &html! { code { (maud::display(facts.id)) } }))
            (fact("Kind", &html! {
                @match facts.kind {
                    KeyKind::Organization { .. } => "Organization key",
                    KeyKind::App { service, .. } => { "App key for " (snippet::title(service)) },
                }
            }))
            @if let KeyKind::Organization { .. } = facts.kind { (fact("Permissions", &opens(key))) }
            (fact("Environment", &html! { (facts.environment.as_str()) }))
            (fact("State", &state(key, people, now)))
            (fact("Created", &html! {
                (moment::minute(key.origin.created_at)) " by " (people.name(key.origin.created_by))
            }))
            (fact("Last used", &instant(key.last_used_at, "never")))
            (fact("Expires", &instant(facts.expires_at, "never")))
            (fact("Allowed addresses", &html! {
                @match &facts.ip_allowlist {
                    Some(networks) => (networks_list(networks)),
                    None => span.muted { "any" },
                }
            }))
            (fact("Limits", &limits(key)))
            @if let Some(id) = key.origin.rotated_from { (fact("Rotated from", &key_link(viewer, id))) }
            @if let Some(id) = key.rotated_to { (fact("Rotated to", &key_link(viewer, id))) }
        }
    }
}

fn fact(name: &str, value: &Markup) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn instant(at: Option<Timestamp>, absent: &str) -> Markup {
    html! {
        @match at {
            Some(at) => (moment::minute(at)),
            None => span.muted { (absent) },
        }
    }
}

fn state(key: &KeyRecord, people: &People, now: Timestamp) -> Markup {
    let standing = key.standing(now);
    html! {
        (badge::standing(standing)) " "
        @match standing {
            Standing::Revoked { at, by } => {
                "since " (moment::minute(at)) " " (revoked_by(people, by))
            },
            Standing::Retiring { until } => { "until " (moment::minute(until)) },
            Standing::Suspended => @if let KeyState::Suspended { since, .. } = key.facts.state {
                "since " (moment::minute(since))
            },
            Standing::Active | Standing::Expired => {},
        }
    }
}

fn revoked_by(people: &People, by: Option<Actor>) -> Markup {
    html! {
        @match by {
            Some(actor) => { "by " (people.name(actor)) },
            None => "when its grace period ended",
        }
    }
}

fn networks_list(networks: &Allowlist) -> Markup {
    html! { code { (maud::display(networks)) } }
}

fn limits(key: &KeyRecord) -> Markup {
    let limit = key.facts.rate_limit;
    html! {
        @if limit.is_default() { span.muted { "default" } }
        @if let Some(n) = limit.per_minute { (n.get()) " per minute" }
        @if limit.per_minute.is_some() && limit.per_day.is_some() { ", " }
        @if let Some(n) = limit.per_day { (n.get()) " per day" }
    }
}

fn key_link(viewer: &Viewer, id: KeyId) -> Markup {
    html! { a href=(viewer.href(format!("/keys/{id}"))) { code { (maud::display(id)) } } }
}
