//! Roleplay sessions and what was said in them.

use mira_core::OrganizationId;
use mira_db::{DbError, Tx};
use mira_wire::Instant;
use uuid::Uuid;

use crate::page::{Listed, Page};
use crate::report::Verdict;
use crate::roleplay::{RoleplayMessage, RoleplaySession, RoleplayStatus};
use crate::sql::{self, Columns, Json, List, Value, params};

const COLUMNS: &str = "id, scenario, persona, template_id, verdict, created_at, completed_at";

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

/// Adds a session that goes on.
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

/// Ends a session. The caller has found it.
pub(crate) async fn complete(
    tx: &mut Tx,
    id: Uuid,
    now: Instant,
    verdict: &Verdict,
) -> Result<(), DbError> {
    let sql = "UPDATE roleplay_sessions SET completed_at = $2, verdict = $3 WHERE id = $1";
    sql::change(tx, sql, &params![id, now, Json(verdict)]).await?;
    Ok(())
}

/// What was said in a session, in order. The caller has found it.
pub(crate) async fn messages(tx: &mut Tx, id: Uuid) -> Result<Vec<RoleplayMessage>, DbError> {
    let sql = "SELECT role, content, created_at FROM roleplay_messages
         WHERE session_id = $1 ORDER BY position";
    let message = |columns: &mut Columns<'_>| {
        Ok(RoleplayMessage {
            role: columns.word()?,
            content: columns.take()?,
            created_at: columns.take()?,
        })
    };
    sql::rows(tx, sql, &params![id], message).await
}

/// Adds to the `said` messages of a session. The caller has found it.
pub(crate) async fn append(
    tx: &mut Tx,
    id: Uuid,
    said: usize,
    messages: [&RoleplayMessage; 2],
) -> Result<(), DbError> {
    let first = i64::try_from(said).unwrap_or(i64::MAX).saturating_add(1);
    for (position, message) in (first..).zip(messages) {
        let RoleplayMessage {
            role,
            content,
            created_at,
        } = message;
        sql::change(
            tx,
            "INSERT INTO roleplay_messages (session_id, position, role, content, created_at)
             VALUES ($1, $2, $3, $4, $5)",
            &params![id, position, Value::word(*role), content, *created_at],
        )
        .await?;
    }
    Ok(())
}

fn read(columns: &mut Columns<'_>) -> Result<RoleplaySession, DbError> {
    let mut session = RoleplaySession {
        id: columns.take()?,
        scenario: columns.take()?,
        persona: columns.take()?,
        template_id: columns.take()?,
        status: RoleplayStatus::Active,
        result: columns.take::<Option<Json<_>>>()?.map(|Json(it)| it),
        created_at: columns.take()?,
        completed_at: columns.take()?,
    };
    if session.completed_at.is_some() {
        session.status = RoleplayStatus::Completed;
    }
    Ok(session)
}
