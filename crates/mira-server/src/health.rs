//! Whether the process lives, whether it may serve, and its metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{Extension, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use mira_core::{Role, User};
use mira_verifier::{Lease, Verifier};
use mira_wire::{ClientAddress, ErrorCode, Refusal, json_response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde_json::json;

/// What a balancer and an operator ask.
#[derive(Clone)]
pub(crate) struct Health {
    verifier: Arc<Verifier>,
    is_draining: Arc<AtomicBool>,
    lease_ms: u64,
}

impl Health {
    pub(crate) fn new(verifier: Arc<Verifier>, lease: Duration) -> Self {
        let lease_ms = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        Self {
            verifier,
            is_draining: Arc::default(),
            lease_ms,
        }
    }

    /// From now on this node is leaving.
    pub(crate) fn drain(&self) {
        self.is_draining.store(true, Ordering::Release);
    }

    pub(crate) fn router(self) -> Router {
        Router::new()
            .route(
                "/healthz",
                get(|| async { json_response(StatusCode::OK, &json!({"status": "ok"})) }),
            )
            .route("/readyz", get(ready))
            .route("/metrics", get(metrics))
            .with_state(self)
    }
}

async fn ready(State(health): State<Health>) -> Response {
    let lease_ms = match health.verifier.lease() {
        _ if health.is_draining.load(Ordering::Acquire) => return not_ready("draining"),
        Lease::Absent => return not_ready("no_lease"),
        Lease::NeverEnds => health.lease_ms,
        Lease::Remaining(left) => u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
    };
    json_response(
        StatusCode::OK,
        &json!({"status": "ready", "lease_ms": lease_ms}),
    )
}

fn not_ready(reason: &str) -> Response {
    let body = json!({"status": "unavailable", "reason": reason});
    let mut response = json_response(StatusCode::SERVICE_UNAVAILABLE, &body);
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// Metrics are for operators: from this machine, or as a superadmin.
async fn metrics(
    State(health): State<Health>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    user: Option<Extension<User>>,
) -> Result<Response, Refusal> {
    let is_superadmin = user.is_some_and(|Extension(user)| user.role == Role::Superadmin);
    if !address.is_loopback() && !is_superadmin {
        return Err(Refusal::error(ErrorCode::Forbidden));
    }
    let mut text = String::new();
    encode(&mut text, &registry(&health)).map_err(|_| Refusal::error(ErrorCode::Internal))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}

/// Gauges are read when somebody asks; nothing is kept for them.
fn registry(health: &Health) -> Registry {
    let mut registry = Registry::with_prefix("mira");
    let mut gauge = |name: &str, help: &str, value: i64| {
        let gauge: Gauge = Gauge::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    let is_serving = health.verifier.lease() != Lease::Absent;
    gauge(
        "serving",
        "Whether this node may answer",
        i64::from(is_serving),
    );
    let watched = i64::try_from(health.verifier.watched()).unwrap_or(i64::MAX);
    gauge("lifelines", "Responses that end with their key", watched);
    registry
}
