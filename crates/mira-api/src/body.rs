//! Request bodies: how their members are read.

use mira_wire::{JsonBody, Refusal};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A body that was read but is looked at only after the request was found to be
/// allowed.
pub(crate) type Body<T> = Result<JsonBody<T>, Refusal>;

/// The body of a request that has nothing to say.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Nothing, example = json!({}))]
pub(crate) struct NoMembers {}

/// Reads a member that is there, so that `null` is told from absent: on an
/// `Option<Option<T>>` it clears, on an `Option<T>` it is an error. Goes with
/// `#[serde(default)]`.
pub(crate) fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}
