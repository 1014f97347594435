//! Apps in PostgreSQL.

use mira_core::{App, AppId, MicroUsd, OrganizationId, Timestamp};
use mira_db::PostgresTx;

use super::{Select, change, each, find, params};
use crate::apps::{BALANCE, columns, read};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) async fn insert(tx: &PostgresTx, app: &App) -> Result<(), StoreError> {
    change(
        tx,
        "INSERT INTO apps (id, organization_id, name, low_balance_threshold, created_at)
         VALUES ($1, $2, $3, $4, $5)",
        &params![
            app.id.as_bytes(),
            app.organization_id.as_bytes(),
            &app.name,
            app.low_balance_threshold.map(MicroUsd::as_micros),
            app.created_at.as_millis(),
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn get(tx: &PostgresTx, id: AppId) -> Result<Option<App>, StoreError> {
    if tx.is_write() {
        // On its own: a lock that had to wait sees the app as it is now, and its
        // balance as it was before.
        let sql = "SELECT FROM apps WHERE id = $1 FOR NO KEY UPDATE";
        change(tx, sql, &params![id.as_bytes()]).await?;
    }
    let sql = format!(
        "SELECT {} FROM apps WHERE id = $1 AND deleted_at IS NULL",
        columns()
    );
    find(tx, &sql, &params![id.as_bytes()], read).await
}

pub(crate) async fn deleted(tx: &PostgresTx, id: AppId) -> Result<Option<App>, StoreError> {
    let sql = format!(
        "SELECT {} FROM apps WHERE id = $1 AND deleted_at IS NOT NULL",
        columns()
    );
    find(tx, &sql, &params![id.as_bytes()], read).await
}

pub(crate) async fn list(
    tx: &PostgresTx,
    organization_id: OrganizationId,
    request: &PageRequest,
) -> Result<Page<App>, StoreError> {
    let items = Select::new(&columns(), "apps")
        .filter(
            "deleted_at IS NULL AND organization_id = ?",
            organization_id.as_bytes(),
        )
        .filter_some("id < ?", request.after_id()?)
        .last(tx, "id", request.limit(), read)
        .await?;
    Ok(Page::cut(items, request, |last| {
        Cursor::Id(*last.id.as_bytes())
    }))
}

pub(crate) async fn update(tx: &PostgresTx, app: &App) -> Result<(), StoreError> {
    let changed = change(
        tx,
        "UPDATE apps SET name = $2, low_balance_threshold = $3
         WHERE id = $1 AND deleted_at IS NULL",
        &params![
            app.id.as_bytes(),
            &app.name,
            app.low_balance_threshold.map(MicroUsd::as_micros),
        ],
    )
    .await?;
    StoreError::unless_found(changed, "app")
}

pub(crate) async fn delete(tx: &PostgresTx, id: AppId, at: Timestamp) -> Result<(), StoreError> {
    let changed = change(
        tx,
        "UPDATE apps SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL",
        &params![id.as_bytes(), at.as_millis()],
    )
    .await?;
    StoreError::unless_found(changed, "app")
}

pub(crate) async fn load_balances(
    tx: &PostgresTx,
    mut visit: impl FnMut(AppId, MicroUsd),
) -> Result<(), StoreError> {
    let sql = format!("SELECT id, {BALANCE} FROM apps");
    each(tx, &sql, &[], |columns| {
        visit(columns.take()?, columns.take()?);
        Ok(())
    })
    .await
}
