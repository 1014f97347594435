//! What carries one exchange with an upstream: a connection of its own, or a place
//! on a shared one.

use std::sync::Arc;
use std::task::Context;

use http::{Request, Response, Uri};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

use crate::connection::{Connection, Driver, SendError};
use crate::http2_form::make_http2;
use crate::multiplexed::Stream;
use crate::pool::Pool;
use crate::request_body::{Progress, RequestBody};

/// A way to an upstream, for as long as an exchange takes.
#[derive(Debug)]
pub(crate) struct Carrier {
    link: Link,
    /// One of the exchanges that the upstream may have at a time.
    turn: Option<OwnedSemaphorePermit>,
}

/// What is below.
#[derive(Debug)]
pub(crate) enum Link {
    /// HTTP/1.1.
    Own(Connection),
    /// HTTP/2.
    Shared(Stream),
}

impl Link {
    /// Sends `request` to `origin` and waits for the head of its answer.
    pub(crate) async fn send(
        &mut self,
        mut request: Request<RequestBody>,
        origin: &Uri,
        body: Option<&Arc<Progress>>,
    ) -> Result<Response<Incoming>, SendError> {
        match self {
            Self::Own(connection) => {
                let answer = connection.send(request).await?;
                if body.is_some_and(|body| !body.is_over()) {
                    connection.spawn();
                }
                Ok(answer)
            }
            Self::Shared(stream) => {
                if let (Some(scheme), Some(authority)) = (origin.scheme(), origin.authority()) {
                    make_http2(&mut request, scheme, authority);
                }
                // Boxed, as it would make the future of every other exchange larger.
                Box::pin(stream.send(request, body)).await
            }
        }
    }

    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }
}

impl Carrier {
    pub(crate) fn new(link: Link, turn: Option<OwnedSemaphorePermit>) -> Self {
        Self { link, turn }
    }

    /// Moves the exchange's bytes, if nobody else does.
    pub(crate) fn drive(&mut self, cx: &mut Context<'_>) {
        if let Link::Own(connection) = &mut self.link {
            connection.drive(cx);
        }
    }

    /// Whether others use the connection too.
    pub(crate) fn is_shared(&self) -> bool {
        self.link.is_shared()
    }

    /// The exchange is over: a connection that is good for another waits for it
    /// in `pool`.
    pub(crate) fn give_back(self, pool: &Arc<Pool>) {
        if let Link::Own(connection) = self.link
            && connection.is_reusable()
        {
            pool.put(connection);
        }
    }

    /// What moves the bytes of an upgraded connection, and its turn.
    pub(crate) fn into_driver(self) -> (Driver, Option<OwnedSemaphorePermit>) {
        let driver = match self.link {
            Link::Own(connection) => connection.into_driver(),
            Link::Shared(_) => Driver::Ended,
        };
        (driver, self.turn)
    }
}
