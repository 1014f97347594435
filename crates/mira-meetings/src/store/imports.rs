//! Which files were imported.

use mira_core::OrganizationId;
use mira_db::{DbError, Tx};
use uuid::Uuid;

use crate::sql::{self, Columns, params};

/// Whether a file with this SHA-256 is a meeting of the organization.
pub(crate) async fn is_known(
    tx: &mut Tx,
    organization: OrganizationId,
    digest: &[u8; 32],
) -> Result<bool, DbError> {
    let sql = "SELECT meeting_id FROM imported_files WHERE organization_id = $1 AND digest = $2";
    let id = |columns: &mut Columns<'_>| columns.take::<Uuid>();
    let values = params![organization, digest.as_slice()];
    Ok(sql::row(tx, sql, &values, id).await?.is_some())
}

/// Notes that a file is this meeting.
pub(crate) async fn insert(
    tx: &mut Tx,
    organization: OrganizationId,
    digest: &[u8; 32],
    meeting_id: Uuid,
) -> Result<(), DbError> {
    let sql = "INSERT INTO imported_files (organization_id, digest, meeting_id)
         VALUES ($1, $2, $3)";
    let values = params![organization, digest.as_slice(), meeting_id];
    sql::change(tx, sql, &values).await?;
    Ok(())
}
