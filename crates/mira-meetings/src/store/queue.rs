//! Meetings that wait for their report, and who works on them.

use mira_core::{OrganizationId, Timestamp};
use mira_db::{DbError, Tx};
use uuid::Uuid;

use crate::sql::{self, Columns, params};

/// The right to make the report of one meeting, until it runs out or is claimed anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) organization: OrganizationId,
    pub(crate) meeting_id: Uuid,
    pub(crate) host: Option<String>,
    /// How often the meeting was claimed, this time included.
    pub(crate) attempts: i64,
}

/// Puts a meeting at the end of the queue.
pub(crate) async fn push(
    tx: &mut Tx,
    organization: OrganizationId,
    meeting_id: Uuid,
    host: Option<&str>,
    now: Timestamp,
) -> Result<(), DbError> {
    sql::change(
        tx,
        "INSERT INTO coaching_queue (meeting_id, organization_id, host, due_at, attempts)
         VALUES ($1, $2, $3, $4, 0)",
        &params![meeting_id, organization, host, now],
    )
    .await?;
    Ok(())
}

/// Whether a meeting is due.
pub(crate) async fn is_due(tx: &mut Tx, now: Timestamp) -> Result<bool, DbError> {
    let sql = "SELECT meeting_id FROM coaching_queue WHERE due_at <= $1 LIMIT 1";
    let id = |columns: &mut Columns<'_>| columns.take::<Uuid>();
    Ok(sql::row(tx, sql, &params![now], id).await?.is_some())
}

/// Claims the meeting that has been due the longest, until `until`.
pub(crate) async fn claim(
    tx: &mut Tx,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Claim>, DbError> {
    // Others claim at the same time; what they hold is passed over.
    let skipping = match tx {
        Tx::Postgres(_) => " FOR UPDATE SKIP LOCKED",
        Tx::Sqlite(_) => "",
    };
    let sql = format!(
        "SELECT organization_id, meeting_id, host, attempts + 1 FROM coaching_queue
         WHERE due_at <= $1 ORDER BY due_at, meeting_id LIMIT 1{skipping}"
    );
    let claim = |columns: &mut Columns<'_>| {
        Ok(Claim {
            organization: columns.take()?,
            meeting_id: columns.take()?,
            host: columns.take()?,
            attempts: columns.take()?,
        })
    };
    let Some(claim) = sql::row(tx, &sql, &params![now], claim).await? else {
        return Ok(None);
    };
    sql::change(
        tx,
        "UPDATE coaching_queue SET due_at = $2, attempts = $3 WHERE meeting_id = $1",
        &params![claim.meeting_id, until, claim.attempts],
    )
    .await?;
    Ok(Some(claim))
}

/// Takes a claimed meeting off the queue; whether the claim still stood.
pub(crate) async fn finish(tx: &mut Tx, claim: &Claim) -> Result<bool, DbError> {
    let sql = "DELETE FROM coaching_queue WHERE meeting_id = $1 AND attempts = $2";
    let taken = sql::change(tx, sql, &params![claim.meeting_id, claim.attempts]).await?;
    Ok(taken > 0)
}

/// Makes every meeting due: whoever claimed one before is gone.
pub(crate) async fn release_all(tx: &mut Tx, now: Timestamp) -> Result<(), DbError> {
    let sql = "UPDATE coaching_queue SET due_at = $1 WHERE due_at > $1";
    sql::change(tx, sql, &params![now]).await?;
    Ok(())
}
