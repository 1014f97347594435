//! Meetings and their transcripts.

use std::fmt::Write as _;

use mira_core::OrganizationId;
use mira_db::{DbError, Tx};
use mira_wire::Instant;
use uuid::Uuid;

use crate::meeting::{Meeting, MeetingFilter, MeetingStatus, TranscriptLine, duration_secs};
use crate::page::{Listed, Page};
use crate::sql::{self, Columns, Json, List, Value, params};

const COLUMNS: &str = "id, title, status, user_id, call_type, meeting_url, attendees, started_at, \
     ended_at, created_at";

/// The meetings that pass `filter`, newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    organization: OrganizationId,
    filter: &MeetingFilter,
    page: Page,
) -> Result<Listed<Meeting>, DbError> {
    let list = List::new("meetings", COLUMNS, "started_at", organization)
        .filter("status = ?", filter.status.map(Value::word))
        .filter("user_id = ?", filter.user_id);
    if filter.from.is_none() && filter.to.is_none() {
        let counts = "CAST(coalesce(sum(total), 0) AS BIGINT)";
        let total = list.total(tx, counts, "meeting_counts").await?;
        return list.page_of(tx, total, page, read).await;
    }
    list.filter("started_at >= ?", filter.from)
        .filter("started_at < ?", filter.to)
        .page(tx, page, read)
        .await
}

/// Whether the organization has any meeting.
pub(crate) async fn exist(tx: &mut Tx, organization: OrganizationId) -> Result<bool, DbError> {
    let sql = "SELECT id FROM meetings WHERE organization_id = $1 LIMIT 1";
    let found = sql::row(tx, sql, &params![organization], |columns| {
        columns.take::<Uuid>()
    })
    .await?;
    Ok(found.is_some())
}

/// The meeting called `id`, if it is the organization's.
pub(crate) async fn find(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<Meeting>, DbError> {
    let locking = sql::locking(tx);
    let sql =
        format!("SELECT {COLUMNS} FROM meetings WHERE id = $1 AND organization_id = $2{locking}");
    sql::row(tx, &sql, &params![id, organization], read).await
}

/// What was said in a meeting, in order. The caller has found the meeting.
pub(crate) async fn transcript(
    tx: &mut Tx,
    meeting_id: Uuid,
) -> Result<Vec<TranscriptLine>, DbError> {
    let sql = "SELECT speaker, start_ms, end_ms, text FROM transcript_lines
         WHERE meeting_id = $1 ORDER BY position";
    let line = |columns: &mut Columns<'_>| {
        Ok(TranscriptLine {
            speaker: columns.take()?,
            start_ms: columns.take()?,
            end_ms: columns.take()?,
            text: columns.take()?,
        })
    };
    sql::rows(tx, sql, &params![meeting_id], line).await
}

/// Adds a meeting with what was said in it.
pub(crate) async fn insert(
    tx: &mut Tx,
    organization: OrganizationId,
    meeting: &Meeting,
    transcript: &[TranscriptLine],
) -> Result<(), DbError> {
    sql::change(
        tx,
        "INSERT INTO meetings (id, organization_id, title, status, user_id, call_type,
             meeting_url, attendees, started_at, ended_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &params![
            meeting.id,
            organization,
            &meeting.title,
            Value::word(meeting.status),
            meeting.user_id,
            &meeting.call_type,
            &meeting.meeting_url,
            Json(&meeting.attendees),
            meeting.started_at,
            meeting.ended_at,
            meeting.created_at,
        ],
    )
    .await?;
    insert_transcript(tx, meeting.id, transcript).await
}

/// Adds what was said in a meeting that has no transcript yet. Many lines go in one
/// statement, since each is a round trip to a database across a network.
async fn insert_transcript(
    tx: &mut Tx,
    meeting_id: Uuid,
    transcript: &[TranscriptLine],
) -> Result<(), DbError> {
    let mut position = 0_i64;
    for lines in transcript.chunks(LINES_AT_ONCE) {
        let mut sql = String::from(
            "INSERT INTO transcript_lines (meeting_id, position, speaker, start_ms, end_ms, text)
             VALUES ",
        );
        let mut values = Vec::with_capacity(lines.len() * 6);
        for line in lines {
            position += 1;
            let at = values.len();
            let comma = if at == 0 { "" } else { ", " };
            let places = [1, 2, 3, 4, 5, 6].map(|column| format!("${}", at + column));
            // Writing to a string cannot fail.
            let _ = write!(sql, "{comma}({})", places.join(", "));
            values.extend(params![
                meeting_id,
                position,
                &line.speaker,
                line.start_ms,
                line.end_ms,
                &line.text,
            ]);
        }
        sql::change(tx, &sql, &values).await?;
    }
    Ok(())
}

/// Moves a meeting on. The caller has found it.
pub(crate) async fn set_status(
    tx: &mut Tx,
    id: Uuid,
    status: MeetingStatus,
) -> Result<(), DbError> {
    let sql = "UPDATE meetings SET status = $2 WHERE id = $1";
    sql::change(tx, sql, &params![id, Value::word(status)]).await?;
    Ok(())
}

/// Writes a meeting with another transcript. The caller has found it.
pub(crate) async fn replace_transcript(
    tx: &mut Tx,
    meeting: &Meeting,
    transcript: &[TranscriptLine],
) -> Result<(), DbError> {
    sql::change(
        tx,
        "UPDATE meetings SET status = $2, ended_at = $3 WHERE id = $1",
        &params![meeting.id, Value::word(meeting.status), meeting.ended_at],
    )
    .await?;
    let sql = "DELETE FROM transcript_lines WHERE meeting_id = $1";
    sql::change(tx, sql, &params![meeting.id]).await?;
    insert_transcript(tx, meeting.id, transcript).await
}

/// Deletes a meeting with its transcript and reports; whether there was one.
pub(crate) async fn delete(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<bool, DbError> {
    let sql = "DELETE FROM meetings WHERE id = $1 AND organization_id = $2";
    let deleted = sql::change(tx, sql, &params![id, organization]).await?;
    Ok(deleted > 0)
}

fn read(columns: &mut Columns<'_>) -> Result<Meeting, DbError> {
    let mut meeting = Meeting {
        id: columns.take()?,
        title: columns.take()?,
        status: columns.word()?,
        user_id: columns.take()?,
        call_type: columns.take()?,
        meeting_url: columns.take()?,
        attendees: columns.json()?,
        started_at: columns.take()?,
        ended_at: columns.take()?,
        duration_secs: None,
        created_at: columns.take()?,
    };
    let ended_at = meeting.ended_at.map(|Instant(ended_at)| ended_at);
    meeting.duration_secs = duration_secs(meeting.started_at.0, ended_at);
    Ok(meeting)
}

/// 6 values a line, below SQLite's 32,766 values a statement.
const LINES_AT_ONCE: usize = 500;
