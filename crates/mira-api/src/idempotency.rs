//! `Idempotency-Key`: the request that may be sent twice.

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use mira_console::{Caller, Idempotency, Made};
use mira_wire::{ErrorCode, Refusal};
use serde::Serialize;

use crate::failure::Failure;

/// The `Idempotency-Key` of a request, if it has one, and the route it is for.
pub(crate) struct IdempotencyKey {
    route: String,
    key: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let mut keys = parts.headers.get_all("idempotency-key").iter();
        let key = keys.next().map(|key| key.to_str().map(str::to_owned));
        let key = key.transpose().map_err(|_| unreadable())?;
        if keys.next().is_some() {
            return Err(unreadable());
        }
        let route = format!("{} {}", parts.method, parts.uri.path());
        Ok(Self { route, key })
    }
}

impl IdempotencyKey {
    /// What makes a request by `caller` with `body` a repeat. Bodies that say the
    /// same are the same, however they were written.
    pub(crate) fn of(
        self,
        caller: &Caller,
        body: &impl Serialize,
    ) -> Result<Option<Idempotency>, Failure> {
        let Some(key) = self.key else {
            return Ok(None);
        };
        let body = serde_json::to_vec(body).map_err(|_| Refusal::error(ErrorCode::Internal))?;
        Ok(Some(Idempotency::new(caller, self.route, &key, &body)?))
    }
}

/// 201, or 200 for a repeat, which made nothing.
pub(crate) fn status<T>(made: &Made<T>) -> StatusCode {
    if made.is_repeat {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    }
}

fn unreadable() -> Refusal {
    Refusal::invalid("A request has one Idempotency-Key of visible ASCII characters")
}
