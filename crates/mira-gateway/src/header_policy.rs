//! What of a message's head goes on to the other side.
//!
//! A field is removed under every spelling before one of ours is set, in both
//! directions: nobody can forge what we say, nor have it removed.

use axum::body::Body;
use http::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LENGTH, COOKIE, HOST, HeaderName, HeaderValue, SET_COOKIE,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, Method, StatusCode, request, response};
use http_body::Body as _;
use hyper::body::Incoming;
use mira_core::Grant;
use mira_tower::{
    begins_as, is_canonical, is_for_mira, is_identity, reads_as, refuse_session, remove_session,
    set_identity,
};
use mira_wire::RequestId;

use crate::arrival::is_claim_of_origin;
use crate::hop_by_hop::{HopByHop, list};
use crate::trace_context::continue_trace;
use crate::upgrade::WEBSOCKET;
use crate::{Arrival, UpstreamError};

/// Fields that would have an upstream carry out another request than the one
/// that was decided on.
const OVERRIDES: [&str; 11] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-method",
    "x-original-url",
    "x-original-uri",
    "x-original-host",
    "x-rewrite-url",
    "x-rewrite-uri",
    "x-override-url",
    "x-host",
];

/// What else is for us, or decided by us.
const OURS: [&str; 4] = ["proxy", "expect", "transfer-encoding", "host"];

/// As many fields as are set in a request, at most.
const OURS_AT_MOST: usize = 15;
/// As many as are set in an answer, here and after.
const OURS_IN_ANSWER: usize = 6;

/// What is said to the upstream about one request.
pub(crate) struct Introduction<'a> {
    /// The upstream's own authority.
    pub(crate) host: &'a HeaderValue,
    pub(crate) arrival: Arrival,
    pub(crate) grant: &'a Grant,
    pub(crate) request_id: RequestId,
    /// Whether the request asks for a websocket.
    pub(crate) is_upgrade: bool,
}

