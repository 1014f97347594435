//! A coaching report: how a meeting went by the criteria of a template.

use mira_wire::Instant;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One report about one meeting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Report {
    pub(crate) id: Uuid,
    pub(crate) meeting_id: Uuid,
    /// Whose meeting it is, as the meeting says.
    pub(crate) user_id: Option<Uuid>,
    /// By which template; absent once that is deleted.
    pub(crate) template_id: Option<Uuid>,
    /// 0 to 100: the mean of the criteria by their weights.
    pub(crate) score: u8,
    pub(crate) summary: String,
    pub(crate) criteria: Vec<CriterionScore>,
    pub(crate) strengths: Vec<String>,
    pub(crate) improvements: Vec<String>,
    pub(crate) created_at: Instant,
}

/// How the meeting went by one criterion, which is copied so that a later change
/// of the template does not change the report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct CriterionScore {
    pub(crate) name: String,
    pub(crate) weight: f64,
    /// 0 to 100.
    pub(crate) score: u8,
    pub(crate) comment: String,
}

/// The mean of `criteria` by their weights, 0 to 100; 0 without any.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a mean of numbers from 0 to 255, and a float cast saturates"
)]
pub(crate) fn mean_score(criteria: &[CriterionScore]) -> u8 {
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
