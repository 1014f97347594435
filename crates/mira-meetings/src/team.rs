//! Team stats: what an organization's meetings of a period come to, in all and for
//! each person.

use std::collections::BTreeMap;

use mira_core::OrganizationId;
use mira_db::DbError;
use mira_wire::Instant;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::facts::{Facts, Metrics};
use crate::meeting::MeetingStatus;
use crate::meetings::Meetings;
use crate::period::Period;
use crate::store;

/// The team's numbers.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TeamStats {
    /// The first instant of the period.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) from: Instant,
    /// Its end, which is outside.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) to: Instant,
    pub(crate) meetings: MeetingCounts,
    pub(crate) metrics: Metrics,
    /// Everybody with a meeting in the period; those who have most come first.
    pub(crate) users: Vec<UserStats>,
}

/// One person's numbers.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct UserStats {
    /// Null for meetings that are nobody's.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) user_id: Option<Uuid>,
    pub(crate) meetings: MeetingCounts,
    pub(crate) metrics: Metrics,
}

/// How many meetings there are, by how far their coaching has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct MeetingCounts {
    pub(crate) total: u64,
    pub(crate) by_status: StatusCounts,
}

/// A count for each status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct StatusCounts {
    pending: u64,
    fetched: u64,
    processing: u64,
    completed: u64,
    failed: u64,
    no_transcript: u64,
}

impl MeetingCounts {
    /// Counts `count` meetings more.
    pub(crate) fn add(&mut self, status: MeetingStatus, count: u64) {
        self.total += count;
        let by_status = &mut self.by_status;
        *match status {
            MeetingStatus::Pending => &mut by_status.pending,
            MeetingStatus::Fetched => &mut by_status.fetched,
            MeetingStatus::Processing => &mut by_status.processing,
            MeetingStatus::Completed => &mut by_status.completed,
            MeetingStatus::Failed => &mut by_status.failed,
            MeetingStatus::NoTranscript => &mut by_status.no_transcript,
        } += count;
    }
}

impl Meetings {
    /// The numbers of `organization` in `period`.
    pub(crate) async fn team_stats(
        &self,
        organization: OrganizationId,
        period: Period,
    ) -> Result<TeamStats, DbError> {
        let (facts, statuses) = self
            .database
            .read::<_, DbError, _>(move |tx| {
                Box::pin(async move {
                    let facts = store::facts::by_user(tx, organization, period).await?;
                    let statuses = store::facts::statuses(tx, organization, period).await?;
                    Ok((facts, statuses))
                })
            })
            .await?;
        let mut all = (Facts::default(), MeetingCounts::default());
        let mut users: BTreeMap<Option<Uuid>, (Facts, MeetingCounts)> = BTreeMap::new();
        for (user_id, facts) in facts {
            all.0 = all.0.plus(&facts);
            users.entry(user_id).or_default().0 = facts;
        }
        for ((user_id, status), count) in statuses {
            all.1.add(status, count);
            users.entry(user_id).or_default().1.add(status, count);
        }
        let mut users: Vec<UserStats> = users
            .into_iter()
            .map(|(user_id, (facts, meetings))| UserStats {
                user_id,
                meetings,
                metrics: facts.metrics(),
            })
            .collect();
        // A stable sort keeps the order of ids among equals.
        users.sort_by_key(|user| std::cmp::Reverse(user.meetings.total));
        Ok(TeamStats {
            from: Instant(period.from),
            to: Instant(period.to),
            meetings: all.1,
            metrics: all.0.metrics(),
            users,
        })
    }
}
