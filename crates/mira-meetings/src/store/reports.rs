//! Reports about meetings.

use mira_db::{DbError, Tx};

use crate::meeting::Meeting;
use crate::report::Report;
use crate::sql::{self, Columns, Json, params};

/// The reports about `meeting`, newest first.
pub(crate) async fn list(tx: &mut Tx, meeting: &Meeting) -> Result<Vec<Report>, DbError> {
    let sql = "SELECT id, template_id, score, summary, criteria, strengths, improvements,
             created_at
         FROM reports WHERE meeting_id = $1 ORDER BY created_at DESC, id DESC";
    let report = |columns: &mut Columns<'_>| {
        Ok(Report {
            id: columns.take()?,
            meeting_id: meeting.id,
            user_id: meeting.user_id,
            template_id: columns.take()?,
            score: columns.take()?,
            summary: columns.take()?,
            criteria: columns.json()?,
            strengths: columns.json()?,
            improvements: columns.json()?,
            created_at: columns.take()?,
        })
    };
    sql::rows(tx, sql, &params![meeting.id], report).await
}

/// Adds a report.
pub(crate) async fn insert(tx: &mut Tx, report: &Report) -> Result<(), DbError> {
    sql::change(
        tx,
        "INSERT INTO reports (id, meeting_id, template_id, score, summary, criteria,
             strengths, improvements, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &params![
            report.id,
            report.meeting_id,
            report.template_id,
            report.score,
            &report.summary,
            Json(&report.criteria),
            Json(&report.strengths),
            Json(&report.improvements),
            report.created_at,
        ],
    )
    .await?;
    Ok(())
}
