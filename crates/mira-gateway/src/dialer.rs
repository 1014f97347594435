//! Opens connections to an upstream.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::{Connection as _, HttpConnector};
use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service as _;

use crate::carrier::Link;
use crate::connection::Connection;
use crate::multiplexed::Multiplexed;
use crate::{HttpVersions, UpstreamError};

/// The way to one origin.
pub(crate) struct Dialer {
    origin: Uri,
    connector: Connector,
    versions: HttpVersions,
    /// Whether the last connection over TLS chose HTTP/1.1.
    chose_http1: AtomicBool,
}

enum Connector {
    Http(HttpConnector),
    Https {
        /// Offers the versions that are configured.
        any: HttpsConnector<HttpConnector>,
        /// Offers HTTP/1.1 alone.
        http1: HttpsConnector<HttpConnector>,
    },
}

impl Dialer {
    /// The way to `origin`, whose scheme is `http` or `https`; nothing if it is
    /// another. Without `tls`, certificates must lead to one of the Mozilla roots.
    pub(crate) fn new(
        origin: &Uri,
        connect_timeout: Duration,
        versions: HttpVersions,
        tls: Option<ClientConfig>,
    ) -> Option<Self> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect_timeout));
        let connector = match origin.scheme()? {
            scheme if *scheme == Scheme::HTTP => Connector::Http(tcp),
            scheme if *scheme == Scheme::HTTPS => {
                let tls = tls.unwrap_or_else(mozilla_roots);
                let http1 = https(tls.clone())
                    .enable_http1()
                    .wrap_connector(tcp.clone());
                let any = match versions {
                    HttpVersions::Negotiated => {
                        https(tls).enable_all_versions().wrap_connector(tcp)
                    }
                    HttpVersions::Http1 => http1.clone(),
                    HttpVersions::Http2 => https(tls).enable_http2().wrap_connector(tcp),
                };
                Connector::Https { any, http1 }
            }
            _ => return None,
        };
        Some(Self {
            origin: origin.clone(),
            connector,
            versions,
            chose_http1: AtomicBool::new(false),
        })
    }

    /// Whether a connection may turn out to be one that many exchanges share.
    pub(crate) fn may_share(&self) -> bool {
        match (self.versions, &self.connector) {
            (HttpVersions::Http1, _) | (HttpVersions::Negotiated, Connector::Http(_)) => false,
            (HttpVersions::Http2, _) => true,
            (HttpVersions::Negotiated, Connector::Https { .. }) => {
                !self.chose_http1.load(Ordering::Relaxed)
            }
        }
    }

    /// Whether a connection can be had that belongs to one exchange.
    pub(crate) fn can_own(&self) -> bool {
        self.versions != HttpVersions::Http2
    }

    /// A connection: one that belongs to this exchange, if it `owns` it, or
    /// whichever the upstream chooses, which is then one of `shared`.
    pub(crate) async fn dial(
        &self,
        owns: bool,
        shared: &Arc<Multiplexed>,
    ) -> Result<Link, UpstreamError> {
        let origin = self.origin.clone();
        match &self.connector {
            Connector::Http(tcp) => {
                let stream = tcp.clone().call(origin).await;
                let stream = stream.map_err(|error| UpstreamError::Connect(error.into()))?;
                match self.versions {
                    HttpVersions::Http2 => shared.open(stream).await.map(Link::Shared),
                    _ => Connection::open(stream).await.map(Link::Own),
                }
            }
            Connector::Https { any, http1 } => {
                let mut connector = if owns { http1.clone() } else { any.clone() };
                let stream = connector.call(origin).await;
                let stream = stream.map_err(UpstreamError::Connect)?;
                let is_http2 = stream.connected().is_negotiated_h2();
                if !owns {
                    self.chose_http1.store(!is_http2, Ordering::Relaxed);
                }
                match (is_http2, self.versions) {
                    (true, _) => shared.open(stream).await.map(Link::Shared),
                    (false, HttpVersions::Http2) => return Err(UpstreamError::NotHttp2),
                    (false, _) => Connection::open(stream).await.map(Link::Own),
                }
            }
        }
        .map_err(UpstreamError::Broken)
    }
}

fn https(tls: ClientConfig) -> HttpsConnectorBuilder<hyper_rustls::builderstates::WantsProtocols1> {
    HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_only()
}

#[expect(clippy::expect_used, reason = "aws-lc-rs has the default TLS versions")]
fn mozilla_roots() -> ClientConfig {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider supports TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
