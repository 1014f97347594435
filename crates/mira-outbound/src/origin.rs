//! HTTP/2 connections to one origin, each shared by many requests.
//!
//! A request holds a place on a connection until the body of its answer is dropped.
//! Where no place is left one more connection is opened, by one request for all that
//! wait, and who comes first gets a place: there, or one that is given back. Every connection has a task of its own, which ends with it; a request has
//! none, as it would have with the library above, which keeps two for each.

use std::future::poll_fn;
use std::io::ErrorKind;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use h2::client::{Builder, SendRequest};
use h2::{Ping, PingPong, Reason};
use http::header::CONTENT_LENGTH;
use http::uri::Scheme;
use http::{Request, Response, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::connect::Connection as _;
use hyper_util::rt::TokioIo;
use tokio::sync::Notify;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tower_service::Service as _;

use crate::client::{IDLE_TIMEOUT, PING_INTERVAL, PING_TIMEOUT};
use crate::transport::{Connector, Transport};
use crate::{Body, OutboundError};

/// Requests on one connection at a time. The peer may allow fewer.
const MAX_STREAMS: u32 = 100;
/// A request sees so many connections end as soon as they are open.
const MAX_FRUITLESS: usize = 3;
/// A connection is open after this long, with TLS and the peer's first word, or not at
/// all: who waits for it would wait as long as anybody does.
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// For so long nobody asks again an origin that chose HTTP/1.1.
const HTTP1_TIME: Duration = Duration::from_secs(30);
/// What an answer may have under way. Together they never fill the connection's
/// window, so that nobody waits for a reader who does not read.
const STREAM_WINDOW: u32 = 64 * 1024;
/// The largest head of an answer.
const MAX_HEAD: u32 = 64 * 1024;
/// The peer's first word says how many streams it takes; this is waited for it.
const SETTINGS_PATIENCE: Duration = Duration::from_secs(1);
/// A stream that was given up is known for so long, as the peer may still answer it.
const RESET_TIME: Duration = Duration::from_secs(30);
/// Stands for "not said yet"; no peer names this number.
const UNSAID: usize = 0x7FFF_FFF1;

/// The connections of one origin.
pub(crate) struct Origin {
    uri: Uri,
    connector: Connector,
    state: Mutex<State>,
    /// Told of each place that is given back.
    freed: Arc<Notify>,
}

#[derive(Default)]
struct State {
    connections: Vec<Open>,
    /// The connection that is being opened, for as long as somebody waits for it.
    opening: Option<WeakShared<Opening>>,
    /// Until when the last connection over TLS, which chose HTTP/1.1, is believed.
    http1_until: Option<Instant>,
}

type Opening = BoxFuture<'static, Result<(), OutboundError>>;

/// One connection.
struct Open {
    sender: Sender,
    load: Arc<Load>,
}

/// How busy a connection is.
#[derive(Debug)]
struct Load {
    open: AtomicUsize,
    /// How many requests the peer takes at a time.
    limit: AtomicUsize,
    was_used: AtomicBool,
    /// Whether the connection has ended, or takes no more requests.
    is_closed: AtomicBool,
}

/// A place for one request on a connection.
pub(crate) struct Place {
    sender: Sender,
    held: Held,
}

/// A place that is given back with this.
#[derive(Debug)]
pub(crate) struct Held {
    load: Arc<Load>,
    freed: Arc<Notify>,
}

/// Why a request has no answer.
pub(crate) struct SendError {
    pub(crate) error: OutboundError,
    /// The request, if no byte of it was sent.
    pub(crate) unsent: Option<Box<Request<Full<Bytes>>>>,
}

type Sender = SendRequest<Bytes>;
type Connection = h2::client::Connection<TokioIo<Transport>, Bytes>;

/// Says that a connection has ended, when its task does.
struct ClosedAtEnd(Arc<Load>);

enum Next {
    Place(Place),
    Wait(Shared<Opening>),
    Http1,
}

impl Origin {
    /// The origin of `uri`, without a connection. Without TLS it must be known that
    /// HTTP/2 is spoken there.
    pub(crate) fn new(uri: Uri, connector: Connector) -> Self {
        Self {
            uri,
            connector,
            state: Mutex::default(),
            freed: Arc::default(),
        }
    }

    /// A place for a request, once there is one; `None` if the origin chose HTTP/1.1.
    ///
    /// Where another connection cannot be had, places on those that live are waited
    /// for: the deadline is the caller's.
    pub(crate) async fn place(self: &Arc<Self>) -> Result<Option<Place>, OutboundError> {
        let mut fruitless = 0;
        loop {
            // From before the look: a place that is given back meanwhile counts.
            let mut freed = pin!(self.freed.notified());
            freed.as_mut().enable();
            let opening = match self.next() {
                Next::Place(place) => return Ok(Some(place)),
                Next::Http1 => return Ok(None),
                Next::Wait(opening) => opening,
            };
            let opened = tokio::select! {
                opened = opening => opened,
                () = &mut freed => continue,
            };
            match opened {
                Err(error) if self.is_closed() => return Err(error),
                Err(_) => freed.await,
                // Who waited longer may have taken its places.
                Ok(()) if !self.is_closed() => {}
                Ok(()) if fruitless < MAX_FRUITLESS => fruitless += 1,
                Ok(()) => return Err(OutboundError::Broken),
            }
        }
    }

    /// Whether no connection is open.
    fn is_closed(&self) -> bool {
        let state = self.lock();
        let mut loads = state.connections.iter().map(|open| &open.load);
        loads.all(|load| load.is_closed.load(Ordering::Acquire))
    }

    fn next(self: &Arc<Self>) -> Next {
        let mut state = self.lock();
        state
            .connections
            .retain(|open| !open.load.is_closed.load(Ordering::Acquire));
        let mut connections = state.connections.iter();
        if let Some(place) = connections.find_map(|open| open.take(&self.freed)) {
            return Next::Place(place);
        }
        if state
            .http1_until
            .is_some_and(|until| Instant::now() < until)
        {
            return Next::Http1;
        }
        if let Some(opening) = state.opening.as_ref().and_then(WeakShared::upgrade) {
            return Next::Wait(opening);
        }
        let opening = open(
            Arc::downgrade(self),
            self.uri.clone(),
            self.connector.clone(),
        );
        let opening = opening.boxed().shared();
        state.opening = opening.downgrade();
        Next::Wait(opening)
    }

    /// Forgets a connection that nobody has used for long; whether it did.
    fn retire(&self, load: &Arc<Load>) -> bool {
        let mut state = self.lock();
        // Places are taken under the same lock.
        let is_idle = load.open.load(Ordering::Acquire) == 0;
        let retires = is_idle && !load.was_used.swap(false, Ordering::Relaxed);
        if retires {
            let connections = &mut state.connections;
            connections.retain(|open| !Arc::ptr_eq(&open.load, load));
        }
        retires
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it is held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn take(&self, freed: &Arc<Notify>) -> Option<Place> {
        let load = &self.load;
        // Only a place that is given back changes it beside the lock.
        if load.open.load(Ordering::Acquire) >= load.limit.load(Ordering::Relaxed) {
            return None;
        }
        load.open.fetch_add(1, Ordering::AcqRel);
        load.was_used.store(true, Ordering::Relaxed);
        Some(Place {
            sender: self.sender.clone(),
            held: Held {
                load: Arc::clone(load),
                freed: Arc::clone(freed),
            },
        })
    }
}

impl Place {
    /// Sends `request` and waits for the head of its answer, whose body holds the
    /// place.
    pub(crate) async fn send(
        self,
        request: Box<Request<Full<Bytes>>>,
    ) -> Result<Response<Body>, SendError> {
        let Self { sender, held } = self;
        let mut sender = match sender.ready().await {
            Ok(sender) => sender,
            Err(error) => {
                // Whatever it was, the next one must not try it again.
                held.load.is_closed.store(true, Ordering::Release);
                return Err(SendError {
                    unsent: Some(request),
                    ..held.failed(&error)
                });
            }
        };
        let (mut head, body) = request.into_parts();
        let body = body.collect().now_or_never().and_then(Result::ok);
        let body = body
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        if !body.is_empty() {
            head.headers.insert(CONTENT_LENGTH, body.len().into());
        }
        let head = Request::from_parts(head, ());
        let (answer, mut sending) = sender
            .send_request(head, body.is_empty())
            .map_err(|error| held.failed(&error))?;
        if !body.is_empty() {
            // It is kept there until the peer has room for it.
            let sent = sending.send_data(body, true);
            sent.map_err(|error| held.failed(&error))?;
        }
        drop(sending);
        match answer.await {
            Ok(answer) => Ok(answer.map(|incoming| Body::on_place(incoming, held))),
            Err(error) => Err(held.failed(&error)),
        }
    }
}

impl Held {
    fn failed(&self, error: &h2::Error) -> SendError {
        if !error.is_reset() {
            // Who goes away answers what it has taken, and takes no more.
            self.load.is_closed.store(true, Ordering::Release);
        }
        SendError {
            error: if is_unprocessed(error) {
                OutboundError::Unprocessed
            } else {
                OutboundError::Broken
            },
            unsent: None,
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.load.open.fetch_sub(1, Ordering::AcqRel);
        self.freed.notify_one();
    }
}

impl Drop for ClosedAtEnd {
    fn drop(&mut self) {
        self.0.is_closed.store(true, Ordering::Release);
    }
}

/// Whether the peer said that it did nothing with the request: it refused the
/// stream, or went away before it (RFC 9113 §6.8, §8.7).
fn is_unprocessed(error: &h2::Error) -> bool {
    let went_away = error.is_go_away() && error.reason() == Some(Reason::NO_ERROR);
    let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
    error.is_remote() && (went_away || refused)
}

/// Opens one more connection of `origin`, or learns that it chose HTTP/1.1.
async fn open(origin: Weak<Origin>, uri: Uri, connector: Connector) -> Result<(), OutboundError> {
    let opened = timeout(OPEN_TIMEOUT, connect(&origin, uri, connector)).await;
    let opened = opened.unwrap_or(Err(OutboundError::Connect(ErrorKind::TimedOut)));
    if let Some(origin) = origin.upgrade() {
        let mut state = origin.lock();
        state.opening = None;
        if let Ok(opened) = opened {
            state.http1_until = opened.is_none().then(|| Instant::now() + HTTP1_TIME);
            state.connections.extend(opened);
            return Ok(());
        }
    }
    opened.map(|_| ())
}

async fn connect(
    origin: &Weak<Origin>,
    uri: Uri,
    mut connector: Connector,
) -> Result<Option<Open>, OutboundError> {
    let is_plain = uri.scheme() == Some(&Scheme::HTTP);
    let io = connector.call(uri).await;
    let io = io.map_err(|error| OutboundError::connecting(error.as_ref()))?;
    if !is_plain && !io.connected().is_negotiated_h2() {
        return Ok(None);
    }
    let handshake = Builder::new()
        .initial_max_send_streams(UNSAID)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(STREAM_WINDOW * MAX_STREAMS)
        .max_header_list_size(MAX_HEAD)
        .max_concurrent_reset_streams(MAX_STREAMS as usize)
        .reset_stream_duration(RESET_TIME)
        .enable_push(false)
        .handshake(TokioIo::new(io));
    let (sender, mut connection) = handshake.await.map_err(|_| OutboundError::Broken)?;
    let load = Arc::new(Load {
        open: AtomicUsize::new(0),
        limit: AtomicUsize::new(allowed(&mut connection, &sender).await?),
        was_used: AtomicBool::new(true),
        is_closed: AtomicBool::new(false),
    });
    let closed = ClosedAtEnd(Arc::clone(&load));
    tokio::spawn(drive(
        connection,
        sender.clone(),
        closed,
        Weak::clone(origin),
    ));
    Ok(Some(Open { sender, load }))
}

/// How many requests the peer takes at a time, once it has said so.
async fn allowed(connection: &mut Connection, sender: &Sender) -> Result<usize, OutboundError> {
    let said = poll_fn(|cx| {
        if Pin::new(&mut *connection).poll(cx).is_ready() {
            // Whoever speaks HTTP/1.1 alone hangs up now.
            return Poll::Ready(Err(OutboundError::Broken));
        }
        match sender.current_max_send_streams() {
            UNSAID => Poll::Pending,
            _ => Poll::Ready(Ok(())),
        }
    });
    timeout(SETTINGS_PATIENCE, said).await.unwrap_or(Ok(()))?;
    Ok(limit(sender))
}

fn limit(sender: &Sender) -> usize {
    let allowed = sender.current_max_send_streams();
    allowed.clamp(1, usize::try_from(MAX_STREAMS).unwrap_or(usize::MAX))
}

/// Moves the bytes of a connection until it ends, is dead, or is idle for too long.
async fn drive(
    mut connection: Connection,
    sender: Sender,
    closed: ClosedAtEnd,
    origin: Weak<Origin>,
) {
    let load = &closed.0;
    let mut silent = pin!(silent(connection.ping_pong(), load));
    let mut ticks = interval_at(Instant::now() + IDLE_TIMEOUT, IDLE_TIMEOUT);
    loop {
        let moving = poll_fn(|cx| {
            let polled = Pin::new(&mut connection).poll(cx);
            // The peer may have changed its mind.
            load.limit.store(limit(&sender), Ordering::Relaxed);
            // Requests hear of an error themselves.
            polled.map(|_| ())
        });
        tokio::select! {
            () = moving => return,
            () = &mut silent => return,
            _ = ticks.tick() => {}
        }
        let is_needed = match origin.upgrade() {
            Some(origin) => !origin.retire(load),
            None => load.open.load(Ordering::Acquire) > 0,
        };
        if !is_needed {
            return;
        }
    }
}

/// Ends when a ping is not answered while requests wait.
async fn silent(pings: Option<PingPong>, load: &Load) {
    let Some(mut pings) = pings else {
        return std::future::pending().await;
    };
    loop {
        sleep(PING_INTERVAL).await;
        if load.open.load(Ordering::Acquire) == 0 {
            continue;
        }
        let answered = timeout(PING_TIMEOUT, pings.ping(Ping::opaque())).await;
        if !matches!(answered, Ok(Ok(_))) {
            return;
        }
    }
}
