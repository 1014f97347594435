//! Roleplay sessions.

use mira_core::OrganizationId;
use mira_db::{DbError, Tx};
use uuid::Uuid;

use crate::page::{Listed, Page};
use crate::roleplay::RoleplaySession;
use crate::sql::{self, Columns, List, params};

const COLUMNS: &str = "id, scenario, persona, template_id, created_at";

/// The sessions of one organization, newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    organization: OrganizationId,
    page: Page,
) -> Result<Listed<RoleplaySession>, DbError> {
    List::new("roleplay_sessions", COLUMNS, "created_at", organization)
        .page(tx, page, read)
        .await
}

/// The session called `id`, if it is the organization's.
pub(crate) async fn find(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<RoleplaySession>, DbError> {
    let locking = sql::locking(tx);
    let sql = format!(
        "SELECT {COLUMNS} FROM roleplay_sessions
         WHERE id = $1 AND organization_id = $2{locking}"
    );
    sql::row(tx, &sql, &params![id, organization], read).await
}

/// Adds a session.
pub(crate) async fn insert(
    tx: &mut Tx,
    organization: OrganizationId,
    session: &RoleplaySession,
) -> Result<(), DbError> {
    sql::change(
        tx,
        "INSERT INTO roleplay_sessions (id, organization_id, scenario, persona, template_id,
             created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &params![
            session.id,
            organization,
            &session.scenario,
            &session.persona,
            session.template_id,
            session.created_at,
        ],
    )
    .await?;
    Ok(())
}

fn read(columns: &mut Columns<'_>) -> Result<RoleplaySession, DbError> {
    Ok(RoleplaySession {
        id: columns.take()?,
        scenario: columns.take()?,
        persona: columns.take()?,
        template_id: columns.take()?,
        created_at: columns.take()?,
    })
}
