//! People's sign-ins to the console. How long they last is the caller's rule.

use mira_core::{Timestamp, User, UserId};
use mira_db::Tx;

use crate::{StoreError, TokenDigest, postgres, sqlite};

/// One sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Who signed in.
    pub user_id: UserId,
    /// When.
    pub created_at: Timestamp,
    /// The last request that used it.
    pub last_seen_at: Timestamp,
}

/// Begins a session.
pub async fn insert(tx: &mut Tx, token: &TokenDigest, session: &Session) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::sessions::insert(tx.connection(), token, session),
        Tx::Postgres(tx) => postgres::sessions::insert(tx, token, session).await,
    }
}

/// The session behind a cookie, and its user as they are now. It may have
/// ended by the caller's rule.
pub async fn get(tx: &mut Tx, token: &TokenDigest) -> Result<Option<(Session, User)>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::sessions::get(tx.connection(), token),
        Tx::Postgres(tx) => postgres::sessions::get(tx, token).await,
    }
}

/// Notes that a session was used at `at`. An earlier instant changes nothing,
/// and neither does a session that has ended meanwhile.
pub async fn touch(tx: &mut Tx, token: &TokenDigest, at: Timestamp) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::sessions::touch(tx.connection(), token, at),
        Tx::Postgres(tx) => postgres::sessions::touch(tx, token, at).await,
    }
}

/// Ends a session; false if there is none.
pub async fn delete(tx: &mut Tx, token: &TokenDigest) -> Result<bool, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::sessions::delete(tx.connection(), token),
        Tx::Postgres(tx) => postgres::sessions::delete(tx, token).await,
    }
}

/// Ends all sessions of a user, and says how many.
pub async fn delete_all_of_user(tx: &mut Tx, user_id: UserId) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::sessions::delete_all_of_user(tx.connection(), user_id),
        Tx::Postgres(tx) => postgres::sessions::delete_all_of_user(tx, user_id).await,
    }
}

/// Forgets the sessions last used at or before `seen_until`, and those begun at
/// or before `created_until`.
pub async fn delete_expired(
    tx: &mut Tx,
    seen_until: Timestamp,
    created_until: Timestamp,
) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => {
            sqlite::sessions::delete_expired(tx.connection(), seen_until, created_until)
        }
        Tx::Postgres(tx) => postgres::sessions::delete_expired(tx, seen_until, created_until).await,
    }
}
