//! Claims about a running server, through its real doors.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod backup;
mod charges;
mod cli;
mod cli_apps;
mod conformance;
mod corpus;
mod drain;
mod durability;
mod exhaustion;
mod gateway;
mod grpc;
mod http2;
mod import;
mod life;
mod limits;
mod listeners;
mod matrix;
mod meetings;
mod mira_api;
mod mira_network;
mod money;
mod nodes;
mod reach;
mod refusals;
mod refusals_kept;
mod revocation;
mod secrets;
mod services;
mod shared_limits;
mod slow;
mod start;
mod streams;
mod subscription;
mod webhooks;
mod wire;

use http::StatusCode;
use mira_testkit::{Client, Server, ServerOptions};
use serde_json::{Value, json};

/// A demo server of its own, with `config` over the defaults.
fn demo_with(config: &str) -> Server {
    let config = Some(config.to_owned()).filter(|text| !text.is_empty());
    let options = ServerOptions {
        demo: true,
        config,
        ..ServerOptions::default()
    };
    Server::start(env!("CARGO_BIN_EXE_mira"), options)
}

fn demo() -> Server {
    demo_with("")
}

/// Without limits, for tests that send more than a person would.
fn demo_without_limits() -> Server {
    demo_with(
        "[limits]\naddress_per_minute = 0\norganization_key_per_minute = 0\n\
         app_key_per_minute = 0\napp_key_per_day = 0\nconsole_per_minute = 0\n",
    )
}

/// A client that is signed in as the demo's user with `role`.
async fn signed_in(server: &Server, role: &str) -> Client {
    let client = server.client();
    client
        .sign_in(server.demo().user(role))
        .await
        .expect(StatusCode::CREATED);
    client
}

/// A fresh organization key: its id and its plaintext.
async fn new_key(admin: &Client, organization: &str, body: Value) -> (String, String) {
    let path = format!("/v1/organizations/{organization}/keys");
    created(
        &admin
            .post(&path, &body)
            .await
            .expect(StatusCode::CREATED)
            .json(),
    )
}

/// A fresh app key: its id and its plaintext.
async fn new_app_key(admin: &Client, app: &str, service: &str) -> (String, String) {
    let path = format!("/v1/apps/{app}/keys");
    created(
        &admin
            .post(&path, &json!({"service": service}))
            .await
            .expect(StatusCode::CREATED)
            .json(),
    )
}

fn created(record: &Value) -> (String, String) {
    (
        record["id"].as_str().unwrap().to_owned(),
        record["key"].as_str().unwrap().to_owned(),
    )
}
