//! An axum service whose routes are behind keys: a running Mira is asked about every
//! request, so keys are issued, limited and revoked there, and nothing is kept here.
//!
//! ```toml
//! # mira.toml; the service is asked about at the door, and its upstream is not used
//! [server]
//! trusted_proxies = ["127.0.0.1"]
//! [[service]]
//! name = "search"
//! prefix = "/search"
//! upstream = "http://127.0.0.1:9000"
//! key = "app"
//! ```
//!
//! ```sh
//! mira serve --demo --config mira.toml
//! cargo run -p mira-tower --example guarded_service -- http://127.0.0.1:8080
//! curl -i http://127.0.0.1:9000/search -H "Authorization: Bearer $MIRA_SEARCH_KEY"
//! ```

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::get;
use http::{HeaderMap, Uri, request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use mira_tower::DoorLayer;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mira = std::env::args().nth(1);
    let mira = mira.as_deref().unwrap_or("http://127.0.0.1:8080").parse()?;
    let routes = Router::new().route("/search", get(search));
    let listener = TcpListener::bind("127.0.0.1:9000").await?;
    serve(listener, guarded(routes, mira)).await?;
    Ok(())
}

/// `routes`, for requests whose key the Mira at `mira` says is good.
pub(crate) fn guarded(routes: Router, mira: Uri) -> Router {
    let client = Client::builder(TokioExecutor::new()).build_http();
    routes.layer(DoorLayer::new(client, mira, peer))
}

/// Serves `app` so that it knows who is connected to it.
pub(crate) async fn serve(listener: TcpListener, app: Router) -> std::io::Result<()> {
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).await
}

fn peer(head: &request::Parts) -> Option<IpAddr> {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(peer.0.ip())
}

async fn search(headers: HeaderMap) -> String {
    let key = headers.get("x-mira-key-id").and_then(|id| id.to_str().ok());
    format!("found by {}\n", key.unwrap_or("nobody"))
}
