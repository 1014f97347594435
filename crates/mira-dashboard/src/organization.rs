//! Settings → Organization: its name and its state.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use maud::{Markup, html};
use mira_core::OrganizationState;

use crate::control::Input;
use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::layout::{self, Section};
use crate::viewer::Viewer;
use crate::{Dashboard, badge, moment, subscription};

pub(crate) const PATH: &str = "/settings/organization";

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route(PATH, get(show).post(rename))
        .route("/settings/organization/state", post(set_state))
}

async fn show(State(dashboard): State<Dashboard>, viewer: Viewer) -> Markup {
    let organization = &viewer.organization;
    let body = html! {
        (layout::heading(
            &html! { (organization.name) " " (badge::organization_state(organization.state)) },
            &html! {
                code.id { (maud::display(organization.id)) }
                " · since " (moment::day(organization.created_at))
            },
            &html! {},
        ))
        @if viewer.is_admin() { (name_section(&viewer)) }
        (subscription::section(&viewer, dashboard.console.now()))
        @if viewer.is_superadmin() { (state_section(&viewer)) }
    };
    layout::page(&viewer, Section::Organization, "Organization", &body)
}

async fn rename(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, Fault> {
    let (id, name) = (viewer.organization.id, fields.text("name"));
    dashboard
        .console
        .rename_organization(&viewer.caller, id, name)
        .await?;
    let href = viewer.href(PATH).saying(Notice::OrganizationChanged);
    Ok(href.see_other())
}

async fn set_state(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, Fault> {
    let (id, state) = (viewer.organization.id, fields.required("state")?);
    let settled = dashboard
        .console
        .set_organization_state(&viewer.caller, id, state)
        .await?;
    let notice = match state {
        OrganizationState::Active => Notice::OrganizationActivated,
        OrganizationState::Suspended => Notice::OrganizationSuspended,
    };
    let href = viewer.href(PATH).saying(notice);
    Ok(href.since(settled.effect).see_other())
}

fn name_section(viewer: &Viewer) -> Markup {
    html! {
        section aria-labelledby="name" {
            div.section-head { h2 #name { "Name" } }
            form.panel.inline-form method="post" action=(viewer.href(PATH)) {
                (Input::thing("Name").value(&viewer.organization.name))
                button.button type="submit" { "Rename" }
            }
        }
    }
}

fn state_section(viewer: &Viewer) -> Markup {
    let action = viewer.href("/settings/organization/state");
    html! {
        section aria-labelledby="state" {
            div.section-head { h2 #state { "State" } }
            form.panel.row method="post" action=(action)
                data-confirm="Change the state of this organization, and with it of all its keys?" {
                @match viewer.organization.state {
                    OrganizationState::Active => {
                        p { "Suspending the organization refuses all its keys until it is active again." }
                        input type="hidden" name="state" value="suspended";
                        button.button.danger type="submit" { "Suspend organization" }
                    },
                    OrganizationState::Suspended => {
                        p { "All its keys are refused. Keys that were revoked one by one stay so." }
                        input type="hidden" name="state" value="active";
                        button.button.primary type="submit" { "Activate organization" }
                    },
                }
            }
        }
    }
}
