//! Deleting an app, after one more look.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use maud::{Markup, html};

use crate::Dashboard;
use crate::app_page::{self, app_action, app_href};
use crate::fault::Fault;
use crate::flash::Notice;
use crate::layout::{self, Section};
use crate::viewer::Viewer;

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/apps/{app}/delete", get(confirm).post(delete))
}

async fn confirm(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    viewer.require_admin()?;
    let app = app_page::find(&dashboard, &mut viewer, &id).await?;
    let body = html! {
        (layout::back(&app_href(&viewer, &app), &app.name))
        (layout::heading(&html! { "Delete " (app.name) "?" }, &html! {}, &html! {}))
        form.panel.stack method="post" action=(app_action(&viewer, &app, "delete")) {
            p {
                "All its keys are revoked at once and cannot be restored. Its transactions are kept; "
                "what is left of its balance, " (maud::display(app.balance)) ", can no longer be used."
            }
            p.actions {
                button.button.destructive type="submit" { "Delete app" }
                a.button href=(app_href(&viewer, &app)) { "Cancel" }
            }
        }
    };
    Ok(layout::page(&viewer, Section::Apps, "Delete app", &body))
}

async fn delete(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let app = app_page::find(&dashboard, &mut viewer, &id).await?;
    let settled = dashboard.console.delete_app(&viewer.caller, app.id).await?;
    let href = viewer.href("/apps").saying(Notice::AppDeleted);
    Ok(href.since(settled.effect).see_other())
}
