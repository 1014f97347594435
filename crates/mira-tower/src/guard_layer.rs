//! A layer that asks a verifier in its own process.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response, request};
use http_body::Body;
use http_body_util::{Either, Full};
use mira_core::{Access, Clock as _};
use mira_key::Entropy;
use mira_wire::{Dialect, REQUEST_ID_HEADER, Refusal, RequestId};
use tower_layer::Layer;
use tower_service::Service;

use crate::{Guard, LifelineBody, is_for_mira, remove_session, set_identity};

/// Lets requests through whose key is good for what `F` says they demand, with the
/// [`Grant`](mira_core::Grant) in their extensions, the identity in their headers,
/// and no key. Answers the others itself.
#[derive(Clone)]
pub struct GuardLayer<F> {
    guard: Guard,
    entropy: Arc<dyn Entropy>,
    dialect: Dialect,
    demand: F,
}

/// The body of an answer: a refusal, or what the service said, on its lifeline.
pub type GuardBody<B> = Either<Full<Bytes>, LifelineBody<B>>;

impl<F> GuardLayer<F> {
    /// A layer that asks `guard` for the access that `demand` derives from the head
    /// of a request; the client's address is among it. Refusals are shaped by
    /// `dialect`; the ids of requests are made of `entropy`.
    pub fn new(guard: Guard, entropy: Arc<dyn Entropy>, dialect: Dialect, demand: F) -> Self
    where
        F: Fn(&request::Parts) -> Access,
    {
        Self {
            guard,
            entropy,
            dialect,
            demand,
        }
    }
}

impl<S, F: Clone> Layer<S> for GuardLayer<F> {
    type Service = GuardService<S, F>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService {
            layer: self.clone(),
            inner,
        }
    }
}

/// What [`GuardLayer`] makes of a service.
#[derive(Clone)]
pub struct GuardService<S, F> {
    layer: GuardLayer<F>,
    inner: S,
}

impl<S, F, B, R> Service<Request<B>> for GuardService<S, F>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    F: Fn(&request::Parts) -> Access + Clone + Send + 'static,
    B: Send + 'static,
    R: Body<Data = Bytes> + Send + 'static,
    R::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<GuardBody<R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut head, body) = request.into_parts();
        let access = (self.layer.demand)(&head);
        // The ready one goes with the request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let GuardLayer {
            guard,
            entropy,
            dialect,
            ..
        } = self.layer.clone();
        Box::pin(async move {
            let now = guard.clock().now();
            let Ok(request_id) = RequestId::generate(now, entropy.as_ref()) else {
                let id = RequestId::new(now, [0; 10]);
                return Ok(refuse(&Refusal::unavailable(), dialect, id));
            };
            let grant = match guard.admit(&head.headers, &access, request_id).await {
                Ok(grant) => grant,
                Err(refusal) => return Ok(refuse(&refusal, dialect, request_id)),
            };
            remove_what_is_for_mira(&mut head.headers);
            set_identity(&mut head.headers, &grant, request_id);
            head.extensions.insert(grant.clone());
            head.extensions.insert(request_id);
            let mut response = inner.call(Request::from_parts(head, body)).await?;
            finish(response.headers_mut(), request_id);
            Ok(guard.bind(&grant, response).map(Either::Right))
        })
    }
}

/// Takes the key, the console's session, and whatever poses as an identity out.
pub(crate) fn remove_what_is_for_mira(headers: &mut HeaderMap) {
    let names = headers.keys().filter(|name| is_for_mira(name.as_str()));
    let names: Vec<HeaderName> = names.cloned().collect();
    for name in names {
        headers.remove(name);
    }
    remove_session(headers);
}

pub(crate) fn refuse<B>(
    refusal: &Refusal,
    dialect: Dialect,
    request_id: RequestId,
) -> Response<Either<Full<Bytes>, B>> {
    let mut response = Response::new(Either::Left(Full::from(refusal.body(dialect))));
    *response.status_mut() = refusal.status();
    *response.headers_mut() = refusal.headers();
    let id = request_id.to_header_value();
    response.headers_mut().insert(REQUEST_ID_HEADER, id);
    response
}

/// What a key opened is nobody else's (RFC 9111 §3.5).
fn finish(headers: &mut HeaderMap, request_id: RequestId) {
    headers
        .entry(http::header::CACHE_CONTROL)
        .or_insert(http::HeaderValue::from_static("private"));
    headers.insert(REQUEST_ID_HEADER, request_id.to_header_value());
}
