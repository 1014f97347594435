//! How connections are made, and what carries their bytes. The stream is boxed: a
//! connection's task holds it several times over, and its TLS half is kilobytes large,
//! also where nobody speaks TLS.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::crypto::aws_lc_rs;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::AddressRules;
use crate::resolver::Resolver;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Connects over TCP, with TLS and the Mozilla roots where the URI says https.
#[derive(Clone)]
pub(crate) struct Connector(HttpsConnector<HttpConnector<Resolver>>);

/// A connection to a server.
pub(crate) struct Stream(Box<MaybeHttpsStream<TokioIo<TcpStream>>>);

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Connector {
    #[expect(clippy::expect_used, reason = "aws-lc-rs has the default TLS versions")]
    pub(crate) fn new(rules: Option<Arc<AddressRules>>) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::new(rules));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let provider = aws_lc_rs::default_provider();
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)
            .expect("the provider supports TLS 1.2 and 1.3")
            .https_or_http()
            .enable_all_versions()
            .wrap_connector(tcp);
        Self(https)
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Failure>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move { Ok(Stream(Box::new(connecting.await?))) })
    }
}

impl Stream {
    fn inner(self: Pin<&mut Self>) -> Pin<&mut MaybeHttpsStream<TokioIo<TcpStream>>> {
        Pin::new(&mut *self.get_mut().0)
    }
}

impl Read for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        self.inner().poll_read(cx, buffer)
    }
}

impl Write for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.inner().poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner().poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.inner().poll_write_vectored(cx, slices)
    }
}

impl Connection for Stream {
    fn connected(&self) -> Connected {
        self.0.connected()
    }
}
