//! Keys in a table, with what can be done to each.

use maud::{Markup, html};
use mira_core::{KeyKind, KeyRecord, Standing, Timestamp};

use crate::href::Href;
use crate::viewer::Viewer;
use crate::{badge, moment, snippet};

/// The page of a key.
pub(crate) fn key_href(viewer: &Viewer, key: &KeyRecord) -> Href {
    viewer.href(format!("/keys/{}", key.facts.id))
}

/// One of the things that can be done to a key.
pub(crate) fn key_action(viewer: &Viewer, key: &KeyRecord, action: &str) -> Href {
    viewer.href(format!("/keys/{}/{action}", key.facts.id))
}

/// The displayed form, `mira_live_a1B2…`.
pub(crate) fn prefix(key: &KeyRecord) -> Markup {
    html! { code.key-prefix { (key.prefix) "…" } }
}

/// Whether a key is over, so that lists leave it out unless they are asked.
pub(crate) fn is_over(key: &KeyRecord, now: Timestamp) -> bool {
    matches!(
        key.standing(now),
        Standing::Revoked { .. } | Standing::Expired
    )
}

/// Keys of one family in a table, usable ones first.
pub(crate) fn key_table(
    viewer: &Viewer,
    caption: &str,
    mut keys: Vec<KeyRecord>,
    now: Timestamp,
) -> Markup {
    keys.sort_by_key(|key| rank(key.standing(now)));
    let opens = match keys.first().map(|key| key.facts.kind) {
        Some(KeyKind::App { .. }) => "Service",
        _ => "Permissions",
    };
    html! {
        div.table {
            table.keys {
                caption.visually-hidden { (caption) }
                thead {
                    tr {
                        th scope="col" { "Name" }
                        th scope="col" { "Key" }
                        th scope="col" { (opens) }
                        th scope="col" { "Environment" }
                        th scope="col" { "State" }
                        th scope="col" { "Created" }
                        th scope="col" { "Last used" }
                        @if viewer.is_admin() {
                            th scope="col" { span.visually-hidden { "Actions" } }
                        }
                    }
                }
                tbody { @for key in &keys { (row(viewer, key, now)) } }
            }
        }
    }
}

/// What a key opens: its permissions or its service.
pub(crate) fn opens(key: &KeyRecord) -> Markup {
    match key.facts.kind {
        KeyKind::Organization { permissions } => badge::permissions(permissions),
        KeyKind::App { service, .. } => html! { (snippet::title(service)) },
    }
}

fn row(viewer: &Viewer, key: &KeyRecord, now: Timestamp) -> Markup {
    let is_over = is_over(key, now);
    html! {
        tr.over[is_over] {
            th scope="row" { a href=(key_href(viewer, key)) { (key.name) } }
            td data-label="Key" { (prefix(key)) }
            td data-label="Opens" { (opens(key)) }
            td data-label="Environment" { (key.facts.environment.as_str()) }
            td data-label="State" { (badge::standing(key.standing(now))) }
            td data-label="Created" { (moment::day(key.origin.created_at)) }
            td data-label="Last used" {
                @match key.last_used_at {
                    Some(at) => (moment::ago(at, now)),
                    None => span.muted { "never" },
                }
            }
            @if viewer.is_admin() {
                td.row-actions { @if !is_over { (actions(viewer, key, now)) } }
            }
        }
    }
}

fn actions(viewer: &Viewer, key: &KeyRecord, now: Timestamp) -> Markup {
    html! {
        @if key.standing(now) == Standing::Active {
            a.button.small href=(key_action(viewer, key, "rotate"))
                aria-label={ "Rotate " (key.name) } { "Rotate" }
        }
        a.button.small.danger href=(key_action(viewer, key, "revoke"))
            aria-label={ "Revoke " (key.name) } { "Revoke" }
    }
}

const fn rank(standing: Standing) -> u8 {
    match standing {
        Standing::Active => 0,
        Standing::Retiring { .. } => 1,
        Standing::Suspended => 2,
        Standing::Expired => 3,
        Standing::Revoked { .. } => 4,
    }
}
