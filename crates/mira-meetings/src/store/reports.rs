//! Reports about meetings.

use mira_db::{DbError, Tx};

use crate::meeting::Meeting;
use crate::report::{Report, Verdict};
use crate::sql::{self, Columns, Json, params};

/// The reports about `meeting`, newest first.
pub(crate) async fn list(tx: &mut Tx, meeting: &Meeting) -> Result<Vec<Report>, DbError> {
    let sql = "SELECT id, template_id, scored_by, score, summary, criteria, strengths,
             improvements, scoring_error, analytics, created_at
         FROM reports WHERE meeting_id = $1 ORDER BY created_at DESC, id DESC";
    let report = |columns: &mut Columns<'_>| {
        Ok(Report {
            id: columns.take()?,
            meeting_id: meeting.id,
            user_id: meeting.user_id,
            template_id: columns.take()?,
            verdict: Verdict {
                scored_by: columns.take()?,
                score: columns.take()?,
                summary: columns.take()?,
                criteria: columns.json()?,
                strengths: columns.json()?,
                improvements: columns.json()?,
                scoring_error: columns.take()?,
            },
            analytics: columns.take::<Option<Json<_>>>()?.map(|Json(it)| it),
            created_at: columns.take()?,
        })
    };
    sql::rows(tx, sql, &params![meeting.id], report).await
}

/// Adds a report.
pub(crate) async fn insert(tx: &mut Tx, report: &Report) -> Result<(), DbError> {
    let verdict = &report.verdict;
    sql::change(
        tx,
        "INSERT INTO reports (id, meeting_id, template_id, scored_by, score, summary, criteria,
             strengths, improvements, scoring_error, analytics, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &params![
            report.id,
            report.meeting_id,
            report.template_id,
            &verdict.scored_by,
            verdict.score,
            &verdict.summary,
            Json(&verdict.criteria),
            Json(&verdict.strengths),
            Json(&verdict.improvements),
            &verdict.scoring_error,
            report.analytics.as_ref().map(Json),
            report.created_at,
        ],
    )
    .await?;
    Ok(())
}
