//! The body of an upstream's answer, as it comes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::carrier::Carrier;
use crate::header_policy::clean_response_trailers;
use crate::pool::Pool;
use crate::silence::Silence;

/// A body that an upstream sends. Its connection goes back to the pool when the
/// body has ended, and is closed when it is dropped before.
#[derive(Debug)]
pub struct ResponseBody {
    /// What came with the head.
    first: Option<Bytes>,
    rest: Option<Rest>,
    broken: Option<ResponseBodyError>,
}

#[derive(Debug)]
struct Rest {
    incoming: Incoming,
    carrier: Carrier,
    pool: Arc<Pool>,
    silence: Silence,
}

/// Why an upstream's body broke off.
#[derive(Debug, thiserror::Error)]
pub enum ResponseBodyError {
    /// The upstream sent nothing for too long.
    #[error("the upstream sent nothing for too long")]
    Silent,
    /// The connection broke.
    #[error("the upstream's answer broke off")]
    Broken(#[source] hyper::Error),
}

impl ResponseBody {
    /// The body `incoming` on `carrier`.
    pub(crate) fn new(
        incoming: Incoming,
        carrier: Carrier,
        pool: &Arc<Pool>,
        silence: Duration,
    ) -> Self {
        let rest = Rest {
            incoming,
            carrier,
            pool: Arc::clone(pool),
            silence: Silence::new(silence),
        };
        let mut body = Self {
            first: None,
            rest: Some(rest),
            broken: None,
        };
        body.end_if_over();
        body
    }

    /// Whether all of it is in memory.
    pub(crate) fn is_here(&self) -> bool {
        self.rest.is_none() && self.broken.is_none()
    }

    /// Takes what came with the head, without waiting, so that a short answer
    /// frees its connection at once. Only of an answer whose length is known: the
    /// end of any other is not. A shared connection waits for nobody.
    pub(crate) fn take_first(&mut self, cx: &mut Context<'_>) {
        let Some(rest) = &mut self.rest else { return };
        if rest.carrier.is_shared() || rest.incoming.size_hint().exact().is_none() {
            return;
        }
        match Pin::new(&mut rest.incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                // Trailers come in chunked bodies alone.
                self.first = frame.into_data().ok();
                self.end_if_over();
            }
            Poll::Ready(Some(Err(error))) => {
                self.rest = None;
                self.broken = Some(ResponseBodyError::Broken(error));
            }
            Poll::Ready(None) => self.end(),
            Poll::Pending => {}
        }
    }

    /// Closes the connection, and says so one step later: whoever writes to the
    /// client drops what it has not sent yet when it hears of an error.
    fn break_off(&mut self, error: ResponseBodyError, cx: &mut Context<'_>) {
        self.rest = None;
        self.broken = Some(error);
        cx.waker().wake_by_ref();
    }

    fn end_if_over(&mut self) {
        if self.is_over() {
            self.end();
        }
    }

    /// Gives the connection back, if it is good for another exchange.
    fn end(&mut self) {
        if let Some(rest) = self.rest.take() {
            rest.carrier.give_back(&rest.pool);
        }
    }

    fn is_over(&self) -> bool {
        let is_over = |rest: &Rest| rest.incoming.is_end_stream();
        self.rest.as_ref().is_none_or(is_over)
    }
}

impl Rest {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ResponseBodyError>>> {
        let mut polled = Pin::new(&mut self.incoming).poll_frame(cx);
        if polled.is_pending() {
            self.carrier.drive(cx);
            polled = Pin::new(&mut self.incoming).poll_frame(cx);
        }
        match polled {
            Poll::Ready(frame) => {
                self.silence.end();
                Poll::Ready(frame.map(|frame| frame.map_err(ResponseBodyError::Broken)))
            }
            Poll::Pending => {
                let silent = |()| Some(Err(ResponseBodyError::Silent));
                self.silence.poll(cx).map(silent)
            }
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = ResponseBodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ResponseBodyError>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        let Some(rest) = &mut self.rest else {
            return Poll::Ready(self.broken.take().map(Err));
        };
        match ready!(rest.poll_frame(cx)) {
            Some(Ok(mut frame)) => {
                if let Some(trailers) = frame.trailers_mut() {
                    clean_response_trailers(trailers);
                    // Nothing follows them, and nobody may ask.
                    self.end();
                } else {
                    self.end_if_over();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                self.break_off(error, cx);
                Poll::Pending
            }
            None => {
                self.end();
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.broken.is_none() && self.is_over()
    }

    fn size_hint(&self) -> SizeHint {
        let first = self.first.as_ref().map_or(0, |first| first.len() as u64);
        let rest = match &self.rest {
            None => self.broken.is_none().then_some(0),
            Some(rest) => rest.incoming.size_hint().exact(),
        };
        rest.map_or_else(SizeHint::default, |rest| {
            SizeHint::with_exact(first.saturating_add(rest))
        })
    }
}
