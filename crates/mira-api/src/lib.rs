//! The console API `/v1` in JSON: a thin shell over [`Console`].
//!
//! A route reads a request strictly, asks the console, and writes the answer
//! down; what may be done, and what it does, is the console's to say. Each noun
//! has one file with its JSON shapes and its routes, and a route is registered
//! once, for the router and for the document alike.
//!
//! The edge in front has said who asks: it puts a [`Caller`](mira_console::Caller)
//! into the request's extensions, a [`User`](mira_core::User) where that is a
//! person, and [`RequestId`](mira_wire::RequestId),
//! [`ClientAddress`](mira_wire::ClientAddress) and
//! [`SessionCookie`](mira_wire::SessionCookie). It also passes every response
//! through [`mira_wire::finish`], which gives refusals their body.

mod amount;
mod apps;
mod audit;
mod authenticated;
mod base_url;
mod body;
mod deliveries;
mod document;
mod effect;
mod failure;
mod idempotency;
mod key_creation;
mod key_groups;
mod key_lists;
mod key_record;
mod keys;
mod list;
mod members;
mod network;
mod organizations;
mod path_id;
mod query;
mod rate_limit;
mod reach;
mod refusals;
mod routes;
mod sessions;
mod text;
mod transactions;
mod usage;
mod verification;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use bytes::Bytes;
use mira_console::Console;
use mira_key::ServiceName;

pub use routes::ROUTES;

/// What the API needs to know of its installation.
#[derive(Debug, Clone, Default)]
pub struct ApiConfig {
    /// Where people reach the installation, such as `https://mira.example`. It
    /// begins the links that they are given; without it the request's own host
    /// does.
    pub public_url: Option<String>,
    /// The services whose keys need a balance.
    pub metered: Vec<ServiceName>,
}

/// What every route works with.
pub(crate) struct Api {
    pub(crate) console: Arc<Console>,
    pub(crate) config: ApiConfig,
    pub(crate) document: Bytes,
}

/// The routes of [`ROUTES`], under their full paths, and refusals for whatever
/// else is asked for under `/v1`.
pub fn router(console: Arc<Console>, config: ApiConfig) -> Router {
    let (router, document) = routes::registered();
    let document = Bytes::from(document);
    routes::with_fallbacks(router).with_state(Arc::new(Api {
        console,
        config,
        document,
    }))
}

/// The OpenAPI document of the console API, as JSON.
pub fn openapi() -> String {
    routes::registered().1
}
