//! Revoking a key, after one more look.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use mira_core::{KeyRecord, Standing};

use crate::control::Input;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::key_table::{key_action, key_href, prefix};
use crate::layout;
use crate::viewer::Viewer;
use crate::{Dashboard, key_page, moment};

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/keys/{key}/revoke", get(confirm).post(revoke))
}

async fn confirm(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    viewer.require_admin()?;
    let key = key_page::find(&dashboard, &mut viewer, &id).await?;
    let (section, ..) = key_page::list(&viewer, &key);
    let body = html! {
        (layout::back(&key_href(&viewer, &key), &key.name))
        @match key.standing(dashboard.console.now()) {
            Standing::Revoked { at, .. } => (revoked_already(&viewer, &key, &moment::minute(at))),
            _ => (question(&viewer, &key)),
        }
    };
    Ok(layout::page(&viewer, section, "Revoke key", &body))
}

async fn revoke(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let key = key_page::find(&dashboard, &mut viewer, &id).await?;
    let id = key.facts.id;
    let settled = dashboard
        .console
        .revoke_key(&viewer.caller, id, fields.given("reason"))
        .await?;
    let (_, list, _) = key_page::list(&viewer, &key);
    let href = list.saying(Notice::KeyRevoked).about(id);
    Ok(href.since(settled.effect).see_other())
}

fn question(viewer: &Viewer, key: &KeyRecord) -> Markup {
    let (_, list, _) = key_page::list(viewer, key);
    html! {
        (layout::heading(&html! { "Revoke " (key.name) "?" }, &prefix(key), &html! {}))
        form.panel.stack method="post" action=(key_action(viewer, key, "revoke")) {
            p {
                "Any request with this key is refused with 401 from now on, everywhere. "
                strong { "Revoked keys are immediately invalidated and cannot be restored." }
            }
            (Input::new("text", "Reason", "reason").hint("Kept in the audit log."))
            p.actions {
                button.button.destructive type="submit" { "Revoke" }
                a.button href=(list) { "Cancel" }
            }
        }
    }
}

fn revoked_already(viewer: &Viewer, key: &KeyRecord, since: &Markup) -> Markup {
    let (_, list, label) = key_page::list(viewer, key);
    html! {
        (layout::heading(&html! { (key.name) " is revoked" }, &prefix(key), &html! {}))
        div.panel { p { "It has been refused since " (since) "." } }
        p.actions { a.button href=(list) { "Back to " (label) } }
    }
}
