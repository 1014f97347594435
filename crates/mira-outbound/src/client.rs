//! The HTTP client: HTTP/1.1 and HTTP/2, plain and TLS with the Mozilla roots,
//! pooled connections, no redirects, and a deadline on every request.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::aws_lc_rs;
use tokio::time::timeout;
use tower_service::Service as _;

use crate::resolver::{NoAddress, Resolver};
use crate::{AddressRules, Body, OutboundError};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const POOL_IDLE_TIMEOUT: Duration = Duration::from_mins(1);
const POOL_IDLE_PER_HOST: usize = 64;
/// An HTTP/2 connection that stops answering pings is dropped, so that the
/// next request does not wait on a dead one.
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// An HTTP client; clones share one connection pool.
#[derive(Clone)]
pub struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
    /// Absent where the addresses are the operator's own choice.
    rules: Option<Arc<AddressRules>>,
}

type Connector = HttpsConnector<HttpConnector<Resolver>>;

impl HttpClient {
    /// A client with an empty pool, for addresses that the operator chose. Must be
    /// used on a Tokio runtime.
    pub fn new() -> Self {
        Self::with_rules(None)
    }

    /// A client for URLs that users chose: it connects to nothing that `rules` do
    /// not allow, whatever a name leads to at that moment.
    pub fn guarded(rules: AddressRules) -> Self {
        Self::with_rules(Some(Arc::new(rules)))
    }

    fn with_rules(rules: Option<Arc<AddressRules>>) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE_TIMEOUT)
            .pool_max_idle_per_host(POOL_IDLE_PER_HOST)
            .http2_keep_alive_interval(PING_INTERVAL)
            .http2_keep_alive_timeout(PING_TIMEOUT)
            .build(connector(rules.clone()));
        Self { client, rules }
    }

    /// Whether a request to `uri` would be sent at all: it is an absolute `http` or
    /// `https` URI, its host has an address, and one that is allowed. `deadline`
    /// bounds the look-up of the name.
    pub async fn check(&self, uri: &Uri, deadline: Duration) -> Result<(), OutboundError> {
        self.check_literal(uri)?;
        let Some(name) = uri.host().filter(|host| literal(host).is_none()) else {
            return Ok(());
        };
        let name: Name = name.parse().map_err(|_| OutboundError::Address)?;
        let looked_up = timeout(deadline, Resolver::new(self.rules.clone()).call(name)).await;
        match looked_up {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(OutboundError::Deadline),
        }
    }

    /// Refuses what is no HTTP address, and a host that is written as an address
    /// which is not allowed; such a host passes no resolver.
    fn check_literal(&self, uri: &Uri) -> Result<(), OutboundError> {
        if !is_http(uri) {
            return Err(OutboundError::Address);
        }
        let address = uri.host().and_then(literal);
        match (&self.rules, address) {
            (Some(rules), Some(address)) if !rules.allow(address) => {
                Err(NoAddress::Forbidden.into())
            }
            _ => Ok(()),
        }
    }

    /// Sends one request to its absolute `http` or `https` URI. `deadline`
    /// covers everything up to the head of the answer: name, connection, TLS,
    /// sending, waiting. Any status is an answer, redirects too. Dropping the
    /// future abandons the request.
    pub async fn send(
        &self,
        request: Request<Full<Bytes>>,
        deadline: Duration,
    ) -> Result<Response<Body>, OutboundError> {
        self.check_literal(request.uri())?;
        let answer = timeout(deadline, self.client.request(request)).await;
        Ok(answer.map_err(|_| OutboundError::Deadline)??.map(Body::new))
    }
}

impl Default for HttpClient {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient").finish_non_exhaustive()
    }
}

/// Whether the URI is absolute, of one of the two schemes, and has a host.
pub(crate) fn is_http(uri: &Uri) -> bool {
    let scheme = uri.scheme();
    (scheme == Some(&Scheme::HTTP) || scheme == Some(&Scheme::HTTPS))
        && uri.host().is_some_and(|host| !host.is_empty())
}

/// The address that `host` is written as.
fn literal(host: &str) -> Option<IpAddr> {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    bare.unwrap_or(host).parse().ok()
}

#[expect(clippy::expect_used, reason = "aws-lc-rs has the default TLS versions")]
fn connector(rules: Option<Arc<AddressRules>>) -> Connector {
    let mut tcp = HttpConnector::new_with_resolver(Resolver::new(rules));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let provider = aws_lc_rs::default_provider();
    HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(provider)
        .expect("the provider supports TLS 1.2 and 1.3")
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(tcp)
}
