//! Apps in SQLite.

use mira_core::{App, AppId, MicroUsd, OrganizationId, Timestamp};
use rusqlite::{Connection, params};

use super::{Select, change, each, find};
use crate::apps::{BALANCE, columns, read};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) fn insert(connection: &Connection, app: &App) -> Result<(), StoreError> {
    change(
        connection,
        "INSERT INTO apps (id, organization_id, name, low_balance_threshold, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            app.id.as_bytes(),
            app.organization_id.as_bytes(),
            app.name,
            app.low_balance_threshold.map(MicroUsd::as_micros),
            app.created_at.as_millis(),
        ],
    )?;
    Ok(())
}

pub(crate) fn get(connection: &Connection, id: AppId) -> Result<Option<App>, StoreError> {
    let sql = format!(
        "SELECT {} FROM apps WHERE id = ?1 AND deleted_at IS NULL",
        columns()
    );
    find(connection, &sql, [id.as_bytes()], read)
}

pub(crate) fn deleted(connection: &Connection, id: AppId) -> Result<Option<App>, StoreError> {
    let sql = format!(
        "SELECT {} FROM apps WHERE id = ?1 AND deleted_at IS NOT NULL",
        columns()
    );
    find(connection, &sql, [id.as_bytes()], read)
}

pub(crate) fn list(
    connection: &Connection,
    organization_id: OrganizationId,
    request: &PageRequest,
) -> Result<Page<App>, StoreError> {
    let items = Select::new(&columns(), "apps")
        .filter(
            "deleted_at IS NULL AND organization_id = ?",
            organization_id.as_bytes().to_vec(),
        )
        .filter_some("id < ?", request.after_id()?.map(Vec::from))
        .last(connection, "id", request.limit(), read)?;
    Ok(Page::cut(items, request, |last| {
        Cursor::Id(*last.id.as_bytes())
    }))
}

pub(crate) fn update(connection: &Connection, app: &App) -> Result<(), StoreError> {
    let changed = change(
        connection,
        "UPDATE apps SET name = ?2, low_balance_threshold = ?3
         WHERE id = ?1 AND deleted_at IS NULL",
        params![
            app.id.as_bytes(),
            app.name,
            app.low_balance_threshold.map(MicroUsd::as_micros),
        ],
    )?;
    StoreError::unless_found(changed, "app")
}

pub(crate) fn delete(connection: &Connection, id: AppId, at: Timestamp) -> Result<(), StoreError> {
    let changed = change(
        connection,
        "UPDATE apps SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL",
        params![id.as_bytes(), at.as_millis()],
    )?;
    StoreError::unless_found(changed, "app")
}

pub(crate) fn load_balances(
    connection: &Connection,
    mut visit: impl FnMut(AppId, MicroUsd),
) -> Result<(), StoreError> {
    let sql = format!("SELECT id, {BALANCE} FROM apps");
    each(connection, &sql, [], |columns| {
        visit(columns.take()?, columns.take()?);
        Ok(())
    })
}
