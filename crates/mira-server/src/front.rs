//! What answers a request: one service for every door.
//!
//! The request's id, its path, its client and its credential are settled here,
//! in this order, before a router sees it; and every answer leaves through
//! [`mira_wire::finish`].

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::Uri;
use http::header::{ACCEPT, CACHE_CONTROL, HeaderValue};
use mira_console::Console;
use mira_core::Access;
use mira_gateway::{Mount, Route, RouteTable, check_path};
use mira_key::Entropy;
use mira_tower::{Guard, client_address};
use mira_wire::{ClientAddress, Dialect, ErrorCode, Refusal, RequestId, SessionCookie, finish};
use tower::ServiceExt as _;
use tower_http::timeout::TimeoutBody;

use crate::config::TrustedProxies;
use crate::console_door::{ConsoleDoor, is_api};

/// A body that sends nothing for this long is given up.
const BODY_SILENCE: Duration = Duration::from_secs(15);

/// Everything that it takes to answer.
pub(crate) struct Front {
    pub(crate) console: Arc<Console>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) guard: Guard,
    pub(crate) door: ConsoleDoor,
    pub(crate) routes: RouteTable,
    pub(crate) products: Router,
    pub(crate) pages: Router,
    pub(crate) trusted_proxies: TrustedProxies,
    /// Whether people reach this installation over https.
    pub(crate) is_public_url_secure: bool,
}

impl Front {
    /// Answers one request from `peer`. It never fails: whatever goes wrong is an
    /// answer.
    pub(crate) async fn answer(&self, peer: IpAddr, request: Request) -> Response {
        let mut random = [0; 10];
        if self.entropy.fill(&mut random).is_err() {
            // An id that repeats is a nuisance; a refusal here would be an outage.
            tracing::error!("the system gave no random bytes for a request id");
        }
        let request_id = RequestId::new(self.console.now(), random);
        let dialect = self.dialect(request.uri());
        let wants_page = wants_page(&request) && dialect == Dialect::Console;
        let answer = AssertUnwindSafe(self.route(peer, request, request_id))
            .catch_unwind()
            .await;
        let response = match answer {
            Ok(Ok(response)) => response,
            Ok(Err(refusal)) => refusal.into_response(),
            Err(_) => {
                tracing::error!(%request_id, "a handler panicked");
                Refusal::error(ErrorCode::Internal).into_response()
            }
        };
        let refusal = response
            .extensions()
            .get::<Refusal>()
            .filter(|_| wants_page);
        let page = refusal.map(|refusal| mira_dashboard::refusal_page(refusal, request_id));
        finish(page.unwrap_or(response), dialect, request_id)
    }

    async fn route(
        &self,
        peer: IpAddr,
        mut request: Request,
        request_id: RequestId,
    ) -> Result<Response, Refusal> {
        check_path(request.uri().path()).map_err(|error| Refusal::invalid(error.to_string()))?;
        let is_trusted = |address| self.trusted_proxies.contains(address);
        let address = client_address(peer, request.headers(), is_trusted);
        let extensions = request.extensions_mut();
        extensions.insert(request_id);
        extensions.insert(ClientAddress(address));
        let request = request.map(|body| Body::new(TimeoutBody::new(BODY_SILENCE, body)));
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        match self.routes.find(&method, &path) {
            Route::Open => self.open(request, request_id).await,
            Route::Public(_) => Ok(run(&self.products, request).await),
            Route::Protected(_, access) => {
                let access = Access {
                    address: Some(address),
                    ..access
                };
                self.protected(request, &access).await
            }
        }
    }

    async fn protected(&self, mut request: Request, access: &Access) -> Result<Response, Refusal> {
        let grant = self.guard.admit(request.headers(), access).await?;
        request.extensions_mut().insert(grant.clone());
        let mut response = run(&self.products, request).await;
        // A handler's refusal gets its body later; its headers say the quota too.
        if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
            response
                .extensions_mut()
                .insert(refusal.with_quota(grant.quota()));
        }
        let response = self.guard.bind(&grant, response).map(Body::new);
        Ok(private(response))
    }

    /// Pages and the console's JSON API.
    async fn open(&self, request: Request, id: RequestId) -> Result<Response, Refusal> {
        let (mut parts, body) = request.into_parts();
        parts
            .extensions
            .insert(SessionCookie::new(self.is_public_url_secure));
        self.door.let_in(&mut parts, &id.to_string()).await?;
        Ok(run(&self.pages, Request::from_parts(parts, body)).await)
    }

    fn dialect(&self, uri: &Uri) -> Dialect {
        let below = |mount: &&Mount| {
            let rest = uri.path().strip_prefix(mount.prefix.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        match self.routes.mounts().iter().find(below) {
            Some(mount) => mount.dialect,
            None => Dialect::Console,
        }
    }
}

async fn run(router: &Router, request: Request) -> Response {
    // A router of ours has no error; what it cannot do it answers.
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Whether a person is reading, in a browser and not at the JSON API.
fn wants_page(request: &Request) -> bool {
    let accepts = request
        .headers()
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accept| accept.contains("text/html")) && !is_api(request.uri().path())
}

/// What a key opened is nobody else's, so no shared cache may keep it (RFC 9111
/// §3.5).
fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private"));
    response
}
