//! Whether the process lives, whether it may serve, and its metrics.

use std::borrow::Cow;
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
use mira_node::Node;
use mira_verifier::Lease;
use mira_wire::{ClientAddress, ErrorCode, Refusal, json_response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde_json::json;

/// What a balancer and an operator ask.
#[derive(Clone)]
pub(crate) struct Health {
    node: Arc<Node>,
    is_draining: Arc<AtomicBool>,
    lease_ms: u64,
}

impl Health {
    pub(crate) fn new(node: Arc<Node>, lease: Duration) -> Self {
        let lease_ms = u64::try_from(lease.as_millis()).unwrap_or(u64::MAX);
        Self {
            node,
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
    let lease_ms = match health.node.verifier().lease() {
        _ if health.is_draining.load(Ordering::Acquire) => return not_ready("draining"),
        Lease::Absent if health.node.has_forked() => return not_ready("fork"),
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
    encode(&mut text, &registry(&health.node).await)
        .map_err(|_| Refusal::error(ErrorCode::Internal))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}

/// Gauges are read when somebody asks; nothing is kept for them.
async fn registry(node: &Node) -> Registry {
    let mut registry = Registry::with_prefix("mira");
    let mut gauge = |name: &str, help: &str, value: i64| {
        let gauge: Gauge = Gauge::default();
        gauge.set(value);
        registry.register(name, help, gauge);
    };
    let verifier = node.verifier();
    let lease = verifier.lease();
    gauge(
        "serving",
        "Whether this node may answer",
        i64::from(lease != Lease::Absent),
    );
    if let Lease::Remaining(left) = lease {
        let left = i64::try_from(left.as_millis()).unwrap_or(i64::MAX);
        gauge("lease_left_milliseconds", "What is left of the lease", left);
    }
    let watched = number(verifier.watched());
    gauge("lifelines", "Responses that end with their key", watched);
    let standing = node.standing().await;
    let applied = i64::try_from(standing.applied).unwrap_or(i64::MAX);
    gauge(
        "changes_applied",
        "The last change that holds here",
        applied,
    );
    let behind = i64::try_from(standing.behind).unwrap_or(i64::MAX);
    gauge(
        "changes_behind",
        "Changes of the store that do not hold here yet",
        behind,
    );
    gauge(
        "nodes_live",
        "Nodes that may be given leases",
        number(standing.live),
    );
    let fenced = number(standing.fenced);
    gauge(
        "nodes_fenced",
        "Nodes that are given no leases any more",
        fenced,
    );
    for (proof, histogram) in node.waits().histograms() {
        let label = (Cow::Borrowed("proof"), Cow::Borrowed(proof.as_str()));
        registry.sub_registry_with_label(label).register(
            "change_wait_seconds",
            "How long changes took to hold everywhere after their commit",
            histogram.clone(),
        );
    }
    registry
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
