//! The HTTP client: HTTP/1.1 and HTTP/2, plain and TLS with the Mozilla roots,
//! pooled connections, no redirects, and a deadline on every request.
//!
//! HTTP/1.1 is the library's, pool and all. The library has one HTTP/2 connection for
//! an origin, where whatever comes beyond its streams waits, so those that an operator
//! chose are spoken to by [`Origin`] instead.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tokio::time::timeout;
use tower_service::Service as _;

use crate::origin::Origin;
use crate::resolver::{NoAddress, Resolver};
use crate::transport::{Connector, mozilla_roots};
use crate::{AddressRules, Body, HttpVersions, OutboundError};

/// A connection without a request is closed after this; a shared one, after up to
/// twice this.
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_mins(1);
const POOL_IDLE_PER_HOST: usize = 64;
/// An HTTP/2 connection that answers no ping while requests wait is dropped.
pub(crate) const PING_INTERVAL: Duration = Duration::from_secs(20);
pub(crate) const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// An HTTP client; clones share their connections.
#[derive(Clone)]
pub struct HttpClient {
    client: Client<Connector, Full<Bytes>>,
    /// Who may speak HTTP/2, one for each origin.
    origins: Arc<Mutex<Origins>>,
    connector: Connector,
    versions: HttpVersions,
    /// Absent where the addresses are the operator's own choice.
    rules: Option<Arc<AddressRules>>,
}

type Origins = HashMap<(Scheme, Authority), Arc<Origin>>;

impl HttpClient {
    /// A client with an empty pool, for addresses that the operator chose. Must be
    /// used on a Tokio runtime.
    pub fn new() -> Self {
        Self::with(None, &mozilla_roots())
    }

    /// A client for URLs that users chose: it connects to nothing that `rules` do
    /// not allow, whatever a name leads to at that moment.
    pub fn guarded(rules: AddressRules) -> Self {
        Self::with(Some(Arc::new(rules)), &mozilla_roots())
    }

    fn with(rules: Option<Arc<AddressRules>>, tls: &ClientConfig) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(POOL_IDLE_PER_HOST)
            .http2_keep_alive_interval(PING_INTERVAL)
            .http2_keep_alive_timeout(PING_TIMEOUT)
            // Users choose any number of origins, and none is asked so often that one
            // connection would not do.
            .build(Connector::new(tls, rules.clone(), rules.is_some()));
        Self {
            client,
            origins: Arc::default(),
            connector: Connector::new(tls, rules.clone(), true),
            versions: HttpVersions::default(),
            rules,
        }
    }

    /// The same client, which speaks `versions` alone. A guarded one lets the server
    /// choose, whatever is said here.
    #[must_use]
    pub fn speaking(mut self, versions: HttpVersions) -> Self {
        self.versions = versions;
        self
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
    pub fn send(
        &self,
        request: Request<Full<Bytes>>,
        deadline: Duration,
    ) -> impl Future<Output = Result<Response<Body>, OutboundError>> + Send {
        // A request moves through several futures, each of which keeps room for it.
        let request = Box::new(request);
        async move {
            self.check_literal(request.uri())?;
            let answer = timeout(deadline, self.exchange(request)).await;
            answer.map_err(|_| OutboundError::Deadline)?
        }
    }

    async fn exchange(
        &self,
        mut request: Box<Request<Full<Bytes>>>,
    ) -> Result<Response<Body>, OutboundError> {
        if let Some(origin) = self.origin(request.uri()) {
            while let Some(place) = origin.place().await? {
                match place.send(request).await {
                    Ok(answer) => return Ok(answer),
                    // A connection that took nothing of it is not tried again.
                    Err(failed) => request = failed.unsent.ok_or(failed.error)?,
                }
            }
            if self.versions == HttpVersions::Http2 {
                return Err(OutboundError::NotHttp2);
            }
        }
        Ok(self.client.request(*request).await?.map(Body::new))
    }

    /// The origin of `uri`, if it may speak HTTP/2.
    fn origin(&self, uri: &Uri) -> Option<Arc<Origin>> {
        let (scheme, authority) = (uri.scheme()?, uri.authority()?);
        let may_speak = match self.versions {
            HttpVersions::Negotiated => *scheme == Scheme::HTTPS,
            HttpVersions::Http1 => false,
            HttpVersions::Http2 => true,
        };
        if self.rules.is_some() || !may_speak {
            return None;
        }
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (scheme.clone(), authority.clone());
        let origin = origins.entry(key).or_insert_with(|| {
            let connector = self.connector.clone();
            Arc::new(Origin::new(uri.clone(), connector))
        });
        Some(Arc::clone(origin))
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

#[cfg(test)]
mod tests;
