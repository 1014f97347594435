//! What a node listens on: addresses and Unix sockets, its own or handed over by
//! the service manager.

use std::fs::{self, Permissions};
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};
use std::time::Duration;

use listenfd::ListenFd;
use mira_tower::Peer;
use tokio::net::{TcpListener, UnixListener};

use crate::ServeError;
use crate::config::{Listen, ServerConfig};
use crate::transport::Transport;

/// After a failure to accept, such as too many open files, this long is waited.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Every listener of a node.
pub(crate) struct Listeners(Vec<Listener>);

enum Listener {
    Tcp(TcpListener, SocketAddr),
    Unix(UnixListener, SocketFile),
}

/// The file of a Unix socket. One that we made goes when its listener does.
struct SocketFile {
    path: PathBuf,
    /// Device and inode, so that nobody else's file is removed.
    made: Option<(u64, u64)>,
}

/// Sockets that the service manager opened for this process.
#[derive(Debug, Default)]
pub struct InheritedSockets(Vec<Inherited>);

#[derive(Debug)]
enum Inherited {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener),
}

impl InheritedSockets {
    /// Takes over what the variables `LISTEN_FDS` and `LISTEN_PID` announce
    /// (`sd_listen_fds(3)`), and removes them: to be called before there are
    /// threads, and once.
    pub fn take() -> Result<Self, ServeError> {
        Self::announced().map_err(ServeError::Inherited)
    }

    fn announced() -> io::Result<Self> {
        let mut announced = ListenFd::from_env();
        let mut sockets = Vec::new();
        for index in 0..announced.len() {
            if let Ok(Some(socket)) = announced.take_unix_listener(index) {
                sockets.push(Inherited::Unix(socket));
            } else if let Some(socket) = announced.take_tcp_listener(index)? {
                sockets.push(Inherited::Tcp(socket));
            }
        }
        Ok(Self(sockets))
    }
}

impl Listeners {
    /// Listens on what was `inherited`, or, if that is nothing, where `server` says.
    pub(crate) async fn open(
        server: &ServerConfig,
        inherited: InheritedSockets,
    ) -> Result<Self, ServeError> {
        if !inherited.0.is_empty() {
            let sockets = inherited.0.into_iter().map(Listener::inherited);
            let listeners = sockets.collect::<io::Result<_>>();
            return listeners.map(Self).map_err(ServeError::Inherited);
        }
        let mut listeners = Vec::new();
        for place in server.listen.iter() {
            let listener = Listener::open(place, server.socket_mode).await;
            listeners.push(listener.map_err(|cause| ServeError::Listen {
                place: place.to_string(),
                cause,
            })?);
        }
        Ok(Self(listeners))
    }

    /// Where they are, as people and programs write it.
    pub(crate) fn urls(&self, is_tls: bool) -> Vec<String> {
        let scheme = if is_tls { "https" } else { "http" };
        let url = |listener: &Listener| match listener {
            Listener::Tcp(_, address) => format!("{scheme}://{address}"),
            Listener::Unix(_, file) => format!("unix:{}", file.path.display()),
        };
        self.0.iter().map(url).collect()
    }

    /// The next connection of any. Running out of file handles is not a reason to
    /// stop, nor to spin.
    pub(crate) async fn accept(&self) -> (Transport, Peer) {
        loop {
            match poll_fn(|cx| self.poll_accept(cx)).await {
                Ok(accepted) => return accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Transport, Peer)>> {
        for listener in &self.0 {
            let polled = match listener {
                Listener::Tcp(tcp, _) => tcp.poll_accept(cx).map_ok(|(stream, peer)| {
                    stream.set_nodelay(true).ok();
                    (Transport::Tcp(stream), Peer::Network(peer.ip()))
                }),
                Listener::Unix(unix, _) => unix
                    .poll_accept(cx)
                    .map_ok(|(stream, _)| (Transport::Unix(stream), Peer::Local)),
            };
            if polled.is_ready() {
                return polled;
            }
        }
        Poll::Pending
    }
}

impl Listener {
    async fn open(place: &Listen, mode: u32) -> io::Result<Self> {
        match place {
            Listen::Tcp(address) => {
                let listener = TcpListener::bind(address).await?;
                let address = listener.local_addr()?;
                Ok(Self::Tcp(listener, address))
            }
            Listen::Unix(path) => {
                remove_stale(path)?;
                let listener = UnixListener::bind(path)?;
                fs::set_permissions(path, Permissions::from_mode(mode))?;
                let found = fs::metadata(path)?;
                let file = SocketFile {
                    path: path.clone(),
                    made: Some((found.dev(), found.ino())),
                };
                Ok(Self::Unix(listener, file))
            }
        }
    }

    fn inherited(socket: Inherited) -> io::Result<Self> {
        match socket {
            Inherited::Tcp(socket) => {
                socket.set_nonblocking(true)?;
                let address = socket.local_addr()?;
                Ok(Self::Tcp(TcpListener::from_std(socket)?, address))
            }
            Inherited::Unix(socket) => {
                socket.set_nonblocking(true)?;
                let address = socket.local_addr()?;
                let path = address.as_pathname().unwrap_or(Path::new("(unnamed)"));
                let file = SocketFile {
                    path: path.to_owned(),
                    made: None,
                };
                Ok(Self::Unix(UnixListener::from_std(socket)?, file))
            }
        }
    }
}

/// Removes the socket that a server left behind when it was killed. One that
/// somebody answers on, and a file that is no socket, stay.
fn remove_stale(path: &Path) -> io::Result<()> {
    let is_socket = match fs::symlink_metadata(path) {
        Ok(found) => found.file_type().is_socket(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    if !is_socket {
        return Err(io::Error::other("a file that is no socket is there"));
    }
    match StdUnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
        Err(error) => Err(error),
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let is_ours = |found: &fs::Metadata| self.made == Some((found.dev(), found.ino()));
        if fs::symlink_metadata(&self.path).is_ok_and(|found| is_ours(&found)) {
            fs::remove_file(&self.path).ok();
        }
    }
}
