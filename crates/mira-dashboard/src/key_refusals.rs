//! The last refused requests of a key.

use std::fmt::Write as _;

use maud::{Markup, html};
use mira_core::{Access, Audience, Environment, Environments, KeyRecord, Refused};

use crate::fault::Fault;
use crate::key_table::key_href;
use crate::pager::pager;
use crate::viewer::Viewer;
use crate::{Dashboard, moment, snippet};

const SHOWN: u32 = 10;

/// The section of a key's page; nothing for those who may not see it.
pub(crate) async fn section(
    dashboard: &Dashboard,
    viewer: &Viewer,
    key: &KeyRecord,
) -> Result<Markup, Fault> {
    if !viewer.is_admin() {
        return Ok(html! {});
    }
    let (organization, id) = (key.facts.organization_id, key.facts.id);
    let page = viewer.page(SHOWN)?;
    let console = &dashboard.console;
    let refusals = console
        .refusals(&viewer.caller, organization, Some(id), page)
        .await?;
    Ok(html! {
        section aria-labelledby="refusals" {
            div.section-head { h2 #refusals { "Recent refusals" } }
            @if refusals.items.is_empty() {
                p.muted { "None were kept in the last 7 days." }
            } @else { (table(&refusals.items)) }
            (pager(viewer, &key_href(viewer, key), refusals.next_cursor))
        }
    })
}

fn table(refusals: &[Refused]) -> Markup {
    html! {
        div.table {
            table {
                caption.visually-hidden { "Refused requests, last first" }
                thead {
                    tr {
                        th scope="col" { "When (UTC)" }
                        th scope="col" { "Code" }
                        th scope="col" { "Asked for" }
                        th scope="col" { "Request" }
                    }
                }
                tbody {
                    @for refused in refusals {
                        tr {
                            td data-label="When" { (moment::second(refused.at())) }
                            td data-label="Code" { code { (refused.code) } }
                            td.wide-cell data-label="Asked for" { (asked(&refused.access)) }
                            td data-label="Request" {
                                code.id title=(refused.request_id()) { (refused.request_id()) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// An access in words, such as `an organization key with write, from 203.0.113.7`.
fn asked(access: &Access) -> String {
    let mut text = match access.audience {
        Audience::Any => "any key".to_owned(),
        Audience::Organization => "an organization key".to_owned(),
        Audience::Service(service) => format!("a key for {}", snippet::title(service)),
    };
    // Writing into a string does not fail.
    if let Some(permission) = access.permission {
        write!(text, " with {permission}").ok();
    }
    if access.environments != Environments::ALL {
        let names = access.environments.iter().map(Environment::as_str);
        let names: Vec<&str> = names.collect();
        write!(text, " of {}", names.join(" or ")).ok();
    }
    if access.is_metered {
        text.push_str(" with a balance");
    }
    if let Some(address) = access.address {
        write!(text, ", from {address}").ok();
    }
    text
}
