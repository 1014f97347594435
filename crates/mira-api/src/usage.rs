//! What an organization's keys were used for.

use std::ops::Range;
use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;
use mira_console::{Day, Tally, Usage};
use mira_core::{OrganizationId, Timestamp};
use mira_wire::{Instant, format_instant, json_response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::authenticated::Authenticated;
use crate::failure::Answer;
use crate::path_id::PathId;
use crate::query::Query;

/// What a report spans when nobody says.
const DEFAULT_DAYS: i64 = 30;

/// Which UTC days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UsageQuery {
    /// The first day; 30 days before `to` if absent.
    #[param(value_type = Option<String>, example = "2026-01-01")]
    from: Option<Instant>,
    /// The day after the last, at most 366 days later; tomorrow if absent.
    #[param(value_type = Option<String>, example = "2026-02-01")]
    to: Option<Instant>,
}

/// Requests allowed and denied, counted by UTC day and by key.
#[derive(Serialize, ToSchema)]
#[schema(as = Usage, example = json!({
    "from": "2026-01-01",
    "to": "2026-02-01",
    "total": {"allowed": 1042, "denied": 7},
    "by_day": [{"day": "2026-01-15", "allowed": 1042, "denied": 7}],
    "by_key": [{"key_id": "key_019bb80b39c07e3a8f1d2c4b5a697887", "allowed": 1042, "denied": 7}],
}))]
struct UsageBody {
    /// The first day.
    from: String,
    /// The day after the last.
    to: String,
    /// The sums of all days.
    total: TallyBody,
    /// The sums of each day that has any, in order.
    by_day: Vec<DayBody>,
    /// The sums of the 100 keys used most, most first.
    by_key: Vec<KeyUsageBody>,
}

/// How many requests.
#[derive(Serialize, ToSchema)]
#[schema(as = Tally, example = json!({"allowed": 1042, "denied": 7}))]
struct TallyBody {
    /// Requests answered yes.
    allowed: u64,
    /// Requests answered no after the key's secret matched.
    denied: u64,
}

/// One day's sums.
#[derive(Serialize, ToSchema)]
#[schema(as = DayUsage)]
struct DayBody {
    /// The UTC day.
    #[schema(example = "2026-01-15")]
    day: String,
    #[serde(flatten)]
    tally: TallyBody,
}

/// One key's sums.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyUsage)]
struct KeyUsageBody {
    /// The key.
    #[schema(example = "key_019bb80b39c07e3a8f1d2c4b5a697887")]
    key_id: String,
    #[serde(flatten)]
    tally: TallyBody,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(show_usage))
}

/// Show what an organization's keys were used for
#[utoipa::path(get, path = "/v1/organizations/{org}/usage", tag = "Reports", params(UsageQuery),
    responses((status = 200, description = "The sums", body = UsageBody)))]
async fn show_usage(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(organization): PathId<OrganizationId>,
    Query(query): Query<UsageQuery>,
) -> Answer {
    let days = days(&query, api.console.now());
    let usage = api
        .console
        .usage(&caller, organization, days.clone())
        .await?;
    Ok(json_response(StatusCode::OK, &UsageBody::new(&days, usage)))
}

/// The days that a query spans. A day that is begun counts.
fn days(query: &UsageQuery, now: Timestamp) -> Range<Day> {
    let after = |day: Day, count: i64| Day::from_number(day.number().saturating_add(count));
    let to = match &query.to {
        Some(Instant(to)) if Day::of(*to).start() == *to => Day::of(*to),
        Some(Instant(to)) => after(Day::of(*to), 1),
        None => after(Day::of(now), 1),
    };
    let from = query.from.as_ref().map(|from| Day::of(from.0));
    from.unwrap_or_else(|| after(to, -DEFAULT_DAYS))..to
}

impl UsageBody {
    fn new(days: &Range<Day>, usage: Usage) -> Self {
        let total = usage
            .by_day
            .iter()
            .fold(Tally::default(), |sum, (_, tally)| Tally {
                allowed: sum.allowed.saturating_add(tally.allowed),
                denied: sum.denied.saturating_add(tally.denied),
            });
        Self {
            from: date(days.start),
            to: date(days.end),
            total: total.into(),
            by_day: usage
                .by_day
                .into_iter()
                .map(|(day, tally)| DayBody {
                    day: date(day),
                    tally: tally.into(),
                })
                .collect(),
            by_key: usage
                .by_key
                .into_iter()
                .map(|(id, tally)| KeyUsageBody {
                    key_id: id.to_string(),
                    tally: tally.into(),
                })
                .collect(),
        }
    }
}

impl From<Tally> for TallyBody {
    fn from(tally: Tally) -> Self {
        Self {
            allowed: tally.allowed,
            denied: tally.denied,
        }
    }
}

/// `2026-01-15`: the date of an instant, without its time.
fn date(day: Day) -> String {
    let instant = format_instant(day.start());
    let date = instant.split_once('T').map(|(date, _)| date.to_owned());
    date.unwrap_or(instant)
}
