//! Connections: accepted, bounded, and let finish.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use futures_util::future::{Either, ready};
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::front::Front;
use crate::listener::Listeners;
use crate::tls_identity::TlsIdentity;
use crate::transport::Transport;
use crate::watched_stream::WatchedStream;

/// More connections than this wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 10_000;
/// A header section must be complete after this long.
const HEADER_DEADLINE: Duration = Duration::from_secs(10);
/// The largest header section: 32 KiB, or 100 fields.
const MAX_HEADER_SECTION: usize = 32 * 1024;
const MAX_HEADER_LIST: u32 = 32 * 1024;
const MAX_HEADERS: usize = 100;
/// Streams of one HTTP/2 connection at a time.
const MAX_STREAMS: u32 = 200;
/// Streams that a client, or we because of it, may reset before the connection
/// is closed (CVE-2023-44487, CVE-2025-8671).
const MAX_RESETS: usize = 50;

/// Serves `listeners` until `shutdown`, then lets open requests finish within
/// `drain`. With `tls`, whoever comes over the network must speak it.
pub(crate) async fn serve(
    listeners: Listeners,
    tls: Option<TlsIdentity>,
    front: Arc<Front>,
    shutdown: impl Future<Output = ()>,
    drain: Duration,
) {
    let builder = Arc::new(builder());
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listeners.accept().await)
        };
        let (place, (transport, peer)) = tokio::select! {
            () = &mut shutdown => break,
            accepted = accepted => accepted,
        };
        let (tls, watcher) = (tls.clone(), graceful.watcher());
        let (builder, front) = (Arc::clone(&builder), Arc::clone(&front));
        connections.spawn(async move {
            // A connection that breaks is the peer's affair.
            if let Ok(transport) = secured(transport, tls).await {
                let is_tls = matches!(transport, Transport::Tls(_));
                let service = service_fn(move |request: Request<Incoming>| {
                    if let Some(response) = front.answer_at_once(peer, &request) {
                        return Either::Left(ready(Ok::<_, Infallible>(response)));
                    }
                    let front = Arc::clone(&front);
                    let request = request.map(Body::new);
                    Either::Right(Box::pin(async move {
                        Ok(front.answer(peer, is_tls, request).await)
                    }))
                });
                let stream = TokioIo::new(WatchedStream::new(transport));
                let connection = builder.serve_connection_with_upgrades(stream, service);
                watcher.watch(connection.into_owned()).await.ok();
            }
            drop(place);
        });
    }
    drop(listeners);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(drain) => {
            tracing::warn!("requests were still open when the drain time ended");
        }
    }
    // What is still open ends here, and charges for what it used.
    connections.shutdown().await;
}

/// The connection behind its handshake, if it needs one.
async fn secured(transport: Transport, tls: Option<TlsIdentity>) -> io::Result<Transport> {
    match (transport, tls) {
        (Transport::Tcp(stream), Some(tls)) => {
            let stream = tls.accept(stream).await?;
            Ok(Transport::Tls(Box::new(stream)))
        }
        (transport, _) => Ok(transport),
    }
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_DEADLINE)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_SECTION);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_LIST)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_RESETS)
        .keep_alive_interval(Duration::from_secs(20));
    builder
}
