//! Where a service's requests are forwarded to.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use http::header::HeaderValue;
use http::uri::Scheme;
use http::{Method, Request, Response, Uri};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use tokio::time::timeout;
use tower_service::Service as _;

use crate::connection::Connection;
use crate::health::Health;
use crate::pool::Pool;
use crate::request_body::{Progress, RequestBody};
use crate::{ResponseBody, Timeouts, UpstreamError};

/// An upstream origin: how to reach it, connections that wait, and whether it is
/// there. It is told apart by nothing else, so that services may share it.
pub struct Upstream {
    origin: Uri,
    host: HeaderValue,
    connector: Connector,
    pool: Arc<Pool>,
    health: Health,
    timeouts: Timeouts,
}

/// The URL is not an origin of `http` or `https`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an upstream is an http or https URL with a host and without a path")]
pub struct OriginError;

enum Connector {
    Http(HttpConnector),
    Https(HttpsConnector<HttpConnector>),
}

/// An answer, and the connection it comes on.
pub(crate) struct Answer {
    pub(crate) response: Response<Incoming>,
    pub(crate) connection: Connection,
}

impl Upstream {
    /// The upstream at `origin`; over https it is believed if its certificate
    /// leads to one of the Mozilla roots.
    pub fn new(origin: &Uri, timeouts: Timeouts) -> Result<Self, OriginError> {
        Self::with_connector(origin, timeouts, mozilla_roots)
    }

    /// The same with roots and certificates of one's own. `tls` must not name
    /// protocols (ALPN); they are decided here.
    pub fn with_tls(
        origin: &Uri,
        timeouts: Timeouts,
        tls: ClientConfig,
    ) -> Result<Self, OriginError> {
        Self::with_connector(origin, timeouts, |tcp| {
            HttpsConnectorBuilder::new()
                .with_tls_config(tls)
                .https_only()
                .enable_http1()
                .wrap_connector(tcp)
        })
    }

    fn with_connector(
        origin: &Uri,
        timeouts: Timeouts,
        https: impl FnOnce(HttpConnector) -> HttpsConnector<HttpConnector>,
    ) -> Result<Self, OriginError> {
        let authority = origin.authority().ok_or(OriginError)?.as_str();
        let has_more = origin.path_and_query().is_some_and(|path| path != "/");
        if authority.contains('@') || origin.host().is_none_or(str::is_empty) || has_more {
            return Err(OriginError);
        }
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(timeouts.connect));
        let connector = match origin.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => Connector::Http(tcp),
            Some(scheme) if *scheme == Scheme::HTTPS => Connector::Https(https(tcp)),
            _ => return Err(OriginError),
        };
        Ok(Self {
            origin: origin.clone(),
            host: HeaderValue::from_str(authority).map_err(|_| OriginError)?,
            connector,
            pool: Arc::default(),
            health: Health::default(),
            timeouts,
        })
    }

    /// The origin.
    pub fn origin(&self) -> &Uri {
        &self.origin
    }

    /// Whether the last attempt to connect succeeded, or none was made.
    pub fn is_up(&self) -> bool {
        self.health.is_up()
    }

    pub(crate) fn host(&self) -> &HeaderValue {
        &self.host
    }

    pub(crate) fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// Sends `request` and waits for the head of its answer.
    ///
    /// It is sent again where no byte of it was sent, and where it is idempotent,
    /// has no body, and a connection that had waited died before the answer began
    /// (RFC 9112 §9.3.1). Nothing else reaches an upstream twice.
    pub(crate) async fn exchange(
        &self,
        mut request: Request<RequestBody>,
        progress: Option<&Progress>,
    ) -> Result<Answer, UpstreamError> {
        while let Some(connection) = self.pool.take().await {
            let again = replay(&request);
            match self.send(connection, request, progress).await {
                Ok(answer) => return Ok(answer),
                Err((_, Some(unsent))) => request = *unsent,
                Err((error, None)) => match again {
                    // Others that waited as long are likely gone too.
                    Some(again) => {
                        request = again;
                        break;
                    }
                    None => return Err(error),
                },
            }
        }
        let connection = self.connect().await?;
        let sent = self.send(connection, request, progress).await;
        sent.map_err(|(error, _)| error)
    }

    /// The body of an answer, with what of it is here already.
    pub(crate) async fn body(&self, incoming: Incoming, connection: Connection) -> ResponseBody {
        let silence = self.timeouts.answer_silence;
        let mut body = ResponseBody::new(incoming, connection, &self.pool, silence);
        poll_fn(|cx| {
            body.take_first(cx);
            Poll::Ready(())
        })
        .await;
        body
    }

    async fn send(
        &self,
        mut connection: Connection,
        request: Request<RequestBody>,
        progress: Option<&Progress>,
    ) -> Result<Answer, (UpstreamError, Option<Box<Request<RequestBody>>>)> {
        match connection.send(request).await {
            Ok(response) => {
                if progress.is_some_and(|progress| !progress.is_over()) {
                    connection.spawn();
                }
                Ok(Answer {
                    response,
                    connection,
                })
            }
            Err(_) if progress.is_some_and(Progress::has_failed) => {
                Err((UpstreamError::RequestBody, None))
            }
            Err(failed) => Err((UpstreamError::Broken(failed.error), failed.unsent)),
        }
    }

    async fn connect(&self) -> Result<Connection, UpstreamError> {
        if !self.health.may_try() {
            return Err(UpstreamError::Down);
        }
        let connected = timeout(self.timeouts.connect, self.dial()).await;
        let connected = connected.unwrap_or(Err(UpstreamError::ConnectTimeout));
        let origin = &self.origin;
        match &connected {
            Ok(_) if self.health.mark_up() => tracing::info!(%origin, "an upstream is back"),
            Err(error) if self.health.mark_down() => {
                tracing::warn!(%origin, %error, "an upstream is down");
            }
            Ok(_) | Err(_) => {}
        }
        connected
    }

    async fn dial(&self) -> Result<Connection, UpstreamError> {
        let origin = self.origin.clone();
        let opened = match &self.connector {
            Connector::Http(tcp) => {
                let stream = tcp.clone().call(origin).await;
                Connection::open(stream.map_err(|error| UpstreamError::Connect(error.into()))?)
                    .await
            }
            Connector::Https(tls) => {
                let stream = tls.clone().call(origin).await;
                Connection::open(stream.map_err(UpstreamError::Connect)?).await
            }
        };
        opened.map_err(UpstreamError::Broken)
    }
}

#[expect(clippy::expect_used, reason = "aws-lc-rs has the default TLS versions")]
fn mozilla_roots(tcp: HttpConnector) -> HttpsConnector<HttpConnector> {
    HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(aws_lc_rs::default_provider())
        .expect("the provider supports TLS 1.2 and 1.3")
        .https_only()
        .enable_http1()
        .wrap_connector(tcp)
}

/// The same request, if it may be sent twice (RFC 9110 §9.2.2).
fn replay(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    let is_idempotent = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE
    );
    if !is_idempotent || !request.body().is_end_stream() {
        return None;
    }
    let mut again = Request::new(RequestBody::empty());
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.headers_mut() = request.headers().clone();
    Some(again)
}

impl fmt::Debug for Upstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upstream")
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
