//! The last step of every response: its body if it is a refusal, and its id.

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use mira_core::Quota;

use crate::{Dialect, ErrorCode, REQUEST_ID_HEADER, Refusal, RequestId};

/// Marks a response that an upstream wrote, in its extensions: [`finish`] leaves
/// its body as it is, errors included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forwarded;

/// Completes `response`: a [`Refusal`] that a handler returned gets its body in
/// `dialect`, an error that a library made becomes one of ours, and every
/// response says its request id.
pub fn finish(response: Response, dialect: Dialect, request_id: RequestId) -> Response {
    let mut response = match refusal_of(&response) {
        Some(refusal) => render(&refusal, &response, dialect),
        None => response,
    };
    response
        .headers_mut()
        .insert(REQUEST_ID_HEADER, request_id.to_header_value());
    response
}

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Adds `X-RateLimit-Limit`, `-Remaining` and `-Reset` (Unix seconds).
pub fn quota_headers(headers: &mut HeaderMap, quota: Quota) {
    headers.insert(LIMIT, HeaderValue::from(quota.limit));
    headers.insert(REMAINING, HeaderValue::from(quota.remaining));
    headers.insert(RESET, HeaderValue::from(quota.reset.as_secs()));
}

fn refusal_of(response: &Response) -> Option<Refusal> {
    if let Some(refusal) = response.extensions().get::<Refusal>() {
        return Some(refusal.clone());
    }
    if response.extensions().get::<Forwarded>().is_some() {
        return None;
    }
    let status = response.status();
    let is_ours = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    let is_error = status.is_client_error() || status.is_server_error();
    (is_error && !is_ours).then(|| Refusal::error(ErrorCode::for_status(status)))
}

fn render(refusal: &Refusal, original: &Response, dialect: Dialect) -> Response {
    let mut response = Response::new(Body::from(refusal.body(dialect)));
    *response.status_mut() = refusal.status();
    *response.headers_mut() = refusal.headers();
    // What an edge said of the request holds whoever made the error.
    for name in [ALLOW, LIMIT, REMAINING, RESET] {
        if let Some(value) = original.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
