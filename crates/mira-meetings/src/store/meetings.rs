//! Meetings and their transcripts.

use mira_core::OrganizationId;
use mira_db::{DbError, Fault, Tx};
use uuid::Uuid;

use crate::meeting::{Meeting, MeetingFilter, TranscriptLine};
use crate::page::{Listed, Page};
use crate::sqlite;

/// The meetings that pass `filter`, newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    organization: OrganizationId,
    filter: &MeetingFilter,
    page: Page,
) -> Result<Listed<Meeting>, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::meetings::list(tx.connection(), organization, filter, page),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// Whether the organization has any meeting.
pub(crate) async fn exist(tx: &mut Tx, organization: OrganizationId) -> Result<bool, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::meetings::exist(tx.connection(), organization),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// The meeting called `id`, if it is the organization's.
pub(crate) async fn find(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<Meeting>, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::meetings::find(tx.connection(), organization, id),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// What was said in a meeting, in order. The caller has found the meeting.
pub(crate) async fn transcript(
    tx: &mut Tx,
    meeting_id: Uuid,
) -> Result<Vec<TranscriptLine>, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::meetings::transcript(tx.connection(), meeting_id),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// Adds a meeting with what was said in it.
pub(crate) async fn insert(
    tx: &mut Tx,
    organization: OrganizationId,
    meeting: &Meeting,
    transcript: &[TranscriptLine],
) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(tx) => {
            sqlite::meetings::insert(tx.connection(), organization, meeting, transcript)
        }
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// Deletes a meeting with its transcript and reports; whether there was one.
pub(crate) async fn delete(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<bool, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::meetings::delete(tx.connection(), organization, id),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}
