//! Sessions in PostgreSQL.

use mira_core::{Timestamp, User, UserId};
use mira_db::PostgresTx;

use super::{change, find, locking, params};
use crate::sessions::Session;
use crate::{StoreError, TokenDigest, users};

pub(crate) async fn insert(
    tx: &PostgresTx,
    token: &TokenDigest,
    session: &Session,
) -> Result<(), StoreError> {
    change(
        tx,
        "INSERT INTO sessions (token_digest, user_id, created_at, last_seen_at)
         VALUES ($1, $2, $3, $4)",
        &params![
            token.as_bytes(),
            session.user_id.as_bytes(),
            session.created_at.as_millis(),
            session.last_seen_at.as_millis(),
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn get(
    tx: &PostgresTx,
    token: &TokenDigest,
) -> Result<Option<(Session, User)>, StoreError> {
    let sql = format!(
        "SELECT sessions.user_id, sessions.created_at, sessions.last_seen_at, {}
         FROM sessions JOIN users ON users.id = sessions.user_id
         WHERE sessions.token_digest = $1{}",
        users::COLUMNS,
        locking(tx)
    );
    find(tx, &sql, &params![token.as_bytes()], |columns| {
        let session = Session {
            user_id: columns.take()?,
            created_at: columns.take()?,
            last_seen_at: columns.take()?,
        };
        Ok((session, users::read(columns)?))
    })
    .await
}

pub(crate) async fn touch(
    tx: &PostgresTx,
    token: &TokenDigest,
    at: Timestamp,
) -> Result<(), StoreError> {
    change(
        tx,
        "UPDATE sessions SET last_seen_at = $2 WHERE token_digest = $1 AND last_seen_at < $2",
        &params![token.as_bytes(), at.as_millis()],
    )
    .await?;
    Ok(())
}

pub(crate) async fn delete(tx: &PostgresTx, token: &TokenDigest) -> Result<bool, StoreError> {
    let sql = "DELETE FROM sessions WHERE token_digest = $1";
    Ok(change(tx, sql, &params![token.as_bytes()]).await? > 0)
}

pub(crate) async fn delete_all_of_user(
    tx: &PostgresTx,
    user_id: UserId,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM sessions WHERE user_id = $1";
    change(tx, sql, &params![user_id.as_bytes()]).await
}

pub(crate) async fn delete_expired(
    tx: &PostgresTx,
    seen_until: Timestamp,
    created_until: Timestamp,
) -> Result<u64, StoreError> {
    // Two statements, since each has its index.
    let idle = "DELETE FROM sessions WHERE last_seen_at <= $1";
    let old = "DELETE FROM sessions WHERE created_at <= $1";
    let idle = change(tx, idle, &params![seen_until.as_millis()]).await?;
    Ok(idle + change(tx, old, &params![created_until.as_millis()]).await?)
}
