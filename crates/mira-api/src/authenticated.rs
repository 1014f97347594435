//! Who asks, and how long they wait.

use std::time::Duration;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use mira_console::Caller;
use mira_wire::{ErrorCode, Refusal};

/// The caller whom the edge has authenticated, with the `wait` that the request
/// prefers (RFC 7240 §4.3).
pub(crate) struct Authenticated(pub(crate) Caller);

impl<S: Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let caller = parts.extensions.get::<Caller>();
        let mut caller = caller
            .cloned()
            .ok_or_else(|| Refusal::error(ErrorCode::Unauthenticated))?;
        caller.wait = preferred_wait(&parts.headers).or(caller.wait);
        Ok(Self(caller))
    }
}

/// The first `wait` counts; a preference that cannot be read is not honored
/// (RFC 7240 §2).
fn preferred_wait(headers: &HeaderMap) -> Option<Duration> {
    headers
        .get_all("prefer")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|preference| preference.split(';').next()?.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("wait"))
        .and_then(|(_, secs)| secs.trim().trim_matches('"').parse().ok())
        .map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::{HeaderMap, HeaderValue};

    use super::preferred_wait;

    #[test]
    fn first_wait_counts_wherever_it_stands() {
        for (fields, wait) in [
            (&["wait=3"][..], Some(3)),
            (&["respond-async, Wait = 10; strict"], Some(10)),
            (&["return=minimal", "wait=\"0\""], Some(0)),
            (&["wait=1, wait=2"], Some(1)),
            (&["wait=soon"], None),
            (&["wait=-1"], None),
            (&["wait"], None),
            (&[], None),
        ] {
            let mut headers = HeaderMap::new();
            for field in fields {
                headers.append("prefer", HeaderValue::from_static(field));
            }
            let wait = wait.map(Duration::from_secs);
            assert_eq!(preferred_wait(&headers), wait, "{fields:?}");
        }
    }
}
