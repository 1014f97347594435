//! Settings → Members: the people of the organization.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::StatusCode;
use maud::{Markup, html};
use mira_console::{ConsoleError, Invited, NewMember, Page, Token};
use mira_core::{Role, User, UserId};

use crate::control::{self, Input};
use crate::fault::Fault;
use crate::fields::Fields;
use crate::flash::Notice;
use crate::layout::{self, Section};
use crate::pager::pager;
use crate::viewer::Viewer;
use crate::{Dashboard, badge, moment, snippet};

const PATH: &str = "/settings/members";
const MEMBERS_PER_PAGE: u32 = 50;

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new()
        .route(PATH, get(list).post(add))
        .route("/settings/members/{user}/role", post(change_role))
}

async fn list(State(dashboard): State<Dashboard>, viewer: Viewer) -> Result<Markup, Fault> {
    page(&dashboard, &viewer, &Fields::default(), None).await
}

async fn add(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, Fault> {
    let new = NewMember {
        email: fields.text("email").to_owned(),
        role: fields.required("role")?,
        name: fields.text("name").to_owned(),
        password: None,
    };
    let (id, console) = (viewer.organization.id, &dashboard.console);
    let (status, problem) = match console.add_member(&viewer.caller, id, new, None).await {
        Ok(settled) => return Ok(added(&viewer, &settled.value.record)),
        Err(ConsoleError::Invalid(problem)) => (StatusCode::BAD_REQUEST, problem),
        Err(ConsoleError::Conflict(problem)) => (StatusCode::CONFLICT, problem),
        Err(error) => return Err(error.into()),
    };
    let page = page(&dashboard, &viewer, &fields, Some(&problem)).await?;
    Ok((status, page).into_response())
}

async fn change_role(
    State(dashboard): State<Dashboard>,
    viewer: Viewer,
    Path(user): Path<String>,
    fields: Fields,
) -> Result<Response, Fault> {
    let user: UserId = user.parse().map_err(|_| Fault::not_found("Member"))?;
    let (id, role) = (viewer.organization.id, fields.required("role")?);
    dashboard
        .console
        .change_member(&viewer.caller, id, user, role)
        .await?;
    Ok(viewer.href(PATH).saying(Notice::MemberChanged).see_other())
}

async fn page(
    dashboard: &Dashboard,
    viewer: &Viewer,
    fields: &Fields,
    problem: Option<&str>,
) -> Result<Markup, Fault> {
    let members = dashboard
        .console
        .members(
            &viewer.caller,
            viewer.organization.id,
            viewer.page(MEMBERS_PER_PAGE)?,
        )
        .await?;
    let body = html! {
        (layout::heading(
            &html! { "Members" },
            &html! { "Members read. Admins manage keys, apps and people." },
            &html! {},
        ))
        (control::problem(problem))
        @if viewer.is_admin() { (add_form(viewer, fields)) }
        (table(viewer, &members))
        (pager(viewer, &viewer.href(PATH), members.next_cursor))
    };
    Ok(layout::page(viewer, Section::Members, "Members", &body))
}

/// The page that shows an invitation link, this once.
fn added(viewer: &Viewer, invited: &Invited) -> Response {
    let user = &invited.user;
    let body = html! {
        h1 { (user.email) " is added" }
        @if let Some(token) = &invited.invitation { (invitation(viewer, token)) }
        p.actions { a.button.primary href=(viewer.href(PATH)) { "Done" } }
    };
    layout::once(viewer, Section::Members, "Member added", &body)
}

fn invitation(viewer: &Viewer, token: &Token) -> Markup {
    let link = format!("{}/invitations/{}", viewer.visit.origin, token.expose());
    html! {
        div.alert.warn role="status" {
            p { strong { "Copy the invitation link now - it's only shown once!" } }
            p { "Whoever has it can set the password. It works once, for 7 days." }
        }
        (snippet::code_block("invitation", &link))
    }
}

fn add_form(viewer: &Viewer, fields: &Fields) -> Markup {
    let role = fields.given("role").unwrap_or(Role::Member.as_str());
    html! {
        form.panel.inline-form method="post" action=(viewer.href(PATH)) {
            (Input::new("email", "Email", "email").required().value(fields.text("email")))
            (Input::new("text", "Name", "name").value(fields.text("name")))
            (control::select("Role", "role", &roles(viewer), role))
            button.button.primary type="submit" { "Add member" }
        }
    }
}

fn table(viewer: &Viewer, members: &Page<User>) -> Markup {
    html! {
        div.table {
            table {
                caption.visually-hidden { "Members of the organization" }
                thead {
                    tr {
                        th scope="col" { "Name" }
                        th scope="col" { "Email" }
                        th scope="col" { "Role" }
                        th scope="col" { "Since" }
                        @if viewer.is_admin() {
                            th scope="col" { span.visually-hidden { "Actions" } }
                        }
                    }
                }
                tbody { @for user in &members.items { (row(viewer, user)) } }
            }
        }
    }
}

fn row(viewer: &Viewer, user: &User) -> Markup {
    let is_manageable = viewer.is_admin() && user.role <= viewer.user.role;
    html! {
        tr {
            th scope="row" {
                @if user.name.is_empty() { (user.email) } @else { (user.name) }
                @if user.id == viewer.user.id { " " span.muted { "(you)" } }
            }
            td.wide-cell data-label="Email" { (user.email) }
            td data-label="Role" {
                @if is_manageable { (role_form(viewer, user)) } @else { (badge::role(user.role)) }
            }
            td data-label="Since" { (moment::day(user.created_at)) }
            @if viewer.is_admin() {
                td.row-actions {
                    @if is_manageable {
                        a.button.small.danger aria-label={ "Remove " (user.email) }
                            href=(viewer.href(format!("{PATH}/{}/remove", user.id))) { "Remove" }
                    }
                }
            }
        }
    }
}

fn role_form(viewer: &Viewer, user: &User) -> Markup {
    html! {
        form.role-form method="post" action=(viewer.href(format!("{PATH}/{}/role", user.id))) {
            select name="role" aria-label={ "Role of " (user.email) } {
                @for (value, words) in roles(viewer) {
                    option value=(value) selected[value == user.role.as_str()] { (words) }
                }
            }
            button.button.small type="submit" aria-label={ "Change the role of " (user.email) } {
                "Change"
            }
        }
    }
}

/// The roles that the viewer can give.
fn roles(viewer: &Viewer) -> Vec<(&'static str, &'static str)> {
    Role::ALL
        .iter()
        .filter(|role| **role < Role::Superadmin || viewer.is_superadmin())
        .map(|role| {
            let title = match role {
                Role::Member => "Member",
                Role::Admin => "Admin",
                Role::Superadmin => "Superadmin",
            };
            (role.as_str(), title)
        })
        .collect()
}
