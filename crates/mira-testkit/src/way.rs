//! A way to a server that can be cut: a TCP proxy on loopback.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A way to a server, gone when dropped. While it is cut, bytes that were sent wait on
/// the way, as they do where a network fails: no connection is refused or closed.
pub struct Way {
    address: SocketAddr,
    is_open: watch::Sender<bool>,
    _accepting: JoinSet<()>,
}

impl Way {
    /// A way to a port on loopback.
    pub async fn start(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("loopback has free ports");
        let address = listener.local_addr().expect("it is bound");
        let is_open = watch::Sender::new(true);
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, port, is_open.subscribe()));
        Self {
            address,
            is_open,
            _accepting: accepting,
        }
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Lets nothing through from now on.
    pub fn cut(&self) {
        self.is_open.send_replace(false);
    }

    /// Lets everything through again, also what waits.
    pub fn mend(&self) {
        self.is_open.send_replace(true);
    }
}

async fn accept(listener: TcpListener, port: u16, is_open: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        connections.spawn(connect(client, port, is_open.clone()));
    }
}

/// Ends with the connection, whichever side ends it.
async fn connect(client: TcpStream, port: u16, mut is_open: watch::Receiver<bool>) {
    if is_open.wait_for(|is_open| *is_open).await.is_err() {
        return;
    }
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    for stream in [&client, &server] {
        stream.set_nodelay(true).ok();
    }
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = forward(from_client, to_server, is_open.clone()) => {}
        () = forward(from_server, to_client, is_open) => {}
    }
}

async fn forward(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut is_open: watch::Receiver<bool>,
) {
    let mut part = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut part).await {
        let part = part.get(..length).unwrap_or_default();
        if is_open.wait_for(|is_open| *is_open).await.is_err() || to.write_all(part).await.is_err()
        {
            return;
        }
    }
    // The end of a connection does not get through a way that is cut either.
    is_open.wait_for(|is_open| *is_open).await.ok();
}
