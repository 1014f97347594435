//! Usage: what the organization's keys were used for.

use std::collections::HashMap;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};
use mira_console::{Day, Tally};
use mira_core::{KeyId, KeyRecord};
use mira_wire::format_instant;

use crate::chart::{self, grouped};
use crate::fault::Fault;
use crate::key_table::{key_href, prefix};
use crate::layout::{self, Section};
use crate::viewer::Viewer;
use crate::{Dashboard, moment, people};

const DAYS: i64 = 30;

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/usage", get(show))
}

async fn show(State(dashboard): State<Dashboard>, viewer: Viewer) -> Result<Markup, Fault> {
    let console = &dashboard.console;
    let end = Day::of(console.now()).number() + 1;
    let days = Day::from_number(end - DAYS)..Day::from_number(end);
    let usage = console
        .usage(&viewer.caller, viewer.organization.id, days)
        .await?;
    let ids = usage.by_key.iter().map(|(id, _)| *id).collect();
    let keys = console.keys_called(&viewer.caller, ids).await?;
    let days = every_day(end, &usage.by_day);
    let total = days.iter().fold(Tally::default(), |sum, (_, day)| Tally {
        allowed: sum.allowed + day.allowed,
        denied: sum.denied + day.denied,
    });
    let body = html! {
        (layout::heading(
            &html! { "Usage" },
            &html! { "Requests with keys of this organization, the last " (DAYS) " days in UTC." },
            &html! {},
        ))
        (totals(total))
        section.panel aria-label="Requests per day" { (chart::bars(&days)) }
        (keys_section(&viewer, &usage.by_key, &keys))
        (days_section(&days))
    };
    Ok(layout::page(&viewer, Section::Usage, "Usage", &body))
}

/// The days with and without requests, oldest first.
fn every_day(end: i64, by_day: &[(Day, Tally)]) -> Vec<(Day, Tally)> {
    let counted: HashMap<Day, Tally> = by_day.iter().copied().collect();
    (end - DAYS..end)
        .map(Day::from_number)
        .map(|day| (day, counted.get(&day).copied().unwrap_or_default()))
        .collect()
}

fn totals(total: Tally) -> Markup {
    html! {
        dl.totals {
            div { dt { "Allowed" } dd { (grouped(total.allowed)) } }
            div { dt { "Denied" } dd { (grouped(total.denied)) } }
        }
    }
}

fn keys_section(viewer: &Viewer, by_key: &[(KeyId, Tally)], keys: &[KeyRecord]) -> Markup {
    let named: HashMap<KeyId, &KeyRecord> = keys.iter().map(|key| (key.facts.id, key)).collect();
    html! {
        section aria-labelledby="by-key" {
            div.section-head { h2 #by-key { "By key" } }
            @if by_key.is_empty() {
                div.empty {
                    h3 { "No requests yet" }
                    p { "Requests appear here within a second or two of being made." }
                }
            } @else {
                div.table {
                    table {
                        caption.visually-hidden { "Requests by key, most first" }
                        thead {
                            tr {
                                th scope="col" { "Name" }
                                th scope="col" { "Key" }
                                th.number scope="col" { "Allowed" }
                                th.number scope="col" { "Denied" }
                            }
                        }
                        tbody {
                            @for (id, tally) in by_key { (key_row(viewer, *id, named.get(id), *tally)) }
                        }
                    }
                }
            }
        }
    }
}

fn key_row(viewer: &Viewer, id: KeyId, key: Option<&&KeyRecord>, tally: Tally) -> Markup {
    html! {
        tr {
            @match key {
                Some(key) => {
                    th scope="row" { a href=(key_href(viewer, key)) { (key.name) } }
                    td data-label="Key" { (prefix(key)) }
                },
                None => {
                    th scope="row" { (people::short(&id.to_string())) }
                    td data-label="Key" {}
                },
            }
            td.number data-label="Allowed" { (grouped(tally.allowed)) }
            td.number data-label="Denied" { (grouped(tally.denied)) }
        }
    }
}

fn days_section(days: &[(Day, Tally)]) -> Markup {
    html! {
        details.by-day {
            summary { "By day, as a table" }
            div.table {
                table {
                    caption.visually-hidden { "Requests by day, last first" }
                    thead {
                        tr {
                            th scope="col" { "Day" }
                            th.number scope="col" { "Allowed" }
                            th.number scope="col" { "Denied" }
                        }
                    }
                    tbody {
                        @for (day, tally) in days.iter().rev() {
                            tr {
                                th scope="row" {
                                    (moment::date_part(&format_instant(day.start())))
                                }
                                td.number data-label="Allowed" { (grouped(tally.allowed)) }
                                td.number data-label="Denied" { (grouped(tally.denied)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
