//! Editing the version that one has read: `ETag` and `If-Match` (RFC 9110 §8.8.3,
//! §13.1.1).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::header::{ETAG, HeaderValue, IF_MATCH};
use http::request::Parts;
use serde::Serialize;

use crate::envelope::Envelope;
use crate::error::Error;

/// What a request says of the version that it means to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// Nothing, or any version.
    Any,
    /// One of these tags, as they were sent.
    Tags(Vec<String>),
}

/// An answer with the version of what it shows.
pub(crate) struct Tagged<T> {
    pub(crate) version: i64,
    pub(crate) envelope: Envelope<T>,
}

impl IfMatch {
    /// Whether `version` is one that may be changed.
    pub(crate) fn check(&self, version: i64) -> Result<(), Error> {
        match self {
            Self::Any => Ok(()),
            // Weak tags never match, and begin with `W/`.
            Self::Tags(tags) if tags.contains(&tag(version)) => Ok(()),
            Self::Tags(_) => Err(Error::Changed),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let mut fields = parts.headers.get_all(IF_MATCH).iter().peekable();
        if fields.peek().is_none() {
            return Ok(Self::Any);
        }
        let tags: Vec<String> = fields
            .flat_map(|field| field.to_str().unwrap_or_default().split(','))
            .map(|tag| tag.trim().to_owned())
            .collect();
        if tags.iter().any(|tag| tag == "*") {
            return Ok(Self::Any);
        }
        Ok(Self::Tags(tags))
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let mut response = self.envelope.into_response();
        if let Ok(tag) = HeaderValue::from_str(&tag(self.version)) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

fn tag(version: i64) -> String {
    format!("\"{version}\"")
}
