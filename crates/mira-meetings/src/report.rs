//! A coaching report: what can be counted in a meeting, and how it went by the
//! criteria of a template where a model has judged.

use mira_wire::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::analytics::Analytics;
use crate::template::Criterion;

/// One report about one meeting.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Report {
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: Uuid,
    #[schema(value_type = String, format = Uuid)]
    pub(crate) meeting_id: Uuid,
    /// Whose meeting it is, as the meeting says.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) user_id: Option<Uuid>,
    /// By which template; null once that is deleted, or if there was none.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) template_id: Option<Uuid>,
    #[serde(flatten)]
    pub(crate) verdict: Verdict,
    /// What can be counted; null in reports older than the analytics.
    pub(crate) analytics: Option<Analytics>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Instant,
}

/// What a model has judged, if one has.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct Verdict {
    /// Which model scored, or `sample`; null if none did.
    pub(crate) scored_by: Option<String>,
    /// 0 to 100: the mean of the criteria by their weights.
    #[schema(maximum = 100)]
    pub(crate) score: Option<u8>,
    pub(crate) summary: Option<String>,
    pub(crate) criteria: Vec<CriterionScore>,
    pub(crate) strengths: Vec<String>,
    pub(crate) improvements: Vec<String>,
    /// Why a model was asked and did not score.
    pub(crate) scoring_error: Option<String>,
}

/// How the meeting went by one criterion, which is copied so that a later change
/// of the template does not change the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub(crate) struct CriterionScore {
    pub(crate) name: String,
    pub(crate) weight: f64,
    /// 0 to 100.
    #[schema(maximum = 100)]
    pub(crate) score: u8,
    pub(crate) comment: String,
}

impl Verdict {
    /// What `scored_by` has judged, with the mean of the criteria.
    pub(crate) fn of(
        scored_by: &str,
        summary: String,
        criteria: Vec<CriterionScore>,
        strengths: Vec<String>,
        improvements: Vec<String>,
    ) -> Self {
        Self {
            scored_by: Some(scored_by.to_owned()),
            score: Some(mean_score(&criteria)),
            summary: Some(summary),
            criteria,
            strengths,
            improvements,
            scoring_error: None,
        }
    }

    /// No judgement, because `reason`.
    pub(crate) fn failed(reason: String) -> Self {
        Self {
            scoring_error: Some(reason),
            ..Self::default()
        }
    }
}

impl CriterionScore {
    /// `criterion` with its score.
    pub(crate) fn new(criterion: &Criterion, score: u8, comment: String) -> Self {
        Self {
            name: criterion.name.clone(),
            weight: criterion.weight,
            score,
            comment,
        }
    }
}

/// The mean of `criteria` by their weights, 0 to 100; 0 without any.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of numbers from 0 to 255, and a float cast saturates"
)]
fn mean_score(criteria: &[CriterionScore]) -> u8 {
    let weights: f64 = criteria.iter().map(|criterion| criterion.weight).sum();
    let points: f64 = criteria
        .iter()
        .map(|criterion| criterion.weight * f64::from(criterion.score))
        .sum();
    if weights > 0.0 {
        (points / weights).round() as u8
    } else {
        0
    }
}
