//! The body of an answer: frames as they come, optionally with a limit on the
//! silence between them, or read whole within a size and a time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use http_body_util::BodyExt;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep, timeout};

use crate::OutboundError;
use crate::origin::Held;

/// A streaming answer body. Dropping it before the end drops the connection, or
/// resets the HTTP/2 stream, so that the far side can stop its work.
#[derive(Debug)]
pub struct Body {
    source: Source,
    silence: Option<Silence>,
}

#[derive(Debug)]
enum Source {
    Http1(Incoming),
    Http2 {
        stream: RecvStream,
        /// Its place on a connection that others use too.
        _place: Held,
    },
}

/// Time without a frame, counted only while somebody waits for one: a slow
/// reader is not the sender's fault.
#[derive(Debug)]
struct Silence {
    limit: Duration,
    timer: Pin<Box<Sleep>>,
    running: bool,
}

/// Reads a whole body of at most `max_bytes`; `deadline` counts from now.
pub async fn read_bounded(
    body: Body,
    max_bytes: usize,
    deadline: Duration,
) -> Result<Bytes, OutboundError> {
    timeout(deadline, collect(body, max_bytes))
        .await
        .map_err(|_| OutboundError::Deadline)?
}

async fn collect(mut body: Body, max_bytes: usize) -> Result<Bytes, OutboundError> {
    let too_large = OutboundError::TooLarge(max_bytes);
    if usize::try_from(body.size_hint().lower()).map_or(true, |announced| announced > max_bytes) {
        return Err(too_large);
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        // Trailers carry nothing anybody here asks for.
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        if data.len() > max_bytes - whole.len() {
            return Err(too_large);
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

impl Body {
    pub(crate) fn new(incoming: Incoming) -> Self {
        Self {
            source: Source::Http1(incoming),
            silence: None,
        }
    }

    pub(crate) fn on_place(stream: RecvStream, place: Held) -> Self {
        Self {
            source: Source::Http2 {
                stream,
                _place: place,
            },
            silence: None,
        }
    }

    /// Ends the body with [`OutboundError::Deadline`] when a reader waited
    /// `limit` for the next frame.
    #[must_use]
    pub fn with_silence_limit(mut self, limit: Duration) -> Self {
        self.silence = Some(Silence {
            limit,
            timer: Box::pin(sleep(limit)),
            running: false,
        });
        self
    }
}

impl Source {
    fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, OutboundError>>> {
        match self {
            Self::Http1(incoming) => {
                let polled = Pin::new(incoming).poll_frame(context);
                polled.map(|frame| frame.map(|frame| frame.map_err(|_| OutboundError::Broken)))
            }
            // Trailers carry nothing anybody here asks for.
            Self::Http2 { stream, .. } => stream.poll_data(context).map(|piece| {
                let piece = piece?.and_then(|piece| {
                    // Whoever asks for the next piece has room for as much again.
                    let released = stream.flow_control().release_capacity(piece.len());
                    released.map(|()| Frame::data(piece))
                });
                Some(piece.map_err(|_| OutboundError::Broken))
            }),
        }
    }
}

impl Silence {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.running {
            self.timer.as_mut().reset(Instant::now() + self.limit);
            self.running = true;
        }
        self.timer.as_mut().poll(context)
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = OutboundError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, OutboundError>>> {
        let body = self.get_mut();
        if let Poll::Ready(frame) = body.source.poll_frame(context) {
            if let Some(silence) = &mut body.silence {
                silence.running = false;
            }
            return Poll::Ready(frame);
        }
        match &mut body.silence {
            Some(silence) => silence
                .poll(context)
                .map(|()| Some(Err(OutboundError::Deadline))),
            None => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Http1(incoming) => incoming.is_end_stream(),
            Source::Http2 { stream, .. } => stream.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Http1(incoming) => incoming.size_hint(),
            Source::Http2 { .. } => SizeHint::default(),
        }
    }
}
