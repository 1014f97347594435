//! Removing a person from the organization, after one more look.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};
use mira_core::{User, UserId};

use crate::Dashboard;
use crate::fault::Fault;
use crate::flash::Notice;
use crate::layout::{self, Section};
use crate::viewer::Viewer;

const LIST: &str = "/settings/members";

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/settings/members/{user}/remove", get(confirm).post(remove))
}

async fn confirm(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    viewer.require_admin()?;
    let user = find(&dashboard, &viewer, &id).await?;
    let action = viewer.href(format!("{LIST}/{}/remove", user.id));
    let body = html! {
        (layout::back(&viewer.href(LIST), "Members"))
        (layout::heading(&html! { "Remove " (user.email) "?" }, &html! {}, &html! {}))
        form.panel.stack method="post" action=(action) {
            p { "They are signed out everywhere at once. The keys they created stay." }
            p.actions {
                button.button.destructive type="submit" { "Remove" }
                a.button href=(viewer.href(LIST)) { "Cancel" }
            }
        }
    };
    Ok(layout::page(
        &viewer,
        Section::Members,
        "Remove member",
        &body,
    ))
}

async fn remove(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let id = parse(&id)?;
    let organization = viewer.organization.id;
    let console = &dashboard.console;
    console
        .remove_member(&viewer.caller, organization, id)
        .await?;
    Ok(viewer.href(LIST).saying(Notice::MemberRemoved).see_other())
}

async fn find(dashboard: &Dashboard, viewer: &Viewer, id: &str) -> Result<User, Fault> {
    let id = parse(id)?;
    let organization = viewer.organization.id;
    let console = &dashboard.console;
    Ok(console.member(&viewer.caller, organization, id).await?)
}

fn parse(id: &str) -> Result<UserId, Fault> {
    id.parse().map_err(|_| Fault::not_found("Member"))
}
