//! Team stats and insights.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use mira_core::Grant;

use crate::envelope::Envelope;
use crate::error::Error;
use crate::insights::Insights;
use crate::meetings::Meetings;
use crate::parameters::Parameters;
use crate::period::Period;
use crate::team::TeamStats;

/// `GET /team/stats`
pub(super) async fn stats(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    parameters: Parameters,
) -> Result<Envelope<TeamStats>, Error> {
    let period = Period::read(&parameters, meetings.clock.now())?;
    let stats = meetings.team_stats(grant.organization_id(), period).await?;
    Ok(Envelope::of(stats))
}

/// `GET /insights`
pub(super) async fn insights(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    parameters: Parameters,
) -> Result<Envelope<Insights>, Error> {
    let period = Period::read(&parameters, meetings.clock.now())?;
    let insights = meetings.insights(grant.organization_id(), period).await?;
    Ok(Envelope::of(insights))
}
