//! The last step of every response: its body if it is a refusal, and its id.

use axum::body::Body;
use axum::response::Response;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderMap, HeaderName};
use mira_core::Quota;

use crate::{Dialect, ErrorCode, REQUEST_ID_HEADER, Refusal, RequestId, set_fields};

/// Completes a `response` of ours; what an upstream answered, errors included, only
/// gets its id, by [`say_request_id`]. A [`Refusal`] that a handler returned gets its body in
/// `dialect`, an error that a library made becomes one of ours, and every
/// response says its request id.
pub fn finish(response: Response, dialect: Dialect, request_id: RequestId) -> Response {
    let response = match refusal_of(&response) {
        Some(refusal) => render(&refusal, &response, dialect),
        None => response,
    };
    say_request_id(response, request_id)
}

/// Says the request id on `response`.
pub fn say_request_id(mut response: Response, request_id: RequestId) -> Response {
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID_HEADER, request_id.to_header_value());
    response
}

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Adds `X-RateLimit-Limit`, `-Remaining` and `-Reset` (Unix seconds).
pub fn quota_headers(headers: &mut HeaderMap, quota: Quota) {
    let reset = u64::try_from(quota.reset.as_secs()).unwrap_or(0);
    let [limit, remaining, reset] =
        [quota.limit.into(), quota.remaining.into(), reset].map(Digits::of);
    headers.reserve(3);
    let fields = [
        (LIMIT, limit.as_bytes()),
        (REMAINING, remaining.as_bytes()),
        (RESET, reset.as_bytes()),
    ];
    set_fields(headers, fields.into_iter());
}

/// A number in decimal digits.
struct Digits {
    digits: [u8; 20],
    begin: usize,
}

impl Digits {
    fn of(number: u64) -> Self {
        let mut digits = [b'0'; 20];
        let mut rest = number;
        let mut begin = digits.len();
        for place in digits.iter_mut().rev() {
            // A remainder of ten is a digit.
            *place = b'0' + (rest % 10) as u8;
            begin -= 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        Self { digits, begin }
    }

    fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.begin..).unwrap_or_default()
    }
}

fn refusal_of(response: &Response) -> Option<Refusal> {
    if let Some(refusal) = response.extensions().get::<Refusal>() {
        return Some(refusal.clone());
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let is_ours = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| !kind.as_bytes().starts_with(b"text/plain"));
    (!is_ours).then(|| Refusal::error(ErrorCode::for_status(status)))
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

#[cfg(test)]
mod tests {
    use super::Digits;

    #[test]
    fn numbers_are_written_as_everywhere() {
        for value in [0, 7, 10, 99, 100, 4_000_000_000, 1_767_225_600, u64::MAX] {
            let digits = Digits::of(value);
            assert_eq!(digits.as_bytes(), value.to_string().as_bytes());
        }
    }
}
