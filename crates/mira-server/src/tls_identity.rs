//! What TLS listeners show: a certificate that can be exchanged while they serve.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A handshake must be over after this long.
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);

/// The certificate, its key and the protocols behind it. Clones are one.
#[derive(Clone)]
pub(crate) struct TlsIdentity(Arc<ArcSwap<ServerConfig>>);

impl TlsIdentity {
    pub(crate) fn new(config: Arc<ServerConfig>) -> Self {
        Self(Arc::new(ArcSwap::new(config)))
    }

    /// Shows another certificate from now on; connections that are open go on.
    pub(crate) fn replace(&self, config: Arc<ServerConfig>) {
        self.0.store(config);
    }

    /// Takes the handshake of one connection.
    pub(crate) async fn accept(&self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let acceptor = TlsAcceptor::from(self.0.load_full());
        timeout(HANDSHAKE_DEADLINE, acceptor.accept(stream)).await?
    }
}
