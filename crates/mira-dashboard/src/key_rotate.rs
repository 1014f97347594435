//! Giving a key a successor.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use mira_console::{ConsoleError, Settled};
use mira_core::{KeyRecord, Standing};

use crate::fault::Fault;
use crate::fields::Fields;
use crate::key_table::{key_action, key_href, prefix};
use crate::layout;
use crate::viewer::Viewer;
use crate::{Dashboard, control, flash, key_page, key_shown, moment};

/// The grace periods on offer, in seconds.
const GRACE_PERIODS: [(&str, &str); 4] = [
    ("0", "Now: the old key is revoked at once"),
    ("3600", "1 hour"),
    ("86400", "24 hours"),
    ("604800", "7 days"),
];

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/keys/{key}/rotate", get(form).post(rotate))
}

async fn form(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    viewer.require_admin()?;
    let key = key_page::find(&dashboard, &mut viewer, &id).await?;
    let standing = key.standing(dashboard.console.now());
    let (section, ..) = key_page::list(&viewer, &key);
    let body = html! {
        (layout::back(&key_href(&viewer, &key), &key.name))
        (layout::heading(&html! { "Rotate " (key.name) }, &prefix(&key), &html! {}))
        @if standing == Standing::Active { (grace_form(&viewer, &key)) }
        @else {
            div.panel { p { "Only an active key can be rotated. This one is " (standing.as_str()) "." } }
        }
    };
    Ok(layout::page(&viewer, section, "Rotate key", &body))
}

async fn rotate(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let key = key_page::find(&dashboard, &mut viewer, &id).await?;
    let (id, console) = (key.facts.id, &dashboard.console);
    let grace_secs = fields
        .required("grace_period_secs")
        .map_err(|_| ConsoleError::Invalid("Choose a grace period".into()))?;
    let route = format!("/keys/{id}/rotate");
    let repeat = control::idempotency(&viewer, &route, &fields)?;
    let settled = console
        .rotate_key(&viewer.caller, id, grace_secs, repeat)
        .await?;
    let old = console.key(&viewer.caller, id).await?;
    let note = old_key_note(&dashboard, &settled, &old);
    let (section, list, _) = key_page::list(&viewer, &key);
    let issued = &settled.value;
    Ok(key_shown::shown(&viewer, section, issued, &note, &list))
}

fn grace_form(viewer: &Viewer, key: &KeyRecord) -> Markup {
    html! {
        form.panel.stack method="post" action=(key_action(viewer, key, "rotate")) {
            (control::once(viewer.visit.request_id))
            p {
                "A new key with the same name, rights and limits is created and shown once. "
                "The old key keeps working until its grace period ends."
            }
            (control::select("Grace period of the old key", "grace_period_secs", &GRACE_PERIODS, "86400"))
            p.actions {
                button.button.primary type="submit" { "Rotate" }
                a.button href=(key_href(viewer, key)) { "Cancel" }
            }
        }
    }
}

/// What became of the old key.
fn old_key_note<T>(dashboard: &Dashboard, settled: &Settled<T>, old: &KeyRecord) -> Markup {
    html! {
        p {
            "The old key " (prefix(old)) " "
            @match old.standing(dashboard.console.now()) {
                Standing::Retiring { until } => { "keeps working until " (moment::minute(until)) "." },
                _ => {
                    "is revoked. "
                    (flash::outcome(
                        ("It stopped working everywhere", "It stops working everywhere"),
                        settled.effect,
                    ))
                },
            }
        }
    }
}
