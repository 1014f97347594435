//! One connection to an upstream, for one exchange at a time.
//!
//! Whoever uses the connection drives it: the request's own task moves its bytes,
//! so an exchange wakes no other task, and what is dropped is closed at once. Only
//! where an answer begins before its request has ended, the connection gets a
//! task, so that a client that does not read yet can go on sending.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Context;

use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::rt::{Read, Write};
use tokio::task::JoinHandle;

use crate::request_body::RequestBody;
use crate::whole_writes::WholeWrites;

/// The largest head of an answer. More is refused as no answer.
const MAX_HEAD: usize = 64 * 1024;

/// A connection that is ready for a request, or in an exchange.
pub(crate) struct Connection {
    sender: SendRequest<RequestBody>,
    driver: Driver,
    /// What the upstream last answered with; an HTTP/1.0 server cannot be sent
    /// a body of unknown length.
    version: Version,
}

/// What moves a connection's bytes.
pub(crate) enum Driver {
    /// Whoever polls it.
    Inline(Pin<Box<dyn Future<Output = ()> + Send>>),
    /// A task of its own, which ends with this.
    Spawned(AbortOnDrop),
    /// Nothing: the connection has ended, or was handed over after an upgrade.
    Ended,
}

/// Ends a task when it is dropped.
pub(crate) struct AbortOnDrop(JoinHandle<()>);

/// Why a connection gave no answer.
pub(crate) struct SendError {
    pub(crate) error: hyper::Error,
    /// The body, if no byte of the request was sent.
    pub(crate) unsent: Option<RequestBody>,
}

impl Connection {
    /// Speaks HTTP/1.1 on `io`.
    pub(crate) async fn open<T>(io: T) -> Result<Self, hyper::Error>
    where
        T: Read + Write + Unpin + Send + 'static,
    {
        let mut builder = Builder::new();
        let handshake = builder.max_header_size(MAX_HEAD).handshake(WholeWrites(io));
        let (sender, connection) = handshake.await?;
        let connection = connection.with_upgrades();
        let driver = Driver::Inline(Box::pin(async {
            // The exchange hears of an error too, and can say more about it.
            connection.await.ok();
        }));
        Ok(Self {
            sender,
            driver,
            version: Version::HTTP_11,
        })
    }

    /// Sends `request` and waits for the head of its answer.
    pub(crate) async fn send(
        &mut self,
        request: Request<RequestBody>,
    ) -> Result<Response<Incoming>, SendError> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let driver = &mut self.driver;
        // The connection first: the answer comes out of it. When it ends, the
        // answer is there, or its error.
        let answer = poll_fn(|cx| {
            driver.poll(cx);
            answer.as_mut().poll(cx)
        });
        let answer = answer.await.map_err(|mut error| SendError {
            unsent: error.take_message().map(Request::into_body),
            error: error.into_error(),
        })?;
        self.version = answer.version();
        Ok(answer)
    }

    /// Whether it can take a request now: it is alive, and nothing that was not
    /// asked for came in.
    pub(crate) fn poll_is_ready(&mut self, cx: &mut Context<'_>) -> bool {
        self.driver.poll(cx);
        self.is_reusable()
    }

    /// Whether its exchange has ended so that another may begin.
    pub(crate) fn is_reusable(&self) -> bool {
        matches!(self.driver, Driver::Inline(_))
            && self.sender.is_ready()
            && self.version == Version::HTTP_11
    }

    /// Gives it a task of its own.
    pub(crate) fn spawn(&mut self) {
        if let Driver::Inline(driver) = std::mem::replace(&mut self.driver, Driver::Ended) {
            let task = tokio::spawn(driver);
            self.driver = Driver::Spawned(AbortOnDrop(task));
        }
    }

    /// Moves its bytes, if nobody else does.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) {
        self.driver.poll(cx);
    }

    /// What moves its bytes, for whoever takes an upgraded connection over.
    pub(crate) fn into_driver(self) -> Driver {
        self.driver
    }
}

impl Driver {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) {
        let has_ended = match self {
            Self::Inline(driver) => driver.as_mut().poll(cx).is_ready(),
            Self::Spawned(task) => Pin::new(&mut task.0).poll(cx).is_ready(),
            Self::Ended => false,
        };
        if has_ended {
            *self = Self::Ended;
        }
    }

    /// Moves the connection's bytes until `future` is there.
    pub(crate) async fn until<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|cx| {
            self.poll(cx);
            future.as_mut().poll(cx)
        })
        .await
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
