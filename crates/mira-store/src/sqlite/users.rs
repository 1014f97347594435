//! Users in SQLite.

use mira_core::{OrganizationId, Role, User, UserId};
use rusqlite::{Connection, params};

use super::{Select, change, count, find, find_value};
use crate::users::{Account, COLUMNS, PasswordHash, fold, read};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) fn insert(
    connection: &Connection,
    user: &User,
    password_hash: Option<&PasswordHash>,
) -> Result<(), StoreError> {
    change(
        connection,
        "INSERT INTO users
         (id, organization_id, email, name, role, created_at, password_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            user.id.as_bytes(),
            user.organization_id.as_bytes(),
            fold(&user.email),
            user.name,
            user.role.as_str(),
            user.created_at.as_millis(),
            password_hash.map(PasswordHash::as_str),
        ],
    )?;
    Ok(())
}

pub(crate) fn get(connection: &Connection, id: UserId) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id = ?1");
    find(connection, &sql, [id.as_bytes()], read)
}

pub(crate) fn by_email(
    connection: &Connection,
    folded: &str,
) -> Result<Option<Account>, StoreError> {
    let sql = format!("SELECT {COLUMNS}, password_hash FROM users WHERE email = ?1");
    find(connection, &sql, [folded], |columns| {
        Ok(Account {
            user: read(columns)?,
            password_hash: columns.take()?,
        })
    })
}

pub(crate) fn set_password_hash(
    connection: &Connection,
    id: UserId,
    password_hash: &PasswordHash,
) -> Result<(), StoreError> {
    let changed = change(
        connection,
        "UPDATE users SET password_hash = ?2 WHERE id = ?1",
        params![id.as_bytes(), password_hash.as_str()],
    )?;
    StoreError::unless_found(changed, "user")
}

pub(crate) fn set_role(connection: &Connection, id: UserId, role: Role) -> Result<(), StoreError> {
    let changed = change(
        connection,
        "UPDATE users SET role = ?2 WHERE id = ?1",
        params![id.as_bytes(), role.as_str()],
    )?;
    StoreError::unless_found(changed, "user")
}

pub(crate) fn list(
    connection: &Connection,
    organization_id: OrganizationId,
    request: &PageRequest,
) -> Result<Page<User>, StoreError> {
    let items = Select::new(COLUMNS, "users")
        .filter("organization_id = ?", organization_id.as_bytes().to_vec())
        .filter_some("id < ?", request.after_id()?.map(Vec::from))
        .last(connection, "id", request.limit(), read)?;
    Ok(Page::cut(items, request, |last| {
        Cursor::Id(*last.id.as_bytes())
    }))
}

pub(crate) fn delete(connection: &Connection, id: UserId) -> Result<bool, StoreError> {
    let deleted = change(
        connection,
        "DELETE FROM users WHERE id = ?1",
        [id.as_bytes()],
    )?;
    Ok(deleted > 0)
}

pub(crate) fn count_of_organization(
    connection: &Connection,
    organization_id: OrganizationId,
    role: Role,
) -> Result<u64, StoreError> {
    count(
        connection,
        "SELECT count(*) FROM users WHERE role = ?1 AND organization_id = ?2",
        params![role.as_str(), organization_id.as_bytes()],
    )
}

pub(crate) fn count_with_role(connection: &Connection, role: Role) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM users WHERE role = ?1";
    count(connection, sql, [role.as_str()])
}

pub(crate) fn is_empty(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM users)";
    find_value(connection, sql, []).map(Option::unwrap_or_default)
}
