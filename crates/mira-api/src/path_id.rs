//! Ids in paths.

use std::str::FromStr;

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use mira_core::{AppId, DeliveryId, KeyId, OrganizationId, UserId, WebhookId};
use mira_wire::{ErrorCode, Refusal};

use crate::failure::not_found;

/// The id that a path names. One that does not parse is the id of nothing.
pub(crate) struct PathId<T>(pub(crate) T);

/// A thing that a path can name.
pub(crate) trait Named: FromStr {
    /// What the path template calls it.
    const PARAMETER: &'static str;
    /// What an answer calls it.
    const NOUN: &'static str;
}

impl Named for OrganizationId {
    const PARAMETER: &'static str = "org";
    const NOUN: &'static str = "Organization";
}

impl Named for UserId {
    const PARAMETER: &'static str = "user";
    const NOUN: &'static str = "Member";
}

impl Named for AppId {
    const PARAMETER: &'static str = "app";
    const NOUN: &'static str = "App";
}

impl Named for KeyId {
    const PARAMETER: &'static str = "key";
    const NOUN: &'static str = "Key";
}

impl Named for WebhookId {
    const PARAMETER: &'static str = "webhook";
    const NOUN: &'static str = "Webhook";
}

impl Named for DeliveryId {
    const PARAMETER: &'static str = "delivery";
    const NOUN: &'static str = "Delivery";
}

impl<T: Named, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let parameters = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Refusal::error(ErrorCode::NotFound))?;
        parameters
            .iter()
            .find(|(name, _)| *name == T::PARAMETER)
            .and_then(|(_, text)| text.parse().ok())
            .map(Self)
            .ok_or_else(|| not_found(T::NOUN))
    }
}
