//! The one page that shows a whole key.
//!
//! It answers the form itself, so there is no address under which the key could
//! be seen again; the same form sent again finds that its work is done.

use axum::response::Response;
use maud::{Markup, html};
use mira_console::Issued;
use mira_core::KeyRecord;
use mira_key::ApiKey;

use crate::href::Href;
use crate::key_table::{key_href, opens, prefix};
use crate::layout::{self, Section};
use crate::snippet;
use crate::viewer::Viewer;

/// The page of a key that was made; `done` leads back to the list.
pub(crate) fn shown(
    viewer: &Viewer,
    section: Section,
    issued: &Issued,
    note: &Markup,
    done: &Href,
) -> Response {
    let record = &issued.record;
    let body = html! {
        div.result {
            @match &issued.key {
                Some(key) => (fresh(viewer, record, key, note)),
                None => (already_shown(viewer, record)),
            }
            p.actions {
                a.button.primary href=(done) { "Done" }
                a.button href=(key_href(viewer, record)) { "Key details" }
            }
        }
    };
    layout::once(viewer, section, "Key created", &body)
}

fn fresh(viewer: &Viewer, record: &KeyRecord, key: &ApiKey, note: &Markup) -> Markup {
    html! {
        h1 { "Key " (record.name) " is created" }
        (note)
        div.alert.warn role="status" {
            p { strong { "Copy the key immediately - it's only shown once!" } }
            p { "It cannot be retrieved later. Only its SHA-256 is stored." }
        }
        div.secret {
            label for="api-key" { "API key" }
            div.secret-line {
                input #api-key type="text" readonly value=(key.expose()) autocomplete="off"
                    spellcheck="false" data-secret;
                button.button.primary type="button" data-copy="api-key" hidden { "Copy" }
            }
        }
        h2 { "Try it" }
        p.muted {
            "Keep the key in an environment variable or a secrets manager, never in source control, \
             client-side code or plain text. With "
            code { "MIRA_API_KEY" } " set:"
        }
        (snippet::example(&viewer.visit.origin, record.facts.kind))
        dl.facts {
            div { dt { "Opens" } dd { (opens(record)) } }
            div { dt { "Environment" } dd { (record.facts.environment.as_str()) } }
        }
    }
}

fn already_shown(viewer: &Viewer, record: &KeyRecord) -> Markup {
    html! {
        h1 { "This key was already shown" }
        div.alert.warn role="status" {
            p {
                "This form was sent before. It made the key "
                a href=(key_href(viewer, record)) { (record.name) } " (" (prefix(record)) "), \
                and no second one. The full key was shown then and cannot be retrieved."
            }
            p { "If you did not copy it, revoke it and create another." }
        }
    }
}
