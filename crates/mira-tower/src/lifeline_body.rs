//! A response body that ends when the key that opened it does.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body::{Body, Frame, SizeHint};
use mira_verifier::{End, Lifeline};
use pin_project_lite::pin_project;
use tokio::task::JoinHandle;

use crate::guard::refusal_of;

pin_project! {
    /// A body on its lifeline. When the key would be refused, an event stream
    /// gets a last `error` event and ends; any other body breaks off, so that
    /// nobody takes the half for the whole.
    pub struct LifelineBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjected]
    enum Kind<B> {
        // What is here already cannot be taken back.
        Whole { #[pin] inner: B },
        // What is behind it is dropped when the key ends, which cancels the work,
        // also while a slow reader keeps anybody from asking for more of it.
        Watched { watched: Watched<B>, is_event_stream: bool },
    }
}

/// A body that a task of its own can take away.
struct Watched<B> {
    held: Arc<Mutex<Held<B>>>,
    watcher: JoinHandle<()>,
}

struct Held<B> {
    inner: Option<Pin<Box<B>>>,
    end: Option<End>,
    waker: Option<Waker>,
}

impl<B: Send + 'static> LifelineBody<B> {
    pub(crate) fn new(inner: B, lifeline: Option<Lifeline>, headers: &HeaderMap) -> Self {
        let Some(lifeline) = lifeline else {
            return Self {
                kind: Kind::Whole { inner },
            };
        };
        // A length that was announced leaves no room for a last event.
        let is_event_stream = !headers.contains_key(CONTENT_LENGTH)
            && headers
                .get(CONTENT_TYPE)
                .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let watched = Watched::new(inner, lifeline);
        Self {
            kind: Kind::Watched {
                watched,
                is_event_stream,
            },
        }
    }
}

impl<B: Send + 'static> Watched<B> {
    fn new(inner: B, mut lifeline: Lifeline) -> Self {
        let held = Arc::new(Mutex::new(Held {
            inner: Some(Box::pin(inner)),
            end: None,
            waker: None,
        }));
        let taken = Arc::clone(&held);
        let watcher = tokio::spawn(async move {
            let end = lifeline.ended().await;
            let mut held = lock(&taken);
            let inner = held.inner.take();
            // A body that had come to its own end has nothing more to say.
            held.end = inner.is_some().then_some(end);
            let waker = held.waker.take();
            drop(held);
            drop(inner);
            if let Some(waker) = waker {
                waker.wake();
            }
        });
        Self { held, watcher }
    }
}

impl<B> Drop for Watched<B> {
    fn drop(&mut self) {
        self.watcher.abort();
    }
}

fn lock<B>(held: &Mutex<Held<B>>) -> MutexGuard<'_, Held<B>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a body says next.
type FrameResult<B> = Result<Frame<Bytes>, LifelineError<<B as Body>::Error>>;

/// Why a body broke off.
#[derive(Debug, thiserror::Error)]
pub enum LifelineError<E> {
    /// The key that opened it has ended.
    #[error(transparent)]
    KeyEnded(#[from] KeyEnded),
    /// The body itself failed.
    #[error(transparent)]
    Inner(E),
}

/// The key that opened a response would be refused now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key that opened this response has ended")]
pub struct KeyEnded;

impl<B> Body for LifelineBody<B>
where
    B: Body<Data = Bytes>,
    B::Error: std::error::Error + 'static,
{
    type Data = Bytes;
    type Error = LifelineError<B::Error>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.project().kind.project() {
            KindProjected::Whole { inner } => inner
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(LifelineError::Inner))),
            KindProjected::Watched {
                watched,
                is_event_stream,
            } => watched.poll_frame(cx, *is_event_stream),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole { inner } => inner.is_end_stream(),
            Kind::Watched { watched, .. } => {
                let held = lock(&watched.held);
                let is_at_end = held.inner.as_ref().is_none_or(Body::is_end_stream);
                held.end.is_none() && is_at_end
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole { inner } => inner.size_hint(),
            // A watched body may end with other bytes than it began to promise.
            Kind::Watched { .. } => SizeHint::default(),
        }
    }
}

impl<B> Watched<B>
where
    B: Body<Data = Bytes>,
{
    fn poll_frame(
        &self,
        cx: &mut Context<'_>,
        is_event_stream: bool,
    ) -> Poll<Option<FrameResult<B>>> {
        let mut held = lock(&self.held);
        // The key first: a busy stream must not outrun its own end.
        if let Some(end) = held.end.take() {
            return Poll::Ready(Some(if is_event_stream {
                Ok(Frame::data(error_event(end)))
            } else {
                Err(KeyEnded.into())
            }));
        }
        let Some(inner) = &mut held.inner else {
            return Poll::Ready(None);
        };
        let polled = inner.as_mut().poll_frame(cx);
        if polled.is_pending() {
            held.waker = Some(cx.waker().clone());
        }
        let frame = ready!(polled);
        if frame.is_none() {
            held.inner = None;
            self.watcher.abort();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(LifelineError::Inner)))
    }
}

/// The last event of a stream, in the words of the refusal that a new request
/// would get.
fn error_event(end: End) -> Bytes {
    // The texts are ours and hold neither quotes nor line breaks.
    Bytes::from(format!(
        "event: error\ndata: {{\"message\":\"{}\"}}\n\n",
        refusal_of(end).text()
    ))
}
