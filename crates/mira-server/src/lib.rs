//! Configuration, listeners, wiring and shutdown; nothing else.
//!
//! [`serve`] opens the data folder, builds every part over it, and lets the
//! `front` answer. What a part does is in the part's crate.

mod archive;
mod backup;
mod caller_windows;
pub mod config;
mod connections;
mod console_door;
mod demo;
mod entropy;
mod error;
mod foreign_origin;
mod framing;
mod front;
mod health;
mod hex;
mod high_water;
mod history;
mod import;
mod import_meetings;
mod installation;
mod listener;
mod meter;
mod models;
mod outbox;
mod products;
mod reload;
mod request_body;
mod request_ids;
mod restore;
mod serve;
mod services;
mod setup;
mod setup_link;
mod tls_identity;
mod transport;
mod watched_stream;

use std::collections::BTreeMap;
use std::path::Path;

pub use backup::{BackedUp, back_up};
pub use config::{Config, ConfigError};
pub use error::ServeError;
pub use import::import_keys;
pub use import_meetings::{FileOutcome, import_meetings};
pub use installation::Place;
pub use listener::InheritedSockets;
pub use restore::{Lost, Restored, restore};
pub use serve::{ServeOptions, serve};
pub use setup::set_up;

/// Reads a configuration file as `serve` would, and says what is wrong with it.
pub fn check_config(
    path: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<(), ConfigError> {
    Config::load(Some(path), environment, None).map(|_| ())
}

/// The OpenAPI document of the Mira API.
pub fn mira_openapi() -> &'static str {
    mira_meetings::openapi()
}

/// The OpenAPI document of the console API, as `GET /v1/openapi.json` serves it.
pub fn openapi() -> String {
    mira_api::openapi()
}
