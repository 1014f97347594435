//! Meetings and their transcripts.

use mira_core::OrganizationId;
use mira_db::DbError;
use mira_wire::Instant;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::list::{self, Parameters, Query};
use super::row::{Id, Json, Millis, Text};
use crate::meeting::{Meeting, MeetingFilter, TranscriptLine, duration_secs};
use crate::page::{Listed, Page};

const COLUMNS: &str = "id, title, status, user_id, call_type, meeting_url, attendees, started_at, \
     ended_at, created_at";

pub(crate) fn list(
    connection: &Connection,
    organization: OrganizationId,
    filter: &MeetingFilter,
    page: Page,
) -> Result<Listed<Meeting>, DbError> {
    let (status, user_id) = (filter.status.map(Text), filter.user_id.map(Id));
    let (from, to) = (
        filter.from.map(Instant).map(Millis),
        filter.to.map(Instant).map(Millis),
    );
    // A condition that is not asked for must not be there: only so is its index chosen.
    let mut condition = String::from("organization_id = :organization_id");
    let mut parameters: Parameters<'_> = vec![(":organization_id", organization.as_bytes())];
    if let Some(status) = &status {
        condition.push_str(" AND status = :status");
        parameters.push((":status", status));
    }
    if let Some(user_id) = &user_id {
        condition.push_str(" AND user_id = :user_id");
        parameters.push((":user_id", user_id));
    }
    let is_bounded = from.is_some() || to.is_some();
    let counts = format!("SELECT coalesce(sum(total), 0) FROM meeting_counts WHERE {condition}");
    if let Some(from) = &from {
        condition.push_str(" AND started_at >= :from");
        parameters.push((":from", from));
    }
    if let Some(to) = &to {
        condition.push_str(" AND started_at < :to");
        parameters.push((":to", to));
    }
    let query = Query {
        table: "meetings",
        columns: COLUMNS,
        condition: &condition,
        newest_by: "started_at",
    };
    if is_bounded {
        return list::list(connection, &query, parameters, page, read);
    }
    let total = list::total(connection, &counts, &parameters)?;
    list::page(connection, &query, parameters, page, total, read)
}

pub(crate) fn exist(
    connection: &Connection,
    organization: OrganizationId,
) -> Result<bool, DbError> {
    let mut select =
        connection.prepare_cached("SELECT 1 FROM meetings WHERE organization_id = ?1 LIMIT 1")?;
    Ok(select.exists([organization.as_bytes()])?)
}

pub(crate) fn find(
    connection: &Connection,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<Meeting>, DbError> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM meetings WHERE id = ?1 AND organization_id = ?2"
    ))?;
    Ok(select
        .query_row(params![Id(id), organization.as_bytes()], read)
        .optional()?)
}

pub(crate) fn transcript(
    connection: &Connection,
    meeting_id: Uuid,
) -> Result<Vec<TranscriptLine>, DbError> {
    let mut select = connection.prepare_cached(
        "SELECT speaker, start_ms, end_ms, text FROM transcript_lines
         WHERE meeting_id = ?1 ORDER BY position",
    )?;
    let lines = select.query_map([Id(meeting_id)], |row| {
        Ok(TranscriptLine {
            speaker: row.get("speaker")?,
            start_ms: row.get("start_ms")?,
            end_ms: row.get("end_ms")?,
            text: row.get("text")?,
        })
    })?;
    Ok(lines.collect::<Result<_, _>>()?)
}

pub(crate) fn insert(
    connection: &Connection,
    organization: OrganizationId,
    meeting: &Meeting,
    transcript: &[TranscriptLine],
) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO meetings (id, organization_id, title, status, user_id, call_type,
                 meeting_url, attendees, started_at, ended_at, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            Id(meeting.id),
            organization.as_bytes(),
            meeting.title,
            Text(meeting.status),
            meeting.user_id.map(Id),
            meeting.call_type,
            meeting.meeting_url,
            Json(&meeting.attendees),
            Millis(meeting.started_at),
            meeting.ended_at.map(Millis),
            Millis(meeting.created_at),
        ])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO transcript_lines (meeting_id, position, speaker, start_ms, end_ms, text)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (position, line) in (1_i64..).zip(transcript) {
        insert.execute(params![
            Id(meeting.id),
            position,
            line.speaker,
            line.start_ms,
            line.end_ms,
            line.text,
        ])?;
    }
    Ok(())
}

pub(crate) fn delete(
    connection: &Connection,
    organization: OrganizationId,
    id: Uuid,
) -> Result<bool, DbError> {
    let deleted = connection
        .prepare_cached("DELETE FROM meetings WHERE id = ?1 AND organization_id = ?2")?
        .execute(params![Id(id), organization.as_bytes()])?;
    Ok(deleted > 0)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Meeting> {
    let Millis(started_at) = row.get("started_at")?;
    let ended_at = row
        .get::<_, Option<Millis>>("ended_at")?
        .map(|Millis(ended_at)| ended_at);
    Ok(Meeting {
        id: row.get::<_, Id>("id")?.0,
        title: row.get("title")?,
        status: row.get::<_, Text<_>>("status")?.0,
        user_id: row.get::<_, Option<Id>>("user_id")?.map(|id| id.0),
        call_type: row.get("call_type")?,
        meeting_url: row.get("meeting_url")?,
        attendees: row.get::<_, Json<_>>("attendees")?.0,
        started_at,
        ended_at,
        duration_secs: duration_secs(started_at.0, ended_at.map(|ended_at| ended_at.0)),
        created_at: row.get::<_, Millis>("created_at")?.0,
    })
}
