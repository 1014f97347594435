//! Roleplay sessions.

use mira_core::OrganizationId;
use mira_db::{DbError, Fault, Tx};
use uuid::Uuid;

use crate::page::{Listed, Page};
use crate::roleplay::RoleplaySession;
use crate::sqlite;

/// The sessions of one organization, newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    organization: OrganizationId,
    page: Page,
) -> Result<Listed<RoleplaySession>, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::roleplay::list(tx.connection(), organization, page),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// The session called `id`, if it is the organization's.
pub(crate) async fn find(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<RoleplaySession>, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::roleplay::find(tx.connection(), organization, id),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// Adds a session.
pub(crate) async fn insert(
    tx: &mut Tx,
    organization: OrganizationId,
    session: &RoleplaySession,
) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::roleplay::insert(tx.connection(), organization, session),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}
