//! One-time links with which a person sets their password.

use mira_core::{Timestamp, UserId};
use mira_db::{DbError, Tx};

use crate::column::Columns;
use crate::{StoreError, TokenDigest, postgres, sqlite};

/// Whom a link invites, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invitation {
    /// The account whose password may be set.
    pub user_id: UserId,
    /// The exclusive end of the invitation.
    pub expires_at: Timestamp,
}

/// Adds an invitation.
pub async fn insert(
    tx: &mut Tx,
    token: &TokenDigest,
    invitation: &Invitation,
) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::invitations::insert(tx.connection(), token, invitation),
        Tx::Postgres(tx) => postgres::invitations::insert(tx, token, invitation).await,
    }
}

/// The invitation behind a link, if it has not ended; it stays.
pub async fn get(
    tx: &mut Tx,
    token: &TokenDigest,
    now: Timestamp,
) -> Result<Option<Invitation>, StoreError> {
    let found = match tx {
        Tx::Sqlite(tx) => sqlite::invitations::get(tx.connection(), token)?,
        Tx::Postgres(tx) => postgres::invitations::get(tx, token).await?,
    };
    Ok(found.filter(|invitation| !now.has_reached(invitation.expires_at)))
}

/// Uses an invitation up: whoever takes it next finds nothing.
pub async fn take(
    tx: &mut Tx,
    token: &TokenDigest,
    now: Timestamp,
) -> Result<Option<Invitation>, StoreError> {
    let found = match tx {
        Tx::Sqlite(tx) => sqlite::invitations::take(tx.connection(), token)?,
        Tx::Postgres(tx) => postgres::invitations::take(tx, token).await?,
    };
    Ok(found.filter(|invitation| !now.has_reached(invitation.expires_at)))
}

/// Takes all invitations of a user back.
pub async fn delete_all_of_user(tx: &mut Tx, user_id: UserId) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::invitations::delete_all_of_user(tx.connection(), user_id),
        Tx::Postgres(tx) => postgres::invitations::delete_all_of_user(tx, user_id).await,
    }
}

/// Forgets the invitations that have ended.
pub async fn delete_expired(tx: &mut Tx, now: Timestamp) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::invitations::delete_expired(tx.connection(), now),
        Tx::Postgres(tx) => postgres::invitations::delete_expired(tx, now).await,
    }
}

/// Two columns: the user and the end.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Invitation, DbError> {
    Ok(Invitation {
        user_id: columns.take()?,
        expires_at: columns.take()?,
    })
}
