//! Users in PostgreSQL.

use mira_core::{OrganizationId, Role, User, UserId};
use mira_db::PostgresTx;

use super::{SHARED, Select, change, count, find, find_value, locking, params};
use crate::users::{Account, COLUMNS, PasswordHash, fold, read};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) async fn insert(
    tx: &PostgresTx,
    user: &User,
    password_hash: Option<&PasswordHash>,
) -> Result<(), StoreError> {
    change(
        tx,
        "INSERT INTO users
         (id, organization_id, email, name, role, created_at, password_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &params![
            user.id.as_bytes(),
            user.organization_id.as_bytes(),
            fold(&user.email),
            &user.name,
            user.role.as_str(),
            user.created_at.as_millis(),
            password_hash.map(PasswordHash::as_str),
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn get(tx: &PostgresTx, id: UserId) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id = $1{}", locking(tx));
    find(tx, &sql, &params![id.as_bytes()], read).await
}

pub(crate) async fn hold(tx: &PostgresTx, id: UserId) -> Result<Option<User>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM users WHERE id = $1{SHARED}");
    find(tx, &sql, &params![id.as_bytes()], read).await
}

pub(crate) async fn by_email(tx: &PostgresTx, folded: &str) -> Result<Option<Account>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, password_hash FROM users WHERE email = $1{}",
        locking(tx)
    );
    find(tx, &sql, &params![folded], |columns| {
        Ok(Account {
            user: read(columns)?,
            password_hash: columns.take()?,
        })
    })
    .await
}

pub(crate) async fn set_password_hash(
    tx: &PostgresTx,
    id: UserId,
    password_hash: &PasswordHash,
) -> Result<(), StoreError> {
    let changed = change(
        tx,
        "UPDATE users SET password_hash = $2 WHERE id = $1",
        &params![id.as_bytes(), password_hash.as_str()],
    )
    .await?;
    StoreError::unless_found(changed, "user")
}

pub(crate) async fn set_role(tx: &PostgresTx, id: UserId, role: Role) -> Result<(), StoreError> {
    let changed = change(
        tx,
        "UPDATE users SET role = $2 WHERE id = $1",
        &params![id.as_bytes(), role.as_str()],
    )
    .await?;
    StoreError::unless_found(changed, "user")
}

pub(crate) async fn list(
    tx: &PostgresTx,
    organization_id: OrganizationId,
    request: &PageRequest,
) -> Result<Page<User>, StoreError> {
    let items = Select::new(COLUMNS, "users")
        .filter("organization_id = ?", organization_id.as_bytes())
        .filter_some("id < ?", request.after_id()?)
        .last(tx, "id", request.limit(), read)
        .await?;
    Ok(Page::cut(items, request, |last| {
        Cursor::Id(*last.id.as_bytes())
    }))
}

pub(crate) async fn delete(tx: &PostgresTx, id: UserId) -> Result<bool, StoreError> {
    let deleted = change(
        tx,
        "DELETE FROM users WHERE id = $1",
        &params![id.as_bytes()],
    )
    .await?;
    Ok(deleted > 0)
}

pub(crate) async fn count_of_organization(
    tx: &PostgresTx,
    organization_id: OrganizationId,
    role: Role,
) -> Result<u64, StoreError> {
    let sql = format!(
        "SELECT count(*) FROM (SELECT FROM users
         WHERE role = $1 AND organization_id = $2{}) AS counted",
        locking(tx)
    );
    count(
        tx,
        &sql,
        &params![role.as_str(), organization_id.as_bytes()],
    )
    .await
}

pub(crate) async fn count_with_role(tx: &PostgresTx, role: Role) -> Result<u64, StoreError> {
    let sql = format!(
        "SELECT count(*) FROM (SELECT FROM users WHERE role = $1{}) AS counted",
        locking(tx)
    );
    count(tx, &sql, &params![role.as_str()]).await
}

pub(crate) async fn is_empty(tx: &PostgresTx) -> Result<bool, StoreError> {
    if tx.is_write() {
        // There is no row to lock, and whoever asks is about to add the first.
        tx.batch_execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
            .await?;
    }
    let sql = "SELECT NOT EXISTS (SELECT 1 FROM users)";
    find_value(tx, sql, &[])
        .await
        .map(Option::unwrap_or_default)
}
