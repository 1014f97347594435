//! A key's own limits, in JSON.

use std::num::NonZeroU32;

use mira_core::RateLimit;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// A key's own limits; an absent one is the default.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RateLimit, example = json!({"per_minute": 100, "per_day": null}))]
pub(crate) struct RateLimitBody {
    /// Requests per minute.
    #[serde(default, deserialize_with = "rate")]
    #[schema(value_type = Option<u32>, minimum = 1)]
    per_minute: Option<NonZeroU32>,
    /// Requests per UTC day.
    #[serde(default, deserialize_with = "rate")]
    #[schema(value_type = Option<u32>, minimum = 1)]
    per_day: Option<NonZeroU32>,
}

impl RateLimitBody {
    /// Null where every limit is the default.
    pub(crate) fn unless_default(limit: RateLimit) -> Option<Self> {
        (!limit.is_default()).then_some(Self {
            per_minute: limit.per_minute,
            per_day: limit.per_day,
        })
    }
}

impl From<RateLimitBody> for RateLimit {
    fn from(body: RateLimitBody) -> Self {
        Self {
            per_minute: body.per_minute,
            per_day: body.per_day,
        }
    }
}

fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NonZeroU32>, D::Error> {
    Option::<NonZeroU32>::deserialize(deserializer)
        .map_err(|_| serde::de::Error::custom("a rate is a whole number from 1 to 4294967295"))
}
