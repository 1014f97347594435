//! The pages of the console, rendered on the server, complete without JavaScript.
//!
//! A page is a function of what the [`Console`] says: handlers read a form, call
//! one use case and render or redirect. Who may do what is the console's
//! decision; pages only leave out the buttons that it would refuse.

mod app_delete;
mod app_keys;
mod app_list;
mod app_money;
mod app_page;
mod asset;
mod audit;
mod badge;
mod chart;
mod control;
mod fault;
mod fields;
mod finish;
mod flash;
mod href;
mod icon;
mod invitation;
mod key_edit;
mod key_form;
mod key_group;
mod key_page;
mod key_refusals;
mod key_revoke;
mod key_rotate;
mod key_shown;
mod key_table;
mod layout;
mod member_list;
mod member_remove;
mod moment;
mod organization;
mod organization_keys;
mod organization_list;
mod pager;
mod people;
mod reference;
mod setup;
mod sign_in;
mod snippet;
mod subscription;
mod usage;
mod viewer;
mod visit;
mod webhook_list;
mod webhook_page;

pub use fault::refusal_page;

use std::sync::Arc;

use axum::{Router, middleware};
use mira_console::Console;
use mira_wire::ErrorCode;

use fault::Fault;

/// The first path segments that belong to the pages, so that nothing else is
/// mounted there.
pub const PREFIXES: &[&str] = &[
    "/apps",
    "/assets",
    "/audit",
    "/docs",
    "/invitations",
    "/keys",
    "/organizations",
    "/settings",
    "/setup",
    "/sign-in",
    "/sign-out",
    "/usage",
];

/// What the pages need to know of the installation.
#[derive(Clone)]
pub struct DashboardConfig {
    /// Whether this is the token of the set-up link. It should say no once there
    /// is a user, and must compare in constant time.
    pub setup: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// Where people reach the installation, such as `https://mira.example.com`,
    /// for links and examples. Absent means whatever each request was sent to.
    pub public_url: Option<String>,
    /// The OpenAPI document of the Mira API, for its reference page.
    pub mira_api: Arc<serde_json::Value>,
}

/// What every handler is given.
#[derive(Clone)]
struct Dashboard {
    console: Arc<Console>,
    config: Arc<DashboardConfig>,
}

/// The pages. The edge has put into each request's extensions a
/// [`RequestId`](mira_wire::RequestId), a [`ClientAddress`](mira_wire::ClientAddress)
/// and a [`SessionCookie`](mira_wire::SessionCookie), and, if somebody is signed
/// in, their [`Caller`](mira_console::Caller) and [`User`](mira_core::User). It
/// has refused forms that came from another origin.
///
/// Paths that lead nowhere are answered with a page too, so this router has a
/// fallback of its own.
pub fn router(console: Arc<Console>, config: DashboardConfig) -> Router {
    let config = Arc::new(config);
    Router::new()
        .merge(sign_in::routes())
        .merge(setup::routes())
        .merge(invitation::routes())
        .merge(organization_keys::routes())
        .merge(key_page::routes())
        .merge(key_edit::routes())
        .merge(key_revoke::routes())
        .merge(key_rotate::routes())
        .merge(app_list::routes())
        .merge(app_page::routes())
        .merge(app_money::routes())
        .merge(app_keys::routes())
        .merge(key_group::routes())
        .merge(app_delete::routes())
        .merge(member_list::routes())
        .merge(member_remove::routes())
        .merge(webhook_list::routes())
        .merge(webhook_page::routes())
        .merge(organization::routes())
        .merge(subscription::routes())
        .merge(organization_list::routes())
        .merge(usage::routes())
        .merge(audit::routes())
        .merge(reference::routes())
        .merge(asset::routes())
        .fallback(async || Fault::not_found("Page"))
        .method_not_allowed_fallback(async || Fault::of(ErrorCode::MethodNotAllowed))
        .layer(middleware::from_fn(finish::finish))
        .with_state(Dashboard { console, config })
}
