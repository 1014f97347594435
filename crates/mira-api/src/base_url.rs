//! Where people reach this installation.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use mira_wire::SessionCookie;

use crate::Api;

/// What begins the links in an answer: the configured URL, else the host that the
/// request names. Empty, so that links are relative, if it names none.
pub(crate) struct BaseUrl(pub(crate) String);

impl FromRequestParts<Arc<Api>> for BaseUrl {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Infallible> {
        let url = match &api.config.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => authority(parts).map_or_else(String::new, |authority| {
                format!("{}://{authority}", scheme(parts))
            }),
        };
        Ok(Self(url))
    }
}

fn authority(parts: &Parts) -> Option<Authority> {
    let host = || parts.headers.get(HOST)?.to_str().ok()?.parse().ok();
    parts.uri.authority().cloned().or_else(host)
}

/// The edge knows: it marks the cookie of a request that came over https.
fn scheme(parts: &Parts) -> &'static str {
    match parts.extensions.get::<SessionCookie>() {
        Some(cookie) if *cookie == SessionCookie::new(true) => "https",
        _ => "http",
    }
}
