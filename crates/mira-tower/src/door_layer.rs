//! A layer that asks a running Mira at its door, as a proxy would.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONNECTION, HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response, StatusCode, Uri, request, response, uri};
use http_body::Body;
use http_body_util::{BodyExt as _, Either, Empty, Full, Limited};
use mira_wire::{Dialect, REQUEST_ID_HEADER, Refusal};
use tower_layer::Layer;
use tower_service::Service;

use crate::guard_layer::remove_what_is_for_mira;
use crate::is_identity;

/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest refusal is far shorter.
const MAX_REFUSAL: usize = 64 * 1024;
const DOOR: &str = "/authz/forward";
const METHOD: HeaderName = HeaderName::from_static("x-forwarded-method");
const TARGET: HeaderName = HeaderName::from_static("x-forwarded-uri");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
/// What the caller is told of its windows.
const WINDOWS: &str = "x-ratelimit-";

/// Asks Mira about every request, by an HTTP client of the service's choice. A
/// request goes on with the identity in its headers and without its key; any other
/// answer than yes goes to the caller as it is, and none is 503.
///
/// The service and its routes are configured at Mira, as for a proxy. Mira counts one
/// request and executes nothing. A revoked key is refused from the next request on;
/// a response that has begun is not ended.
#[derive(Debug, Clone)]
pub struct DoorLayer<C> {
    client: C,
    origin: Uri,
    peer: fn(&request::Parts) -> Option<IpAddr>,
}

/// The body of an answer: a refusal, or what the service said.
pub type DoorBody<B> = Either<Full<Bytes>, B>;

impl<C> DoorLayer<C> {
    /// A layer that asks the Mira at `origin`, such as `http://127.0.0.1:8080`. The
    /// address of a client is what `peer` knows of it; Mira believes it if it
    /// trusts this machine as a proxy.
    pub fn new(client: C, origin: Uri, peer: fn(&request::Parts) -> Option<IpAddr>) -> Self {
        Self {
            client,
            origin,
            peer,
        }
    }

    fn question(&self, head: &request::Parts) -> Option<Request<Empty<Bytes>>> {
        let mut door = self.origin.clone().into_parts();
        door.path_and_query = Some(uri::PathAndQuery::from_static(DOOR));
        let mut question = Request::new(Empty::new());
        *question.uri_mut() = Uri::from_parts(door).ok()?;
        let headers = question.headers_mut();
        for name in [AUTHORIZATION, API_KEY] {
            for value in head.headers.get_all(&name) {
                headers.append(&name, value.clone());
            }
        }
        let target = head.uri.path_and_query()?.as_str();
        headers.insert(METHOD, HeaderValue::from_str(head.method.as_str()).ok()?);
        headers.insert(TARGET, HeaderValue::from_str(target).ok()?);
        if let Some(peer) = (self.peer)(head) {
            let peer = HeaderValue::from_str(&peer.to_string()).ok()?;
            headers.insert(FORWARDED_FOR, peer);
        }
        Some(question)
    }
}

impl<S, C: Clone> Layer<S> for DoorLayer<C> {
    type Service = DoorService<S, C>;

    fn layer(&self, inner: S) -> Self::Service {
        DoorService {
            layer: self.clone(),
            inner,
        }
    }
}

/// What [`DoorLayer`] makes of a service.
#[derive(Debug, Clone)]
pub struct DoorService<S, C> {
    layer: DoorLayer<C>,
    inner: S,
}

impl<S, C, B, R, A> Service<Request<B>> for DoorService<S, C>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    C: Service<Request<Empty<Bytes>>, Response = Response<A>> + Clone + Send + 'static,
    C::Future: Send,
    C::Error: Send,
    A: Body + Send + 'static,
    A::Data: Send,
    A::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: Send + 'static,
    R: Send,
{
    type Response = Response<DoorBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        // The ready one goes with the request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let question = self.layer.question(&head);
        let client = self.layer.client.clone();
        Box::pin(async move {
            let asking = async { ask(client, question?).await };
            let answer = tokio::time::timeout(PATIENCE, asking).await;
            let Some((answer, said)) = answer.ok().flatten() else {
                return Ok(unavailable());
            };
            if answer.status != StatusCode::OK {
                return Ok(pass_on(answer, said));
            }
            remove_what_is_for_mira(&mut head.headers);
            copy(&answer.headers, &mut head.headers, is_identity);
            let mut response = inner.call(Request::from_parts(head, body)).await?;
            let headers = response.headers_mut();
            copy(&answer.headers, headers, |name| {
                name.starts_with(WINDOWS) || name == REQUEST_ID_HEADER.as_str()
            });
            // What a key opened is nobody else's (RFC 9111 §3.5).
            let private = HeaderValue::from_static("private");
            headers.entry(CACHE_CONTROL).or_insert(private);
            Ok(response.map(Either::Right))
        })
    }
}

/// Mira's answer as a whole, if it is one.
async fn ask<C, A>(
    mut client: C,
    question: Request<Empty<Bytes>>,
) -> Option<(response::Parts, Bytes)>
where
    C: Service<Request<Empty<Bytes>>, Response = Response<A>>,
    A: Body,
    A::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    std::future::poll_fn(|cx| client.poll_ready(cx))
        .await
        .ok()?;
    let (head, body) = client.call(question).await.ok()?.into_parts();
    // Without a request id it was not Mira who answered.
    head.headers.get(REQUEST_ID_HEADER)?;
    let body = Limited::new(body, MAX_REFUSAL).collect().await.ok()?;
    Some((head, body.to_bytes()))
}

/// A refusal in the bytes in which it came.
fn pass_on<R>(answer: response::Parts, said: Bytes) -> Response<DoorBody<R>> {
    let mut response = Response::new(Either::Left(Full::from(said)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response.headers_mut().remove(CONNECTION);
    response
}

/// Mira did not answer, so nobody knows, and nobody gets in.
fn unavailable<R>() -> Response<DoorBody<R>> {
    let refusal = Refusal::unavailable();
    let body = refusal.body(Dialect::Network);
    let mut response = Response::new(Either::Left(Full::from(body)));
    *response.status_mut() = refusal.status();
    *response.headers_mut() = refusal.headers();
    response
}

fn copy(from: &HeaderMap, to: &mut HeaderMap, is_copied: impl Fn(&str) -> bool) {
    for (name, value) in from.iter().filter(|(name, _)| is_copied(name.as_str())) {
        to.insert(name, value.clone());
    }
}
