//! What answers a request: one service for every door.
//!
//! The request's id, its path, its client and its credential are settled here,
//! in this order, before a router sees it; and every answer leaves through
//! [`mira_wire::finish`], but an upstream's, which only gets the request's id.

use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt as _;
use http::header::{ACCEPT, CACHE_CONTROL, HeaderValue};
use http::{HeaderMap, StatusCode};
use mira_console::{Caller, Console};
use mira_core::{Grant, Timestamp};
use mira_gateway::{Arrival, Authorized, Door, Proxy, Question, RouteTable, Target, authorize};
use mira_key::Entropy;
use mira_tower::{Guard, Peer, client_address};
use mira_wire::{
    ClientAddress, Dialect, ErrorCode, Refusal, RequestId, SessionCookie, finish, say_request_id,
};
use tower::ServiceExt as _;

use crate::config::TrustedProxies;
use crate::console_door::{ConsoleDoor, is_api};
use crate::request_body::{hurried, of_unknown_sender};
use crate::request_ids;

/// Fields of one request, on every version of HTTP.
const MAX_HEADERS: usize = 100;

/// Everything that it takes to answer.
pub(crate) struct Front {
    pub(crate) console: Arc<Console>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) guard: Guard,
    pub(crate) door: ConsoleDoor,
    /// Read again with the configuration.
    pub(crate) routes: Arc<ArcSwap<RouteTable>>,
    pub(crate) proxy: Proxy,
    pub(crate) products: Router,
    pub(crate) pages: Router,
    pub(crate) trusted_proxies: TrustedProxies,
    /// Whether people reach this installation over https.
    pub(crate) is_public_url_secure: bool,
}

impl Front {
    /// Answers one request from `peer`, who came over TLS or did not. It never
    /// fails: whatever goes wrong is an answer.
    pub(crate) async fn answer(&self, peer: Peer, is_tls: bool, request: Request) -> Response {
        let now = self.console.now();
        let Ok(request_id) = request_ids::next(now, self.entropy.as_ref()) else {
            return self.refuse_without_id(now, &request);
        };
        if request.headers().len() > MAX_HEADERS {
            return too_many_headers(request_id);
        }
        let wants_page = wants_page(&request);
        let answer = AssertUnwindSafe(self.route(peer, is_tls, request, request_id))
            .catch_unwind()
            .await;
        let answer = answer.unwrap_or_else(|_| {
            tracing::error!(%request_id, "a handler panicked");
            let refusal = Refusal::error(ErrorCode::Internal);
            Answer::Own(Err(refusal), Dialect::Console)
        });
        let (answer, dialect) = match answer {
            Answer::Forwarded(response) => return say_request_id(response, request_id),
            Answer::Own(answer, dialect) => (answer, dialect),
        };
        let response = answer.unwrap_or_else(IntoResponse::into_response);
        let wants_page = wants_page && dialect == Dialect::Console;
        let refusal = response
            .extensions()
            .get::<Refusal>()
            .filter(|_| wants_page);
        let page = refusal.map(|refusal| mira_dashboard::refusal_page(refusal, request_id));
        finish(page.unwrap_or(response), dialect, request_id)
    }

    /// The answer to whoever asks at a door, if memory alone holds it: nothing is
    /// waited for and no body is read. It is the same as [`answer`](Self::answer)
    /// gives, on a shorter way.
    pub(crate) fn answer_at_once<B>(&self, peer: Peer, request: &Request<B>) -> Option<Response> {
        let door = Door::at(request.uri().path())?;
        if request.headers().len() > MAX_HEADERS {
            return None;
        }
        let id = request_ids::next(self.console.now(), self.entropy.as_ref()).ok()?;
        let address = self.client_address(peer, request.headers());
        let routes = self.routes.load();
        let answered = catch_unwind(AssertUnwindSafe(|| {
            door.answer_at_once(&routes, &self.guard, address, id, request)
        }));
        // What panics is answered on the longer way.
        let (answer, dialect) = answered.ok()??;
        let response = answer.unwrap_or_else(IntoResponse::into_response);
        Some(finish(response, dialect, id))
    }

    /// What a request used is charged once under its id, so a request without one
    /// of its own is not carried out. The id on the refusal is of the clock alone.
    fn refuse_without_id(&self, now: Timestamp, request: &Request) -> Response {
        tracing::error!("the system gave no random bytes for a request id");
        let dialect = self.routes.load().dialect(request.uri().path());
        finish(
            Refusal::unavailable().into_response(),
            dialect.unwrap_or(Dialect::Console),
            RequestId::new(now, [0; 10]),
        )
    }

