//! Roleplay sessions.

use mira_core::OrganizationId;
use mira_db::DbError;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::list::{self, Parameters, Query};
use super::row::{Id, Millis};
use crate::page::{Listed, Page};
use crate::roleplay::RoleplaySession;

const COLUMNS: &str = "id, scenario, persona, template_id, created_at";

pub(crate) fn list(
    connection: &Connection,
    organization: OrganizationId,
    page: Page,
) -> Result<Listed<RoleplaySession>, DbError> {
    let query = Query {
        table: "roleplay_sessions",
        columns: COLUMNS,
        condition: "organization_id = :organization_id",
        newest_by: "created_at",
    };
    let parameters: Parameters<'_> = vec![(":organization_id", organization.as_bytes())];
    list::list(connection, &query, parameters, page, read)
}

pub(crate) fn find(
    connection: &Connection,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<RoleplaySession>, DbError> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM roleplay_sessions WHERE id = ?1 AND organization_id = ?2"
    ))?;
    Ok(select
        .query_row(params![Id(id), organization.as_bytes()], read)
        .optional()?)
}

pub(crate) fn insert(
    connection: &Connection,
    organization: OrganizationId,
    session: &RoleplaySession,
) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO roleplay_sessions (id, organization_id, scenario, persona, template_id,
                 created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            Id(session.id),
            organization.as_bytes(),
            session.scenario,
            session.persona,
            session.template_id.map(Id),
            Millis(session.created_at),
        ])?;
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<RoleplaySession> {
    Ok(RoleplaySession {
        id: row.get::<_, Id>("id")?.0,
        scenario: row.get("scenario")?,
        persona: row.get("persona")?,
        template_id: row.get::<_, Option<Id>>("template_id")?.map(|id| id.0),
        created_at: row.get::<_, Millis>("created_at")?.0,
    })
}
