//! Request bodies that are read here: bounded in time, and in size for nobody.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http_body_util::Limited;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tokio::time::{Sleep, sleep};
use tower_http::timeout::TimeoutBody;

/// A body that sends nothing for this long is given up.
const SILENCE: Duration = Duration::from_secs(15);
/// A body must be whole after this long: a drip that is never silent would keep
/// its memory for ever.
const WHOLE: Duration = Duration::from_mins(1);
/// What somebody may send whom nobody knows: a sign-in form is small.
const UNKNOWN_SENDER: usize = 16 * 1024;

/// The same request with a body that is given up when it takes too long.
pub(crate) fn hurried(request: Request) -> Request {
    request.map(|body| {
        let silence = TimeoutBody::new(SILENCE, body);
        Body::new(Hurried {
            body: Body::new(silence),
            deadline: sleep(WHOLE),
        })
    })
}

/// The same body, cut off where an unknown sender sends too much.
pub(crate) fn of_unknown_sender(body: Body) -> Body {
    Body::new(Limited::new(body, UNKNOWN_SENDER))
}

pin_project! {
    struct Hurried {
        #[pin]
        body: Body,
        #[pin]
        deadline: Sleep,
    }
}

#[derive(Debug, thiserror::Error)]
enum HurriedError {
    #[error("the body took too long")]
    TooSlow,
    #[error(transparent)]
    Body(axum::Error),
}

impl HttpBody for Hurried {
    type Data = Bytes;
    type Error = HurriedError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HurriedError>>> {
        let this = self.project();
        if let Poll::Ready(frame) = this.body.poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(HurriedError::Body)));
        }
        ready!(this.deadline.poll(cx));
        Poll::Ready(Some(Err(HurriedError::TooSlow)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
