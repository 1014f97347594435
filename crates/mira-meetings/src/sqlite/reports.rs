//! Reports about meetings.

use mira_db::DbError;
use rusqlite::{Connection, params};

use super::row::{Id, Json, Millis};
use crate::meeting::Meeting;
use crate::report::Report;

pub(crate) fn list(connection: &Connection, meeting: &Meeting) -> Result<Vec<Report>, DbError> {
    let mut select = connection.prepare_cached(
        "SELECT id, template_id, score, summary, criteria, strengths, improvements, created_at
         FROM reports WHERE meeting_id = ?1 ORDER BY created_at DESC, id DESC",
    )?;
    let reports = select.query_map([Id(meeting.id)], |row| {
        Ok(Report {
            id: row.get::<_, Id>("id")?.0,
            meeting_id: meeting.id,
            user_id: meeting.user_id,
            template_id: row.get::<_, Option<Id>>("template_id")?.map(|id| id.0),
            score: row.get("score")?,
            summary: row.get("summary")?,
            criteria: row.get::<_, Json<_>>("criteria")?.0,
            strengths: row.get::<_, Json<_>>("strengths")?.0,
            improvements: row.get::<_, Json<_>>("improvements")?.0,
            created_at: row.get::<_, Millis>("created_at")?.0,
        })
    })?;
    Ok(reports.collect::<Result<_, _>>()?)
}

pub(crate) fn insert(connection: &Connection, report: &Report) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO reports (id, meeting_id, template_id, score, summary, criteria,
                 strengths, improvements, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            Id(report.id),
            Id(report.meeting_id),
            report.template_id.map(Id),
            report.score,
            report.summary,
            Json(&report.criteria),
            Json(&report.strengths),
            Json(&report.improvements),
            Millis(report.created_at),
        ])?;
    Ok(())
}
