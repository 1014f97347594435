//! A connection that is watched: its requests are followed on their way in, and a
//! peer that neither asks nor reads does not keep it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::framing::Framing;

/// A connection must have sent its first header section after this long.
const FIRST_REQUEST: Duration = Duration::from_secs(10);
/// A peer that takes no byte for this long is gone.
const WRITE_STALL: Duration = Duration::from_secs(30);

pin_project! {
    /// A stream that spoils ambiguous requests before the HTTP library reads
    /// them, and fails when the peer keeps it waiting.
    pub(crate) struct WatchedStream<S> {
        #[pin]
        stream: S,
        framing: Framing,
        first_request: Option<Pin<Box<Sleep>>>,
        write_stall: Option<Pin<Box<Sleep>>>,
    }
}

impl<S> WatchedStream<S> {
    pub(crate) fn new(stream: S) -> Self {
        let first_request = Some(Box::pin(sleep(FIRST_REQUEST)));
        Self {
            stream,
            framing: Framing::new(),
            first_request,
            write_stall: None,
        }
    }
}

impl<S: AsyncRead> AsyncRead for WatchedStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.project();
        if let Some(deadline) = this.first_request
            && deadline.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        ready!(this.stream.poll_read(cx, buffer))?;
        if let Some(arrived) = buffer.filled_mut().get_mut(before..) {
            this.framing.follow(arrived);
        }
        if this.framing.has_begun() {
            *this.first_request = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite> AsyncWrite for WatchedStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        this.framing.answered(bytes);
        let written = this.stream.poll_write(cx, bytes);
        unless_stalled(this.write_stall, cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [whole] = slices {
            // The system takes one piece quicker than a list of one.
            return self.poll_write(cx, whole);
        }
        let this = self.project();
        if let Some(first) = slices.first() {
            this.framing.answered(first);
        }
        let written = this.stream.poll_write_vectored(cx, slices);
        unless_stalled(this.write_stall, cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_shutdown(cx)
    }
}

/// `written`, or an error once nothing could be written for too long.
fn unless_stalled(
    stall: &mut Option<Pin<Box<Sleep>>>,
    cx: &mut Context<'_>,
    written: Poll<io::Result<usize>>,
) -> Poll<io::Result<usize>> {
    if written.is_ready() {
        *stall = None;
        return written;
    }
    let deadline = stall.get_or_insert_with(|| Box::pin(sleep(WRITE_STALL)));
    ready!(deadline.as_mut().poll(cx));
    Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
}
