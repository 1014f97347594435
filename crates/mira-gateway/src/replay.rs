//! Requests that may be sent again, and when.

use std::error::Error as _;

use h2::Reason;
use http::{Method, Request};
use http_body::Body as _;

use crate::request_body::RequestBody;

/// The same request once more.
pub(crate) struct Replay {
    pub(crate) request: Request<RequestBody>,
    /// Whether doing it twice is as good as once (RFC 9110 §9.2.2).
    is_idempotent: bool,
}

/// The same request, if all of it is here, as of one without a body, and it may
/// be sent again at all. Only on a shared connection an upstream can say that it
/// did nothing with a request.
pub(crate) fn replay(request: &Request<RequestBody>, is_shared: bool) -> Option<Replay> {
    let is_idempotent = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE
    );
    if !request.body().is_end_stream() || !(is_idempotent || is_shared) {
        return None;
    }
    let mut again = Request::new(RequestBody::empty());
    *again.method_mut() = request.method().clone();
    *again.uri_mut() = request.uri().clone();
    *again.version_mut() = request.version();
    *again.headers_mut() = request.headers().clone();
    Some(Replay {
        request: again,
        is_idempotent,
    })
}

impl Replay {
    /// Whether it may be sent after the first failed with `error`.
    pub(crate) fn may_follow(&self, error: &hyper::Error) -> bool {
        self.is_idempotent || is_unprocessed(error)
    }
}

/// Whether the upstream said that it did nothing with the request: it refused the
/// stream, or went away before it (RFC 9113 §6.8, §8.7).
fn is_unprocessed(error: &hyper::Error) -> bool {
    let reason = error.source().and_then(|source| source.downcast_ref());
    reason.is_some_and(|error: &h2::Error| {
        let went_away = error.is_go_away() && error.reason() == Some(Reason::NO_ERROR);
        let refused = error.is_reset() && error.reason() == Some(Reason::REFUSED_STREAM);
        error.is_remote() && (went_away || refused)
    })
}
