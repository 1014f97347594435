//! What stands in front of the routers in the server: a grant, a request id, and
//! a finished response; and a meter that remembers.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use futures_util::future::BoxFuture;
use http::StatusCode;
use http_body_util::BodyExt as _;
use mira_core::{
    Access, Admission, AppId, Clock, Decision, Environment, Grant, KeyFacts, KeyId, KeyKind,
    KeyState, MicroUsd, OrganizationFacts, OrganizationId, Presented, Question, RateLimit, Subject,
    Timestamp, decide,
};
use mira_key::{KeyDigest, ServiceName};
use mira_network::{
    Charge, Meter, Network, NetworkConfig, Price, PricedModel, Unconfirmed, inference_router,
    verify_router,
};
use mira_outbound::{HttpClient, Model, ModelClient};
use mira_wire::{Dialect, RequestId, finish};
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use tokio::time::timeout;
use tower::ServiceExt as _;

/// 2026-01-15T10:30:00.000Z
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_768_473_000_000);

pub(crate) const APP: AppId = AppId::from_bytes([7; 16]);

/// Longer than anything here should take.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) struct Edge {
    router: Router,
    charges: mpsc::UnboundedReceiver<Charge>,
    gate: Arc<OnceLock<Arc<Semaphore>>>,
}

struct Recorder {
    charges: mpsc::UnboundedSender<Charge>,
    gate: Arc<OnceLock<Arc<Semaphore>>>,
}

struct Fixed;

impl Edge {
    pub(crate) fn new(models: &[(&str, &str)]) -> Self {
        Self::with_timeout(models, SOON)
    }

    /// Over models of these names and base URLs, at 1 and 2 USD per million.
    pub(crate) fn with_timeout(models: &[(&str, &str)], timeout: Duration) -> Self {
        let models = models.iter().map(|(id, base_url)| PricedModel {
            timeout,
            ..model(id, id, base_url)
        });
        Self::over(models.collect())
    }

    pub(crate) fn over(models: Vec<PricedModel>) -> Self {
        let (sender, charges) = mpsc::unbounded_channel();
        let config = NetworkConfig { models };
        let gate = Arc::default();
        let recorder = Recorder {
            charges: sender,
            gate: Arc::clone(&gate),
        };
        let network = Network::new(config, Arc::new(Fixed), Arc::new(recorder));
        let network = Arc::new(network);
        let router = verify_router(Arc::clone(&network)).merge(inference_router(network));
        Self {
            router,
            charges,
            gate,
        }
    }

    /// Charges are confirmed by permits of `gate`, and not at once.
    pub(crate) fn confirmed_by(self, gate: Arc<Semaphore>) -> Self {
        self.gate.set(gate).unwrap();
        self
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Response {
        self.send(Request::post(path).body(body.into()).unwrap())
            .await
    }

    pub(crate) async fn send(&self, mut request: Request) -> Response {
        request.extensions_mut().insert(grant());
        request.extensions_mut().insert(request_id());
        let response = self.router.clone().oneshot(request).await.unwrap();
        finish(response, Dialect::Network, request_id())
    }

    /// The next charge, which must come soon.
    pub(crate) async fn charge(&mut self) -> Charge {
        timeout(SOON, self.charges.recv()).await.unwrap().unwrap()
    }

    /// Whether nothing more is charged, now that everybody had time to.
    pub(crate) async fn charges_nothing(&mut self) -> bool {
        timeout(Duration::from_millis(100), self.charges.recv())
            .await
            .is_err()
    }
}

pub(crate) fn model(id: &str, name: &str, base_url: &str) -> PricedModel {
    let model = Model {
        id: id.to_owned(),
        name: name.to_owned(),
        base_url: base_url.to_owned(),
        api_key: None,
    };
    PricedModel {
        client: ModelClient::new(HttpClient::new(), model).unwrap(),
        price: Price {
            prompt_per_million: MicroUsd::from_micros(1_000_000),
            completion_per_million: MicroUsd::from_micros(2_000_000),
        },
        timeout: SOON,
    }
}

pub(crate) fn request_id() -> RequestId {
    RequestId::new(NOW, [1; 10])
}

pub(crate) async fn text(response: Response) -> String {
    let body = timeout(SOON, response.into_body().collect()).await.unwrap();
    String::from_utf8(body.unwrap().to_bytes().to_vec()).unwrap()
}

/// Status, stable code and text of a refusal.
pub(crate) async fn refusal(response: Response) -> (StatusCode, String, String) {
    let status = response.status();
    let code = response.headers()["x-mira-code"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
    (status, code, body["message"].as_str().unwrap().to_owned())
}

fn grant() -> Grant {
    let organization_id = OrganizationId::from_bytes([5; 16]);
    let service = ServiceName::VERIFY;
    let key = KeyFacts {
        id: KeyId::from_bytes([6; 16]),
        organization_id,
        kind: KeyKind::App {
            app_id: APP,
            service,
        },
        environment: Environment::Production,
        state: KeyState::Active,
        expires_at: None,
        ip_allowlist: None,
        rate_limit: RateLimit::default(),
    };
    let organization = OrganizationFacts {
        id: organization_id,
        is_suspended: false,
        subscribed_until: Timestamp::MIN,
    };
    let subject = Subject {
        digest: KeyDigest::from_bytes([0; 32]),
        key: key.view(),
        organization,
        balance: Some(MicroUsd::from_micros(1)),
    };
    let presented = Presented::Known(subject);
    let question = Question {
        presented,
        access: &Access::ANY,
        now: NOW,
    };
    match decide(&question).unwrap().charge(Admission::Admitted(None)) {
        Decision::Allow(grant) => grant,
        Decision::Deny(denied) => panic!("{denied:?}"),
    }
}

impl Meter for Recorder {
    fn charge(&self, charge: Charge) -> BoxFuture<'static, Result<(), Unconfirmed>> {
        let (charges, gate) = (self.charges.clone(), self.gate.get().cloned());
        Box::pin(async move {
            charges.send(charge).unwrap();
            let Some(gate) = gate else {
                return Ok(());
            };
            let permit = gate.acquire().await;
            permit.map(SemaphorePermit::forget).map_err(|_| Unconfirmed)
        })
    }

    fn is_open(&self) -> bool {
        let gate = self.gate.get();
        gate.is_none_or(|gate| !gate.is_closed())
    }
}

impl Clock for Fixed {
    fn now(&self) -> Timestamp {
        NOW
    }
}
