//! All organizations of the installation, for superadmins.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use mira_core::{Organization, Timestamp};

use crate::control::{self, Input};
use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::layout::{self, Section};
use crate::pager::pager;
use crate::viewer::Viewer;
use crate::{Dashboard, badge, moment, organization};

const PATH: &str = "/organizations";
const ORGANIZATIONS_PER_PAGE: u32 = 50;

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route(PATH, get(list).post(create))
}

async fn list(State(dashboard): State<Dashboard>, viewer: Viewer) -> Result<Markup, Fault> {
    viewer.require_superadmin()?;
    let page = viewer.page(ORGANIZATIONS_PER_PAGE)?;
    let console = &dashboard.console;
    let organizations = console.organizations(&viewer.caller, page).await?;
    let body = html! {
        (layout::heading(
            &html! { "Organizations" },
            &html! { "The tenants of this installation. Choose one to look at it." },
            &html! {},
        ))
        form.panel.inline-form method="post" action=(viewer.href(PATH)) {
            (control::once(viewer.visit.request_id))
            (Input::thing("Name"))
            button.button.primary type="submit" { "Create organization" }
        }
        (table(&viewer, &organizations.items, console.now()))
        (pager(&viewer, &viewer.href(PATH), organizations.next_cursor))
    };
    Ok(layout::page(
        &viewer,
        Section::Installation,
        "Organizations",
        &body,
    ))
}

async fn create(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, Fault> {
    let repeat = control::idempotency(&viewer, PATH, &fields)?;
    let settled = dashboard
        .console
        .create_organization(&viewer.caller, fields.text("name"), repeat)
        .await?;
    let href = viewer.href_in(settled.value.record.id, organization::PATH);
    Ok(href.saying(Notice::OrganizationCreated).see_other())
}

fn table(viewer: &Viewer, organizations: &[Organization], now: Timestamp) -> Markup {
    html! {
        div.table {
            table {
                caption.visually-hidden { "Organizations" }
                thead {
                    tr {
                        th scope="col" { "Name" }
                        th scope="col" { "State" }
                        th scope="col" { "Subscription" }
                        th scope="col" { "Since" }
                    }
                }
                tbody {
                    @for one in organizations {
                        tr {
                            th scope="row" {
                                a href=(viewer.href_in(one.id, "/settings/api-keys")) { (one.name) }
                            }
                            td data-label="State" { (badge::organization_state(one.state)) }
                            td data-label="Subscription" { (badge::subscription(one.subscription, now)) }
                            td data-label="Since" { (moment::day(one.created_at)) }
                        }
                    }
                }
            }
        }
    }
}
