//! The customers' applications. An app's balance is that of its last
//! transaction in the [ledger](crate::ledger), read and never written here.

use mira_core::{App, AppId, MicroUsd, OrganizationId, Timestamp};
use mira_db::{DbError, Tx};

use crate::column::Columns;
use crate::{Page, PageRequest, StoreError, postgres, sqlite};

/// Adds an app. Its ledger is empty, whatever `app.balance` says.
pub async fn insert(tx: &mut Tx, app: &App) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::insert(tx.connection(), app),
        Tx::Postgres(tx) => postgres::apps::insert(tx, app).await,
    }
}

/// The app called `id`, unless it was deleted.
pub async fn get(tx: &mut Tx, id: AppId) -> Result<Option<App>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::get(tx.connection(), id),
        Tx::Postgres(tx) => postgres::apps::get(tx, id).await,
    }
}

/// The app called `id`, if it was deleted.
pub async fn deleted(tx: &mut Tx, id: AppId) -> Result<Option<App>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::deleted(tx.connection(), id),
        Tx::Postgres(tx) => postgres::apps::deleted(tx, id).await,
    }
}

/// The apps of one organization that were not deleted, newest first.
pub async fn list(
    tx: &mut Tx,
    organization_id: OrganizationId,
    request: &PageRequest,
) -> Result<Page<App>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::list(tx.connection(), organization_id, request),
        Tx::Postgres(tx) => postgres::apps::list(tx, organization_id, request).await,
    }
}

/// Changes what is written about an app: its name and its threshold.
pub async fn update(tx: &mut Tx, app: &App) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::update(tx.connection(), app),
        Tx::Postgres(tx) => postgres::apps::update(tx, app).await,
    }
}

/// Deletes an app; its ledger stays. Revoking its keys is the caller's part.
pub async fn delete(tx: &mut Tx, id: AppId, at: Timestamp) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::delete(tx.connection(), id, at),
        Tx::Postgres(tx) => postgres::apps::delete(tx, id, at).await,
    }
}

/// Shows `visit` the balance of every app, deleted ones too, for a verifier
/// that starts.
pub async fn load_balances(
    tx: &mut Tx,
    visit: impl FnMut(AppId, MicroUsd) + Send,
) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::load_balances(tx.connection(), visit),
        Tx::Postgres(tx) => postgres::apps::load_balances(tx, visit).await,
    }
}

/// An app's balance, in SQL.
pub(crate) const BALANCE: &str = "coalesce((SELECT balance FROM transactions WHERE app_id = apps.id
                       ORDER BY position DESC LIMIT 1), 0)";

/// The columns of [`read`].
pub(crate) fn columns() -> String {
    format!("id, organization_id, name, {BALANCE} AS balance, low_balance_threshold, created_at")
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<App, DbError> {
    Ok(App {
        id: columns.take()?,
        organization_id: columns.take()?,
        name: columns.take()?,
        balance: columns.take()?,
        low_balance_threshold: columns.take()?,
        created_at: columns.take()?,
    })
}
