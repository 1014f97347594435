//! The body of a request on its way to an upstream.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::task::AtomicWaker;
use h2::Reason;
use http_body::{Body as _, Frame, SizeHint};

use crate::header_policy::clean_request_trailers;
use crate::silence::Silence;

/// A client's body, frame by frame as it comes, which tells how far it is.
pub(crate) struct RequestBody {
    body: Body,
    silence: Silence,
    progress: Option<Arc<Progress>>,
}

/// How far a body is, for whoever waits for the answer.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    frames: AtomicU32,
    has_failed: AtomicBool,
    is_over: AtomicBool,
    is_abandoned: AtomicBool,
    waker: AtomicWaker,
}

/// Why a client's body broke off.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestBodyError {
    #[error("the client sent nothing for too long")]
    Silent,
    #[error(transparent)]
    Broken(axum::Error),
    #[error("nobody waits for the answer any more")]
    Abandoned(#[source] h2::Error),
}

impl RequestBody {
    /// The body and, if it is not over already, how far it is.
    pub(crate) fn new(body: Body, silence: Duration) -> (Self, Option<Arc<Progress>>) {
        let progress = (!body.is_end_stream()).then(Arc::<Progress>::default);
        let body = Self {
            body,
            silence: Silence::new(silence),
            progress: progress.clone(),
        };
        (body, progress)
    }

    fn is_abandoned(&self, cx: &mut Context<'_>) -> bool {
        let progress = self.progress.as_ref();
        progress.is_some_and(|progress| progress.poll_abandoned(cx))
    }

    /// No body, for a request that is sent again.
    pub(crate) fn empty() -> Self {
        Self::new(Body::empty(), Duration::ZERO).0
    }
}

impl Progress {
    /// A number that grows while the body is sent.
    pub(crate) fn frames(&self) -> u32 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Whether the client failed to send it.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Whoever waited for the answer is gone, so the rest need not be sent.
    pub(crate) fn abandon(&self) {
        self.is_abandoned.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Whether it was abandoned; whoever asks is woken when it is.
    fn poll_abandoned(&self, cx: &mut Context<'_>) -> bool {
        self.waker.register(cx.waker());
        self.is_abandoned.load(Ordering::Acquire)
    }

    /// Whether nothing more of it will be asked for.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

impl http_body::Body for RequestBody {
    type Data = Bytes;
    type Error = RequestBodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, RequestBodyError>>> {
        let this = &mut *self;
        let polled = match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(mut frame))) => {
                if let Some(trailers) = frame.trailers_mut() {
                    clean_request_trailers(trailers);
                }
                Some(Ok(frame))
            }
            Poll::Ready(Some(Err(error))) => Some(Err(RequestBodyError::Broken(error))),
            Poll::Ready(None) => None,
            Poll::Pending => match this.silence.poll(cx) {
                Poll::Ready(()) => Some(Err(RequestBodyError::Silent)),
                Poll::Pending if !this.is_abandoned(cx) => return Poll::Pending,
                Poll::Pending => Some(Err(RequestBodyError::Abandoned(Reason::CANCEL.into()))),
            },
        };
        this.silence.end();
        if let Some(progress) = &this.progress {
            progress.frames.fetch_add(1, Ordering::Relaxed);
            let has_failed = matches!(polled, Some(Err(_)));
            progress.has_failed.store(has_failed, Ordering::Relaxed);
        }
        Poll::Ready(polled)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    /// Whoever sends a body lets go of it when it is sent, or failed.
    fn drop(&mut self) {
        if let Some(progress) = &self.progress {
            progress.is_over.store(true, Ordering::Release);
        }
    }
}
