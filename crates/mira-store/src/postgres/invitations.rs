//! Invitations in PostgreSQL.

use mira_core::{Timestamp, UserId};
use mira_db::PostgresTx;

use super::{change, find, params};
use crate::invitations::{Invitation, read};
use crate::{StoreError, TokenDigest};

pub(crate) async fn insert(
    tx: &PostgresTx,
    token: &TokenDigest,
    invitation: &Invitation,
) -> Result<(), StoreError> {
    change(
        tx,
        "INSERT INTO invitations (token_digest, user_id, expires_at) VALUES ($1, $2, $3)",
        &params![
            token.as_bytes(),
            invitation.user_id.as_bytes(),
            invitation.expires_at.as_millis(),
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn get(
    tx: &PostgresTx,
    token: &TokenDigest,
) -> Result<Option<Invitation>, StoreError> {
    let sql = "SELECT user_id, expires_at FROM invitations WHERE token_digest = $1";
    find(tx, sql, &params![token.as_bytes()], read).await
}

pub(crate) async fn take(
    tx: &PostgresTx,
    token: &TokenDigest,
) -> Result<Option<Invitation>, StoreError> {
    let sql = "DELETE FROM invitations WHERE token_digest = $1 RETURNING user_id, expires_at";
    find(tx, sql, &params![token.as_bytes()], read).await
}

pub(crate) async fn delete_all_of_user(
    tx: &PostgresTx,
    user_id: UserId,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM invitations WHERE user_id = $1";
    change(tx, sql, &params![user_id.as_bytes()]).await
}

pub(crate) async fn delete_expired(tx: &PostgresTx, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM invitations WHERE expires_at <= $1";
    change(tx, sql, &params![now.as_millis()]).await
}
