//! A request on its way to an upstream.

use axum::body::Body;
use http::{HeaderMap, Method, Request, Uri, request};

use crate::HeaderRules;
use crate::header_policy::{Introduction, Length, request_headers};
use crate::request_body::RequestBody;

/// What is sent to an upstream, kept as it came in: it is made anew for each
/// attempt, so that nothing needs to be copied for a second one.
pub(crate) struct Outgoing<'a> {
    head: request::Parts,
    length: Length,
    introduction: Introduction<'a>,
    rules: &'a HeaderRules,
}

impl<'a> Outgoing<'a> {
    /// The request with `head`, whose `body` says how long it is.
    pub(crate) fn new(
        head: request::Parts,
        body: &Body,
        introduction: Introduction<'a>,
        rules: &'a HeaderRules,
    ) -> Self {
        Self {
            length: Length::of_request(&head, body),
            head,
            introduction,
            rules,
        }
    }

    pub(crate) fn method(&self) -> &Method {
        &self.head.method
    }

    /// Whether doing it twice is as good as once (RFC 9110 §9.2.2).
    pub(crate) fn is_idempotent(&self) -> bool {
        matches!(
            *self.method(),
            Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE
        )
    }

    /// The request, in the form of HTTP/1.1.
    pub(crate) fn request(&self, body: RequestBody) -> Request<RequestBody> {
        let mut request = Request::new(body);
        *request.method_mut() = self.head.method.clone();
        *request.uri_mut() = origin_form(&self.head.uri);
        *request.headers_mut() = self.headers();
        request
    }

    fn headers(&self) -> HeaderMap {
        let mut headers = request_headers(&self.head, &self.length, &self.introduction);
        self.rules.apply_to_request(&mut headers);
        headers
    }
}

/// The target without scheme and authority, which are the upstream's own (RFC
/// 9112 §3.2.1).
fn origin_form(uri: &Uri) -> Uri {
    let target = uri.path_and_query().cloned();
    target.map(Uri::from).unwrap_or_default()
}
