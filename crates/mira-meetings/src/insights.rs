//! Insights: how a period went, what changed since the one before, and what would
//! help most.

use std::collections::BTreeMap;

use mira_core::OrganizationId;
use mira_db::DbError;
use mira_wire::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use crate::analytics::{Observation, mean};
use crate::facts::{Facts, Metrics};
use crate::meetings::Meetings;
use crate::period::Period;
use crate::store;
use crate::team::MeetingCounts;
use crate::word::Word as _;

/// What a period shows.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Insights {
    /// The first instant of the period.
    #[schema(value_type = String, format = DateTime)]
    from: Instant,
    /// Its end, which is outside.
    #[schema(value_type = String, format = DateTime)]
    to: Instant,
    /// The first instant of the period before, which is as long, though no earlier
    /// than the year 0.
    #[schema(value_type = String, format = DateTime)]
    previous_from: Instant,
    meetings: MeetingCounts,
    metrics: Metrics,
    /// What is otherwise than in the period before, the greatest change first.
    changes: Vec<Change>,
    /// The period in stretches of a day, a week or more, at most sixty, counted
    /// from its beginning.
    trend: Vec<Stretch>,
    /// What stands out most often, at most five things.
    top_improvements: Vec<Improvement>,
    /// The criteria with the lowest mean scores, at most five.
    weakest_criteria: Vec<WeakCriterion>,
}

/// A metric that changed.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
struct Change {
    /// The metric's name.
    metric: &'static str,
    /// In the period before.
    before: f64,
    /// In this period.
    now: f64,
    /// `now` less `before`.
    difference: f64,
}

/// One stretch of the trend.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
struct Stretch {
    #[schema(value_type = String, format = DateTime)]
    from: Instant,
    #[schema(value_type = String, format = DateTime)]
    to: Instant,
    metrics: Metrics,
}

/// Something that stands out in several meetings.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
struct Improvement {
    observation: Observation,
    /// What somebody could do about it.
    advice: &'static str,
    /// In how many meetings it stands out.
    meetings: i64,
}

/// A criterion by which meetings score low.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
struct WeakCriterion {
    name: String,
    mean_score: Option<f64>,
    /// How many scores that is the mean of.
    scores: i64,
}

impl Meetings {
    /// What `period` shows of `organization`.
    pub(crate) async fn insights(
        &self,
        organization: OrganizationId,
        period: Period,
    ) -> Result<Insights, DbError> {
        let (stretches, previous, statuses, criteria) = self
            .database
            .read::<_, DbError, _>(move |tx| {
                Box::pin(async move {
                    let stretches =
                        store::facts::by_period(tx, organization, period.stretches()).await?;
                    let previous =
                        store::facts::by_period(tx, organization, [period.previous()]).await?;
                    let statuses = store::facts::statuses(tx, organization, period).await?;
                    let criteria =
                        store::facts::weakest_criteria(tx, organization, period, MOST).await?;
                    Ok((stretches, previous, statuses, criteria))
                })
            })
            .await?;
        let previous = sum(previous.values());
        let facts = sum(stretches.values());
        let mut meetings = MeetingCounts::default();
        for ((_, status), count) in statuses {
            meetings.add(status, count);
        }
        let metrics = facts.metrics();
        Ok(Insights {
            from: Instant(period.from),
            to: Instant(period.to),
            previous_from: Instant(period.previous().from),
            meetings,
            changes: changes(&previous.metrics(), &metrics),
            trend: trend(period, stretches),
            top_improvements: improvements(&facts),
            weakest_criteria: criteria.into_iter().map(WeakCriterion::of).collect(),
            metrics,
        })
    }
}

impl WeakCriterion {
    fn of((name, sum, scores): (String, i64, i64)) -> Self {
        Self {
            name,
            mean_score: mean(sum, scores),
            scores,
        }
    }
}

fn sum<'f>(facts: impl Iterator<Item = &'f Facts>) -> Facts {
    facts.fold(Facts::default(), Facts::plus)
}

/// What is otherwise, where both periods have something to measure; the greatest
/// change in proportion first.
fn changes(before: &Metrics, now: &Metrics) -> Vec<Change> {
    let pairs = before.comparable().into_iter().zip(now.comparable());
    let mut changes: Vec<Change> = pairs
        .filter_map(|((metric, before), (_, now))| {
            let (before, now) = (before?, now?);
            let difference = ((now - before) * 10_000.0).round() / 10_000.0;
            (difference.abs() > 0.0).then_some(Change {
                metric,
                before,
                now,
                difference,
            })
        })
        .collect();
    let proportion = |change: &Change| change.difference.abs() / change.before.abs().max(0.01);
    changes.sort_by(|one, other| proportion(other).total_cmp(&proportion(one)));
    changes
}

fn trend(period: Period, mut facts: BTreeMap<u64, Facts>) -> Vec<Stretch> {
    (0..)
        .zip(period.stretches())
        .map(|(number, stretch)| Stretch {
            from: Instant(stretch.from),
            to: Instant(stretch.to),
            metrics: facts.remove(&number).unwrap_or_default().metrics(),
        })
        .collect()
}

fn improvements(facts: &Facts) -> Vec<Improvement> {
    let counted = Observation::WORDS.iter().zip(facts.observations);
    let mut improvements: Vec<Improvement> = counted
        .filter(|(_, meetings)| *meetings > 0)
        .map(|((observation, _), meetings)| Improvement {
            observation: *observation,
            advice: observation.advice(),
            meetings,
        })
        .collect();
    improvements.sort_by_key(|improvement| std::cmp::Reverse(improvement.meetings));
    improvements.truncate(MOST);
    improvements
}

/// How many improvements and criteria are told.
const MOST: usize = 5;
