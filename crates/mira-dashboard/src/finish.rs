//! The last step of every page: its headers, and its body if it is a fault.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue};
use mira_wire::RequestId;

use crate::fault::Fault;

/// Nothing is loaded from elsewhere, nothing inline runs, nobody frames a page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'",
);

/// Renders faults, and sets the headers that every page carries. What does not
/// say how long it may be kept is kept nowhere.
pub(crate) async fn finish(request: Request, next: Next) -> Response {
    let request_id = request.extensions().get::<RequestId>().copied();
    let mut response = next.run(request).await;
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        let allow = response.headers_mut().remove(ALLOW);
        response = fault.render(request_id);
        response
            .headers_mut()
            .extend(allow.map(|allow| (ALLOW, allow)));
    }
    protect(response.headers_mut());
    response
}

pub(crate) fn protect(headers: &mut HeaderMap) {
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // `no-referrer` would make browsers send forms with `Origin: null`, which
    // cannot be told from another site's. This one tells nobody but ourselves.
    headers
        .entry(REFERRER_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
