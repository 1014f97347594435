//! What carries the bytes of a connection, and how one is opened.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{
    ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream,
};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use tower_service::Service;

use crate::AddressRules;
use crate::resolver::Resolver;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection, over TLS or not. What TLS takes is many times the size of what a
/// plain connection does, and HTTP keeps it in every future, so it is boxed.
pub(crate) struct Transport(Pin<Box<dyn Io>>);

trait Io: Read + Write + Connection + Send {}

impl<T: Read + Write + Connection + Send> Io for T {}

/// Opens connections.
#[derive(Clone, Debug)]
pub(crate) struct Connector(HttpsConnector<HttpConnector<Resolver>>);

impl Connector {
    /// One that connects where `rules` allow, and offers HTTP/2 over TLS (RFC 7301)
    /// if it `offers_http2`.
    pub(crate) fn new(
        tls: &ClientConfig,
        rules: Option<Arc<AddressRules>>,
        offers_http2: bool,
    ) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new(rules));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let builder = HttpsConnectorBuilder::new()
            .with_tls_config(tls.clone())
            .https_or_http();
        Self(if offers_http2 {
            builder.enable_all_versions().wrap_connector(tcp)
        } else {
            builder.enable_http1().wrap_connector(tcp)
        })
    }
}

/// Certificates must lead to one of the Mozilla roots.
#[expect(clippy::expect_used, reason = "aws-lc-rs has the default TLS versions")]
pub(crate) fn mozilla_roots() -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider supports TLS 1.2 and 1.3")
        .with_webpki_roots()
        .with_no_client_auth()
}

impl Service<Uri> for Connector {
    type Response = Transport;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Transport, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move {
            Ok(Transport(match connecting.await? {
                MaybeHttpsStream::Http(tcp) => Box::pin(tcp),
                tls @ MaybeHttpsStream::Https(_) => Box::pin(tls),
            }))
        })
    }
}

impl Connection for Transport {
    fn connected(&self) -> Connected {
        self.0.connected()
    }
}

impl Read for Transport {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(cx, buffer)
    }
}

impl Write for Transport {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(cx)
    }
}
