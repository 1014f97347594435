//! What the edge says of a request, whoever sends it.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use mira_wire::{ClientAddress, ErrorCode, RequestId, SessionCookie};

use crate::Dashboard;
use crate::fault::Fault;

/// What the edge says of a request.
#[derive(Clone)]
pub(crate) struct Visit {
    /// The request's id. It also marks the forms that the page shows, so that a
    /// form sent twice is recognized.
    pub(crate) request_id: RequestId,
    /// Where the request comes from.
    pub(crate) address: IpAddr,
    /// How the session cookie is read and written.
    pub(crate) cookie: SessionCookie,
    /// Where people reach this installation, without a slash at the end.
    pub(crate) origin: String,
}

impl FromRequestParts<Dashboard> for Visit {
    type Rejection = Fault;

    async fn from_request_parts(
        parts: &mut Parts,
        dashboard: &Dashboard,
    ) -> Result<Self, Self::Rejection> {
        Self::read(parts, dashboard).ok_or_else(|| Fault::of(ErrorCode::Internal))
    }
}

impl Visit {
    fn read(parts: &Parts, dashboard: &Dashboard) -> Option<Self> {
        let cookie = *parts.extensions.get::<SessionCookie>()?;
        let origin = match &dashboard.config.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => origin(parts, cookie.is_secure()),
        };
        Some(Self {
            request_id: *parts.extensions.get()?,
            address: parts.extensions.get::<ClientAddress>()?.0,
            cookie,
            origin,
        })
    }
}

/// Where this very request was sent to.
fn origin(parts: &Parts, is_secure: bool) -> String {
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority: Option<Authority> = host
        .and_then(|host| host.parse().ok())
        .or_else(|| parts.uri.authority().cloned());
    let scheme = if is_secure { "https" } else { "http" };
    let authority = authority.as_ref().map_or("localhost", Authority::as_str);
    format!("{scheme}://{authority}")
}
