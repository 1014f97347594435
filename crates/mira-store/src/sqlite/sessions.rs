//! Sessions in SQLite.

use mira_core::{Timestamp, User, UserId};
use rusqlite::{Connection, params};

use super::{change, find};
use crate::sessions::Session;
use crate::{StoreError, TokenDigest, users};

pub(crate) fn insert(
    connection: &Connection,
    token: &TokenDigest,
    session: &Session,
) -> Result<(), StoreError> {
    change(
        connection,
        "INSERT INTO sessions (token_digest, user_id, created_at, last_seen_at)
         VALUES (?1, ?2, ?3, ?4)",
        params![
            token.as_bytes(),
            session.user_id.as_bytes(),
            session.created_at.as_millis(),
            session.last_seen_at.as_millis(),
        ],
    )?;
    Ok(())
}

pub(crate) fn get(
    connection: &Connection,
    token: &TokenDigest,
) -> Result<Option<(Session, User)>, StoreError> {
    let sql = format!(
        "SELECT sessions.user_id, sessions.created_at, sessions.last_seen_at, {}
         FROM sessions JOIN users ON users.id = sessions.user_id
         WHERE sessions.token_digest = ?1",
        users::COLUMNS
    );
    find(connection, &sql, [token.as_bytes()], |columns| {
        let session = Session {
            user_id: columns.take()?,
            created_at: columns.take()?,
            last_seen_at: columns.take()?,
        };
        Ok((session, users::read(columns)?))
    })
}

pub(crate) fn touch(
    connection: &Connection,
    token: &TokenDigest,
    at: Timestamp,
) -> Result<(), StoreError> {
    change(
        connection,
        "UPDATE sessions SET last_seen_at = ?2 WHERE token_digest = ?1 AND last_seen_at < ?2",
        params![token.as_bytes(), at.as_millis()],
    )?;
    Ok(())
}

pub(crate) fn delete(connection: &Connection, token: &TokenDigest) -> Result<bool, StoreError> {
    let sql = "DELETE FROM sessions WHERE token_digest = ?1";
    Ok(change(connection, sql, [token.as_bytes()])? > 0)
}

pub(crate) fn delete_all_of_user(
    connection: &Connection,
    user_id: UserId,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM sessions WHERE user_id = ?1";
    change(connection, sql, [user_id.as_bytes()])
}

pub(crate) fn delete_expired(
    connection: &Connection,
    seen_until: Timestamp,
    created_until: Timestamp,
) -> Result<u64, StoreError> {
    // Two statements, since SQLite would read the whole table for an OR.
    let idle = "DELETE FROM sessions WHERE last_seen_at <= ?1";
    let old = "DELETE FROM sessions WHERE created_at <= ?1";
    let idle = change(connection, idle, [seen_until.as_millis()])?;
    Ok(idle + change(connection, old, [created_until.as_millis()])?)
}