    async fn route(
        &self,
        peer: Peer,
        is_tls: bool,
        request: Request,
        request_id: RequestId,
    ) -> Answer {
        let is_trusted = |address| self.trusted_proxies.contains(address);
        let address = self.client_address(peer, request.headers());
        let routes = self.routes.load();
        if let Some(door) = Door::at(request.uri().path()) {
            let (head, _) = request.into_parts();
            let guard = &self.guard;
            let answer = door.answer(&routes, guard, address, request_id, &head);
            let (answer, dialect) = Box::pin(answer).await;
            return Answer::Own(answer, dialect);
        }
        if mira_ext_authz::is_call(&request) {
            let (guard, request) = (&self.guard, hurried(request));
            let answer =
                mira_ext_authz::answer(request, &routes, guard, peer, is_trusted, request_id);
            return Answer::Own(Ok(Box::pin(answer).await), Dialect::Network);
        }
        let is_peer_trusted = peer.is_trusted(is_trusted);
        let arrival = Arrival {
            peer: peer.address(),
            is_peer_trusted,
            is_secure: self.is_secure(is_tls, is_peer_trusted, request.headers()),
        };
        let question = Question {
            method: request.method(),
            path: request.uri().path(),
            headers: request.headers(),
            address,
            request_id,
        };
        let authorized = authorize(&routes, &self.guard, &question).await;
        let own = |request| introduced(request, request_id, address, arrival.is_secure);
        // What is boxed here would make the future of what is forwarded larger.
        let (answer, dialect) = match authorized {
            Err(refusal) => (Err(refusal), routes.dialect(request.uri().path())),
            Ok(Authorized::Granted(target @ Target::Service(service), grant)) => {
                let forwarding = self
                    .proxy
                    .forward(service, &grant, arrival, request_id, request);
                match forwarding.await {
                    Ok(response) => return Answer::Forwarded(response),
                    Err(refusal) => (Err(refusal), Some(target.dialect())),
                }
            }
            Ok(Authorized::Granted(target @ Target::Product(_), grant)) => {
                let response = Box::pin(self.product(own(request), grant)).await;
                (Ok(response), Some(target.dialect()))
            }
            Ok(Authorized::Public(target)) => {
                let response = Box::pin(run(&self.products, own(request))).await;
                (Ok(response), Some(target.dialect()))
            }
            Ok(Authorized::Open) => (Box::pin(self.open(own(request), request_id)).await, None),
        };
        Answer::Own(answer, dialect.unwrap_or(Dialect::Console))
    }

    async fn product(&self, mut request: Request, grant: Grant) -> Response {
        request.extensions_mut().insert(grant.clone());
        let mut response = run(&self.products, request).await;
        // A handler's refusal gets its body later; its headers say the quota too.
        if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
            let refusal = refusal.with_quota(grant.quota());
            response.extensions_mut().insert(refusal);
        }
        private(self.guard.bind(&grant, response).map(Body::new))
    }

    /// Pages and the console's JSON API.
    async fn open(&self, request: Request, id: RequestId) -> Result<Response, Refusal> {
        let (mut parts, mut body) = request.into_parts();
        self.door.let_in(&mut parts, id).await?;
        if parts.extensions.get::<Caller>().is_none() {
            body = of_unknown_sender(body);
        }
        Ok(run(&self.pages, Request::from_parts(parts, body)).await)
    }

    fn client_address(&self, peer: Peer, headers: &HeaderMap) -> IpAddr {
        let is_trusted = |address| self.trusted_proxies.contains(address);
        client_address(peer, headers, is_trusted)
    }

    /// Whether the client reached us over https: a proxy that is trusted says so
    /// for each request, and otherwise the operator for all.
    fn is_secure(&self, is_tls: bool, is_peer_trusted: bool, headers: &HeaderMap) -> bool {
        let said = headers.get("x-forwarded-proto").filter(|_| is_peer_trusted);
        let is_secure = is_tls || self.is_public_url_secure;
        said.map_or(is_secure, |proto| proto == "https")
    }
}

/// An answer on its way out.
enum Answer {
    /// An upstream's.
    Forwarded(Response),
    /// One of ours, and the shape that its errors have.
    Own(Result<Response, Refusal>, Dialect),
}

/// A request to one of our handlers, with what they want to know of it.
fn introduced(request: Request, id: RequestId, client: IpAddr, is_secure: bool) -> Request {
    let mut request = hurried(request);
    let extensions = request.extensions_mut();
    extensions.insert(SessionCookie::new(is_secure));
    extensions.insert(id);
    extensions.insert(ClientAddress(client));
    request
}

/// RFC 6585 §5. It is answered before anything is read, so it has no body.
fn too_many_headers(request_id: RequestId) -> Response {
    let response = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response();
    say_request_id(response, request_id)
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
