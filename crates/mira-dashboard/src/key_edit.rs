//! Changing what is written about a key.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use maud::{Markup, html};
use mira_console::ConsoleError;
use mira_core::{KeyKind, KeyRecord};

use crate::control::{self, Input};
use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::href::Href;
use crate::key_table::{key_action, key_href};
use crate::layout;
use crate::viewer::Viewer;
use crate::{Dashboard, key_form, key_page};

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/keys/{key}/edit", get(form).post(edit))
}

async fn form(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Markup, Fault> {
    viewer.require_admin()?;
    let key = key_page::find(&dashboard, &mut viewer, &id).await?;
    Ok(page(&viewer, &key, &key_form::of_record(&key), None))
}

async fn edit(
    State(dashboard): State<Dashboard>,
    mut viewer: Viewer,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let key = key_page::find(&dashboard, &mut viewer, &id).await?;
    match apply(&dashboard, &viewer, &key, &fields).await {
        Ok(href) => Ok(href.see_other()),
        Err(ConsoleError::Invalid(problem)) if viewer.is_admin() => {
            let page = page(&viewer, &key, &fields, Some(&problem));
            Ok((StatusCode::BAD_REQUEST, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn apply(
    dashboard: &Dashboard,
    viewer: &Viewer,
    key: &KeyRecord,
    fields: &Fields,
) -> Result<Href, ConsoleError> {
    let edit = key_form::read_edit(fields, key)?;
    if edit
        .permissions
        .is_some_and(mira_core::Permissions::is_empty)
    {
        return Err(ConsoleError::Invalid(
            "Choose at least one permission".into(),
        ));
    }
    let id = key.facts.id;
    let (settled, tightens) = dashboard.console.edit_key(&viewer.caller, id, edit).await?;
    let href = key_href(viewer, key).saying(Notice::KeyChanged).about(id);
    Ok(if tightens {
        href.since(settled.effect)
    } else {
        href
    })
}

fn page(viewer: &Viewer, key: &KeyRecord, fields: &Fields, problem: Option<&str>) -> Markup {
    let (section, ..) = key_page::list(viewer, key);
    let body = html! {
        (layout::back(&key_href(viewer, key), &key.name))
        (layout::heading(&html! { "Edit " (key.name) }, &html! {}, &html! {}))
        (control::problem(problem))
        form.panel.stack method="post" action=(key_action(viewer, key, "edit")) {
            (Input::thing("Name").value(fields.text("name")))
            @if let KeyKind::Organization { .. } = key.facts.kind {
                (key_form::permission_boxes(fields))
            }
            (key_form::environment_select(fields))
            @if key.facts.state.retires_at().is_some() {
                (Input::new("datetime-local", "Grace period ends (UTC)", "retires_at").required()
                    .value(fields.text("retires_at"))
                    .hint("From this instant on the rotated key is refused."))
            }
            (key_form::restrictions(fields))
            p.actions {
                button.button.primary type="submit" { "Save changes" }
                a.button href=(key_href(viewer, key)) { "Cancel" }
            }
        }
    };
    layout::page(viewer, section, "Edit key", &body)
}
