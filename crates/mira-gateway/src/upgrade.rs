//! Connections that change to another protocol.
//!
//! Only to a websocket: a protocol that carries further requests, such as HTTP/2
//! in clear text, would lead them past the decision. Nothing of the new protocol
//! is passed on before the upstream has agreed to it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::header::UPGRADE;
use http::{HeaderMap, Method, Request, Version};
use http_body::Body;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use mira_tower::Lifeline;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, copy_bidirectional};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::sleep;

use crate::connection::Driver;
use crate::hop_by_hop::has_connection_option;

/// The protocol (RFC 6455 §11.2).
pub(crate) const WEBSOCKET: &str = "websocket";

/// The client's side of an upgrade that `request` asks for, if it does (RFC 6455
/// §4.1). What else it asks for is left out of what is forwarded.
pub(crate) fn asked<B: Body>(request: &mut Request<B>) -> Option<OnUpgrade> {
    let is_asked = request.version() == Version::HTTP_11
        && *request.method() == Method::GET
        && request.body().is_end_stream()
        && has_connection_option(request.headers(), "upgrade")
        && names_websocket(request.headers());
    is_asked.then(|| hyper::upgrade::on(request))
}

/// Whether `Upgrade` is `websocket` and nothing else.
pub(crate) fn names_websocket(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(UPGRADE).iter();
    let named = lines.next().filter(|_| lines.next().is_none());
    named.is_some_and(|name| name.as_bytes().eq_ignore_ascii_case(WEBSOCKET.as_bytes()))
}

/// Two upgraded connections that belong together.
pub(crate) struct Tunnel {
    pub(crate) client: OnUpgrade,
    pub(crate) upstream: OnUpgrade,
    /// What moves the bytes of the upstream's connection until it is handed over.
    pub(crate) driver: Driver,
    /// One of the exchanges that the upstream may have at a time.
    pub(crate) turn: Option<OwnedSemaphorePermit>,
    pub(crate) silence: Duration,
}

impl Tunnel {
    /// Copies in both directions until one side ends, both are silent for too
    /// long, or `lifeline` ends. Both connections are closed then.
    pub(crate) async fn run(mut self, mut lifeline: Lifeline) {
        let turn = self.turn.take();
        tokio::select! {
            biased;
            _ = lifeline.ended() => {}
            // Whatever ended it, both sides see the end.
            _ = self.copy() => {}
        }
        drop(turn);
    }

    async fn copy(mut self) -> Result<(), CopyError> {
        let upstream = self.driver.until(self.upstream).await?;
        let client = self.client.await?;
        let was_used = Arc::new(AtomicBool::new(false));
        let mut client = Side::new(client, &was_used);
        let mut upstream = Side::new(upstream, &was_used);
        tokio::select! {
            copied = copy_bidirectional(&mut client, &mut upstream) => {
                copied?;
            }
            () = silent(&was_used, self.silence) => {}
        }
        Ok(())
    }
}

/// Why copying ended. Nobody asks; it makes `?` possible.
#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Upgrade(#[from] hyper::Error),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Ready when nothing was used for between one and two times `limit`.
async fn silent(was_used: &AtomicBool, limit: Duration) {
    loop {
        sleep(limit).await;
        if !was_used.swap(false, Ordering::Relaxed) {
            return;
        }
    }
}

/// One side of a tunnel, which notes what it reads.
struct Side {
    io: TokioIo<Upgraded>,
    was_used: Arc<AtomicBool>,
}

impl Side {
    fn new(io: Upgraded, was_used: &Arc<AtomicBool>) -> Self {
        Self {
            io: TokioIo::new(io),
            was_used: Arc::clone(was_used),
        }
    }
}

impl AsyncRead for Side {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.io).poll_read(cx, buffer))?;
        self.was_used.store(true, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Side {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
