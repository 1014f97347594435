//! The people who sign in to the console.

use std::fmt;

use mira_core::{OrganizationId, Role, User, UserId};
use mira_db::{DbError, Tx};

use crate::column::Columns;
use crate::{Page, PageRequest, StoreError, postgres, sqlite};

/// A password's hash as a PHC string, such as `$argon2id$v=19$…`. It cannot print.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// From the string that a password hashing function gave.
    pub fn new(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A user and what their password is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: User,
    /// Absent until the user has set a password.
    pub password_hash: Option<PasswordHash>,
}

/// Adds a user. The email is kept in lower case; one in use is a conflict.
pub async fn insert(
    tx: &mut Tx,
    user: &User,
    password_hash: Option<&PasswordHash>,
) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::users::insert(tx.connection(), user, password_hash),
        Tx::Postgres(tx) => postgres::users::insert(tx, user, password_hash).await,
    }
}

/// The user called `id`.
pub async fn get(tx: &mut Tx, id: UserId) -> Result<Option<User>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::users::get(tx.connection(), id),
        Tx::Postgres(tx) => postgres::users::get(tx, id).await,
    }
}

/// The same in a transaction that does not change them: they stay as they are until
/// the commit, and others may hold them too.
pub async fn hold(tx: &mut Tx, id: UserId) -> Result<Option<User>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::users::get(tx.connection(), id),
        Tx::Postgres(tx) => postgres::users::hold(tx, id).await,
    }
}

/// The account with this email, in whatever case.
pub async fn by_email(tx: &mut Tx, email: &str) -> Result<Option<Account>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::users::by_email(tx.connection(), &fold(email)),
        Tx::Postgres(tx) => postgres::users::by_email(tx, &fold(email)).await,
    }
}

/// Gives a user another password.
pub async fn set_password_hash(
    tx: &mut Tx,
    id: UserId,
    password_hash: &PasswordHash,
) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::users::set_password_hash(tx.connection(), id, password_hash),
        Tx::Postgres(tx) => postgres::users::set_password_hash(tx, id, password_hash).await,
    }
}

/// Gives a user another role.
pub async fn set_role(tx: &mut Tx, id: UserId, role: Role) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::users::set_role(tx.connection(), id, role),
        Tx::Postgres(tx) => postgres::users::set_role(tx, id, role).await,
    }
}

/// The users of one organization, newest first.
pub async fn list(
    tx: &mut Tx,
    organization_id: OrganizationId,
    request: &PageRequest,
) -> Result<Page<User>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::users::list(tx.connection(), organization_id, request),
        Tx::Postgres(tx) => postgres::users::list(tx, organization_id, request).await,
    }
}

/// Removes a user with their sessions and invitations; false if there is none.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<bool, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::users::delete(tx.connection(), id),
        Tx::Postgres(tx) => postgres::users::delete(tx, id).await,
    }
}

/// How many users of one organization have exactly this role.
pub async fn count_of_organization(
    tx: &mut Tx,
    organization_id: OrganizationId,
    role: Role,
) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => {
            sqlite::users::count_of_organization(tx.connection(), organization_id, role)
        }
        Tx::Postgres(tx) => postgres::users::count_of_organization(tx, organization_id, role).await,
    }
}

/// How many users of the installation have exactly this role.
pub async fn count_with_role(tx: &mut Tx, role: Role) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::users::count_with_role(tx.connection(), role),
        Tx::Postgres(tx) => postgres::users::count_with_role(tx, role).await,
    }
}

/// Whether there is any user at all.
pub async fn is_empty(tx: &mut Tx) -> Result<bool, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::users::is_empty(tx.connection()),
        Tx::Postgres(tx) => postgres::users::is_empty(tx).await,
    }
}

/// The one spelling of an email in the store.
pub(crate) fn fold(email: &str) -> String {
    email.to_lowercase()
}

/// The columns of [`read`], named with their table, since sessions are read
/// together with their users.
pub(crate) const COLUMNS: &str = "users.id, users.organization_id, users.email, users.name, \
                                  users.role, users.created_at";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<User, DbError> {
    Ok(User {
        id: columns.take()?,
        organization_id: columns.take()?,
        email: columns.take()?,
        name: columns.take()?,
        role: columns.take()?,
        created_at: columns.take()?,
    })
}
