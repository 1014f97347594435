//! Invitations in SQLite.

use mira_core::{Timestamp, UserId};
use rusqlite::{Connection, params};

use super::{change, find};
use crate::invitations::{Invitation, read};
use crate::{StoreError, TokenDigest};

pub(crate) fn insert(
    connection: &Connection,
    token: &TokenDigest,
    invitation: &Invitation,
) -> Result<(), StoreError> {
    change(
        connection,
        "INSERT INTO invitations (token_digest, user_id, expires_at) VALUES (?1, ?2, ?3)",
        params![
            token.as_bytes(),
            invitation.user_id.as_bytes(),
            invitation.expires_at.as_millis(),
        ],
    )?;
    Ok(())
}

pub(crate) fn get(
    connection: &Connection,
    token: &TokenDigest,
) -> Result<Option<Invitation>, StoreError> {
    let sql = "SELECT user_id, expires_at FROM invitations WHERE token_digest = ?1";
    find(connection, sql, [token.as_bytes()], read)
}

pub(crate) fn take(
    connection: &Connection,
    token: &TokenDigest,
) -> Result<Option<Invitation>, StoreError> {
    let sql = "DELETE FROM invitations WHERE token_digest = ?1 RETURNING user_id, expires_at";
    find(connection, sql, [token.as_bytes()], read)
}

pub(crate) fn delete_all_of_user(
    connection: &Connection,
    user_id: UserId,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM invitations WHERE user_id = ?1";
    change(connection, sql, [user_id.as_bytes()])
}

pub(crate) fn delete_expired(connection: &Connection, now: Timestamp) -> Result<u64, StoreError> {
    let sql = "DELETE FROM invitations WHERE expires_at <= ?1";
    change(connection, sql, [now.as_millis()])
}
