//! A response body that ends when the key that opened it does.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body::{Body, Frame, SizeHint};
use mira_verifier::{End, Lifeline};
use pin_project_lite::pin_project;

use crate::guard::refusal_of;

pin_project! {
    /// A body on its lifeline. When the key would be refused, an event stream
    /// gets a last `error` event and ends; any other body breaks off, so that
    /// nobody takes the half for the whole. What is behind the body is dropped
    /// at the same moment, which cancels the work.
    pub struct LifelineBody<B> {
        #[pin]
        inner: Option<B>,
        lifeline: Option<Lifeline>,
        is_event_stream: bool,
    }
}

impl<B> LifelineBody<B> {
    pub(crate) fn new(inner: B, lifeline: Option<Lifeline>, headers: &HeaderMap) -> Self {
        // A length that was announced leaves no room for a last event.
        let is_event_stream = !headers.contains_key(CONTENT_LENGTH)
            && headers
                .get(CONTENT_TYPE)
                .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        Self {
            inner: Some(inner),
            lifeline,
            is_event_stream,
        }
    }
}

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
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else {
            return Poll::Ready(None);
        };
        // The key first: a busy stream must not outrun its own end.
        let ended = this
            .lifeline
            .as_mut()
            .map(|lifeline| lifeline.poll_ended(cx));
        if let Some(Poll::Ready(end)) = ended {
            this.inner.set(None);
            return Poll::Ready(Some(if *this.is_event_stream {
                Ok(Frame::data(error_event(end)))
            } else {
                Err(KeyEnded.into())
            }));
        }
        let frame = ready!(inner.poll_frame(cx));
        if frame.is_none() {
            *this.lifeline = None;
        }
        Poll::Ready(frame.map(|frame| frame.map_err(LifelineError::Inner)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        match (&self.inner, &self.lifeline) {
            (None, _) => SizeHint::with_exact(0),
            (Some(inner), None) => inner.size_hint(),
            // A watched body may end with other bytes than it began to promise.
            (Some(_), Some(_)) => SizeHint::default(),
        }
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