/// The fields of a request for the upstream: those of `head` that may go on, and ours.
pub(crate) fn request_headers(
    head: &request::Parts,
    length: &Length,
    introduction: &Introduction<'_>,
) -> HeaderMap {
    let given = &head.headers;
    let hop_by_hop = HopByHop::of(given);
    let goes_on = |name: &HeaderName| {
        !(hop_by_hop.has(name)
            || *name == CONTENT_LENGTH
            || is_refused(name.as_str())
            || introduction.arrival.is_hearsay(name.as_str()))
    };
    let mut headers = HeaderMap::with_capacity(given.len() + OURS_AT_MOST);
    for (name, value) in given.iter().filter(|(name, _)| goes_on(name)) {
        headers.append(name.clone(), value.clone());
    }
    remove_session(&mut headers);

    headers.insert(HOST, introduction.host.clone());
    introduction
        .arrival
        .set_forwarded(&mut headers, asked_host(head));
    set_identity(&mut headers, introduction.grant, introduction.request_id);
    continue_trace(&mut headers, introduction.request_id);
    length.set(&mut headers);
    let takes_trailers = || {
        let mut codings = list(given, &TE);
        codings.any(|coding| coding.eq_ignore_ascii_case(b"trailers"))
    };
    if introduction.is_upgrade {
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, HeaderValue::from_static(WEBSOCKET));
    } else if takes_trailers() {
        headers.insert(CONNECTION, HeaderValue::from_static("te"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
    headers
}

/// Rewrites the head of an upstream's answer to a request with `method`. An
/// answer whose length can be read in two ways is none (RFC 9112 §6.3).
pub(crate) fn rewrite_response(
    head: &mut response::Parts,
    body: &Incoming,
    method: &Method,
) -> Result<(), UpstreamError> {
    let length = Length::of_response(head, body, method)?;
    let headers = &mut head.headers;
    let hop_by_hop = HopByHop::of(headers);
    remove_names(headers, |name| {
        hop_by_hop.has(name) || *name == CONTENT_LENGTH || is_untrue(name.as_str())
    });
    refuse_session(headers);
    headers.reserve(OURS_IN_ANSWER);
    if let Length::Known(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    // What a key opened is nobody else's, so no shared cache may keep it unless
    // the upstream knows better (RFC 9111 §3.5).
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("private"));
    Ok(())
}

/// Takes out of a request's trailers what its head may not say either: a server
/// may read both as one.
pub(crate) fn clean_request_trailers(trailers: &mut HeaderMap) {
    remove_names(trailers, |name| {
        is_refused(name.as_str()) || is_claim_of_origin(name.as_str()) || *name == COOKIE
    });
}

/// The same for the trailers of an answer.
pub(crate) fn clean_response_trailers(trailers: &mut HeaderMap) {
    remove_names(trailers, |name| {
        is_untrue(name.as_str()) || *name == SET_COOKIE
    });
}

/// What an upstream cannot say: who we say is there, and what only a proxy says.
fn is_untrue(name: &str) -> bool {
    is_identity(name) || begins_as(name, "proxy-auth")
}

fn is_refused(name: &str) -> bool {
    is_for_mira(name)
        || begins_as(name, "proxy-")
        || OURS.iter().any(|ours| reads_as(name, ours))
        || OVERRIDES.iter().any(|other| reads_as(name, other))
        || (reads_as(name, "content-length") && !is_canonical(name))
}

fn remove_names(headers: &mut HeaderMap, is_removed: impl Fn(&HeaderName) -> bool) {
    let removed = headers.keys().filter(|name| is_removed(name));
    let removed: Vec<HeaderName> = removed.cloned().collect();
    for name in removed {
        headers.remove(name);
    }
}

/// The authority that the client asked: of an absolute target before that of the
/// field (RFC 9112 §3.2.2).
fn asked_host(head: &request::Parts) -> Option<HeaderValue> {
    match head.uri.authority() {
        Some(authority) => HeaderValue::from_str(authority.as_str()).ok(),
        None => head.headers.get(HOST).cloned(),
    }
}

/// How the end of a message is told.
pub(crate) enum Length {
    /// There is no body, and nothing needs to say so.
    Absent,
    Known(u64),
    Unknown,
}

impl Length {
    pub(crate) fn of_request(head: &request::Parts, body: &Body) -> Self {
        let announced = announced(&head.headers);
        if !body.is_end_stream() {
            if head.headers.contains_key(TRAILER) {
                // Only chunks have room for trailers (RFC 9112 §7.1.2).
                return Self::Unknown;
            }
            let exact = body.size_hint().exact().or(announced);
            return exact.map_or(Self::Unknown, Self::Known);
        }
        let expects_body = [Method::POST, Method::PUT, Method::PATCH].contains(&head.method);
        // A server may insist on a length where a body is usual (RFC 9110 §8.6).
        if expects_body || announced.is_some() {
            Self::Known(0)
        } else {
            Self::Absent
        }
    }

    fn of_response(
        head: &response::Parts,
        body: &Incoming,
        method: &Method,
    ) -> Result<Self, UpstreamError> {
        let headers = &head.headers;
        let has_no_content =
            head.status.is_informational() || head.status == StatusCode::NO_CONTENT;
        if has_no_content {
            return Ok(Self::Absent);
        }
        if *method == Method::HEAD || head.status == StatusCode::NOT_MODIFIED {
            // It is the length of what another answer would have.
            return Ok(announced(headers).map_or(Self::Absent, Self::Known));
        }
        let mut codings = list(headers, &TRANSFER_ENCODING);
        match (codings.next(), codings.next()) {
            (None, _) => Ok(body.size_hint().exact().map_or(Self::Unknown, Self::Known)),
            (Some(coding), None)
                if coding.eq_ignore_ascii_case(b"chunked")
                    && !headers.contains_key(CONTENT_LENGTH) =>
            {
                Ok(Self::Unknown)
            }
            _ => Err(UpstreamError::Ambiguous),
        }
    }

    /// Says it to an upstream, in one way and never in two.
    fn set(&self, headers: &mut HeaderMap) {
        match *self {
            Self::Absent => {}
            Self::Known(length) => {
                headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
            }
            Self::Unknown => {
                headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
            }
        }
    }
}

/// The one length that a head announces.
fn announced(headers: &HeaderMap) -> Option<u64> {
    let mut lines = headers.get_all(CONTENT_LENGTH).iter();
    let line = lines.next().filter(|_| lines.next().is_none())?;
    line.to_str().ok()?.parse().ok()
}
