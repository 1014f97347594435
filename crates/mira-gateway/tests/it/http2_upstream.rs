//! An upstream that speaks HTTP/2, counts what comes, and sees what ends.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, request};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// An HTTP/2 server. What a request is answered with stands in its path.
#[derive(Clone)]
pub(crate) struct Http2Upstream {
    pub(crate) address: SocketAddr,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    state: Mutex<State>,
    changed: Notify,
    goes_away: Notify,
}

#[derive(Default)]
struct State {
    opened: usize,
    requests: Vec<Arc<request::Parts>>,
    ended: usize,
}

/// Notes the end of an exchange that has none of its own.
struct Guard(Arc<Log>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.change(|state| state.ended += 1);
    }
}

impl Log {
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state.lock().unwrap());
        self.changed.notify_waiters();
        changed
    }
}

impl Http2Upstream {
    /// Takes so many streams at a time on one connection.
    pub(crate) async fn start(max_streams: u32) -> Self {
        Self::serve(max_streams, None).await
    }

    /// The same behind TLS.
    pub(crate) async fn start_tls(acceptor: TlsAcceptor) -> Self {
        Self::serve(100, Some(acceptor)).await
    }

    async fn serve(max_streams: u32, acceptor: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::<Log>::default();
        let accepting = Arc::clone(&log);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (log, acceptor) = (Arc::clone(&accepting), acceptor.clone());
                log.change(|state| state.opened += 1);
                tokio::spawn(async move {
                    match acceptor {
                        None => connection(stream, log, max_streams).await,
                        Some(acceptor) => {
                            let stream = acceptor.accept(stream).await.unwrap();
                            connection(stream, log, max_streams).await;
                        }
                    }
                });
            }
        });
        Self { address, log }
    }

    /// Tells every peer to open no more streams on its connection.
    pub(crate) fn go_away(&self) {
        self.log.goes_away.notify_waiters();
    }

    pub(crate) fn opened(&self) -> usize {
        self.log.state.lock().unwrap().opened
    }

    pub(crate) fn requests(&self) -> Vec<Arc<request::Parts>> {
        self.log.state.lock().unwrap().requests.clone()
    }

    /// Waits until as many requests have come.
    pub(crate) async fn reached(&self, count: usize) {
        self.until(|state| state.requests.len() >= count).await;
    }

    /// Waits until as many exchanges without an end have ended.
    pub(crate) async fn ended(&self, count: usize) {
        self.until(|state| state.ended >= count).await;
    }

    async fn until(&self, holds: impl Fn(&State) -> bool) {
        let wait = async {
            loop {
                let changed = self.log.changed.notified();
                tokio::pin!(changed);
                changed.as_mut().enable();
                if holds(&self.log.state.lock().unwrap()) {
                    return;
                }
                changed.await;
            }
        };
        timeout(Duration::from_secs(5), wait).await.unwrap();
    }
}

async fn connection<S>(stream: S, log: Arc<Log>, max_streams: u32)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let answering = Arc::clone(&log);
    let service = service_fn(move |request| {
        let log = Arc::clone(&answering);
        async move { Ok::<_, Infallible>(answer(request, log).await) }
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder.max_concurrent_streams(max_streams);
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    tokio::select! {
        _ = &mut serving => return,
        () = log.goes_away.notified() => serving.as_mut().graceful_shutdown(),
    }
    serving.await.ok();
}

async fn answer(request: Request<Incoming>, log: Arc<Log>) -> Response<Script> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    log.change(|state| state.requests.push(Arc::new(head)));
    match path.rsplit('/').next().unwrap() {
        "slow" => {
            sleep(Duration::from_millis(300)).await;
            Response::new(Script::of([data("slow")]))
        }
        // Whoever waits for an answer waits for ever.
        "wait" => {
            let _guard = Guard(log);
            std::future::pending().await
        }
        // Begins, and says no more.
        "silent" => Response::new(Script {
            frames: VecDeque::from([data("begin")]),
            guard: Some(Guard(log)),
            is_endless: false,
        }),
        // Says more and more.
        "endless" => Response::new(Script {
            frames: VecDeque::new(),
            guard: Some(Guard(log)),
            is_endless: true,
        }),
        "echo" => {
            let collected = body.collect().await.unwrap();
            let trailers = collected.trailers().cloned().unwrap_or_default();
            let mut answered = HeaderMap::new();
            answered.insert("grpc-status", "0".parse().unwrap());
            answered.insert("x-mira-code", "forged".parse().unwrap());
            for (name, value) in &trailers {
                answered.insert(
                    format!("echoed-{name}")
                        .parse::<http::HeaderName>()
                        .unwrap(),
                    value.clone(),
                );
            }
            let text = Frame::data(collected.to_bytes());
            Response::new(Script::of([text, Frame::trailers(answered)]))
        }
        _ => {
            let mut answer = Response::new(Script::of([data("hello")]));
            answer.headers_mut().insert("content-length", 5.into());
            answer
        }
    }
}

fn data(text: &'static str) -> Frame<Bytes> {
    Frame::data(Bytes::from_static(text.as_bytes()))
}

/// A body that is known beforehand.
struct Script {
    frames: VecDeque<Frame<Bytes>>,
    /// With it, the body does not end.
    guard: Option<Guard>,
    is_endless: bool,
}

impl Script {
    fn of<const N: usize>(frames: [Frame<Bytes>; N]) -> Self {
        Self {
            frames: VecDeque::from(frames),
            guard: None,
            is_endless: false,
        }
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.is_endless {
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'a'; 16_384])))));
        }
        match self.frames.pop_front() {
            Some(frame) => Poll::Ready(Some(Ok(frame))),
            None if self.guard.is_some() => Poll::Pending,
            None => Poll::Ready(None),
        }
    }
}
