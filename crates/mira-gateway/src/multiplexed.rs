//! HTTP/2 connections to an upstream, each shared by many exchanges.
//!
//! Every connection has a task of its own, which ends with the connection. An
//! exchange holds a place on one: what is dropped is reset, and leaves the
//! connection to the others.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, Builder, SendRequest};
use hyper::rt::{Read, Write};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::{Instant, interval_at, sleep};

use crate::connection::SendError;
use crate::request_body::{Progress, RequestBody};

/// Exchanges on one connection at a time; with more, another is opened. The peer
/// may allow fewer.
const MAX_STREAMS: u32 = 100;
/// What an exchange may have under way. Together they never fill the connection's
/// window, so that nobody waits for a reader who does not read.
const STREAM_WINDOW: u32 = 128 * 1024;
/// The largest head of an answer.
const MAX_HEAD: u32 = 64 * 1024;
/// A peer that does not answer a ping while exchanges are open is gone.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A connection without an exchange is closed after one to two times this.
const MAX_IDLE_TIME: Duration = Duration::from_secs(30);
/// The peer's first word says how many streams it takes; this is waited for it.
const SETTINGS_PATIENCE: Duration = Duration::from_millis(100);
const SETTINGS_STEP: Duration = Duration::from_millis(1);
/// Stands for "not said yet"; no peer names this number.
const UNSAID: usize = 0x7FFF_FFF1;

/// The HTTP/2 connections of one upstream.
#[derive(Debug, Default)]
pub(crate) struct Multiplexed(Mutex<Vec<Shared>>);

/// One connection.
struct Shared {
    sender: SendRequest<RequestBody>,
    load: Arc<Load>,
}

/// How busy a connection is.
struct Load {
    open: AtomicUsize,
    /// How many exchanges the peer takes at a time.
    limit: AtomicUsize,
    was_used: AtomicBool,
}

/// A place for one exchange on a connection.
pub(crate) struct Stream {
    sender: SendRequest<RequestBody>,
    load: Arc<Load>,
    /// A body that may still be on its way when the exchange ends.
    body: Option<Arc<Progress>>,
}

impl Multiplexed {
    /// A place on a connection that lives and has one.
    pub(crate) fn take(&self) -> Option<Stream> {
        let mut connections = self.lock();
        connections.retain(|shared| !shared.sender.is_closed());
        connections.iter().find_map(Shared::take)
    }

    /// Speaks HTTP/2 on `io` from now on, and takes the first place.
    pub(crate) async fn open<T>(self: &Arc<Self>, io: T) -> Result<Stream, hyper::Error>
    where
        T: Read + Write + Unpin + Send + 'static,
    {
        let handshake = Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .initial_max_send_streams(UNSAID)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(STREAM_WINDOW * MAX_STREAMS)
            .max_header_list_size(MAX_HEAD)
            .keep_alive_interval(PING_EVERY)
            .handshake(io);
        let (sender, mut connection) = handshake.await?;
        let load = Arc::new(Load {
            open: AtomicUsize::new(1),
            limit: AtomicUsize::new(allowed(&mut connection).await),
            was_used: AtomicBool::new(true),
        });
        let stream = Stream {
            sender: sender.clone(),
            load: Arc::clone(&load),
            body: None,
        };
        tokio::spawn(drive(connection, Arc::clone(&load), Arc::downgrade(self)));
        self.lock().push(Shared { sender, load });
        Ok(stream)
    }

    /// Forgets a connection that nobody has used for long; whether it did.
    fn retire(&self, load: &Arc<Load>) -> bool {
        let mut connections = self.lock();
        // Places are taken under the same lock.
        let is_idle = load.open.load(Ordering::Acquire) == 0;
        let retires = is_idle && !load.was_used.swap(false, Ordering::Relaxed);
        if retires {
            connections.retain(|shared| !Arc::ptr_eq(&shared.load, load));
        }
        retires
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Shared>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn take(&self) -> Option<Stream> {
        let load = &self.load;
        // Only a place that is given back changes it beside the lock.
        if load.open.load(Ordering::Acquire) >= load.limit.load(Ordering::Relaxed) {
            return None;
        }
        load.open.fetch_add(1, Ordering::AcqRel);
        load.was_used.store(true, Ordering::Relaxed);
        Some(Stream {
            sender: self.sender.clone(),
            load: Arc::clone(load),
            body: None,
        })
    }
}

impl Stream {
    /// Sends `request`, which has the form of HTTP/2, and waits for the head of
    /// its answer. `body` tells how far its body is.
    pub(crate) async fn send(
        &mut self,
        request: Request<RequestBody>,
        body: Option<&Arc<Progress>>,
    ) -> Result<Response<Incoming>, SendError> {
        self.body = body.map(Arc::clone);
        let answer = self.sender.try_send_request(request).await;
        answer.map_err(|mut error| SendError {
            unsent: error.take_message().map(Request::into_body),
            error: error.into_error(),
        })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // The library sends a body to its end, whoever waits for the answer.
        if let Some(body) = &self.body {
            body.abandon();
        }
        self.load.open.fetch_sub(1, Ordering::AcqRel);
    }
}

type Connection<T> = http2::Connection<T, RequestBody, TokioExecutor>;

/// How many exchanges the peer takes at a time, once it has said so. Nobody else
/// has the connection yet: it need not be shared between threads.
async fn allowed<T>(connection: &mut Connection<T>) -> usize
where
    T: Read + Write + Unpin + Send + 'static,
{
    let mut waited = Duration::ZERO;
    while connection.current_max_send_streams() == UNSAID && waited < SETTINGS_PATIENCE {
        sleep(SETTINGS_STEP).await;
        waited += SETTINGS_STEP;
    }
    limit(connection)
}

fn limit<T>(connection: &Connection<T>) -> usize
where
    T: Read + Write + Unpin + Send + 'static,
{
    let allowed = connection.current_max_send_streams();
    allowed.clamp(1, usize::try_from(MAX_STREAMS).unwrap_or(usize::MAX))
}

/// Moves the requests of a connection until it ends, or is idle for too long.
async fn drive<T>(mut connection: Connection<T>, load: Arc<Load>, pool: Weak<Multiplexed>)
where
    T: Read + Write + Unpin + Send + 'static,
{
    let mut ticks = interval_at(Instant::now() + MAX_IDLE_TIME, MAX_IDLE_TIME);
    loop {
        let moving = std::future::poll_fn(|cx| {
            let polled = Pin::new(&mut connection).poll(cx);
            // The peer may have changed its mind.
            load.limit.store(limit(&connection), Ordering::Relaxed);
            match polled {
                // An exchange hears of an error too, and can say more about it.
                Poll::Ready(_) => Poll::Ready(()),
                Poll::Pending => Poll::Pending,
            }
        });
        tokio::select! {
            () = moving => return,
            _ = ticks.tick() => {}
        }
        if pool.upgrade().is_some_and(|pool| pool.retire(&load)) {
            return;
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").finish_non_exhaustive()
    }
}
