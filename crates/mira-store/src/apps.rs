//! The customers' applications. An app's balance is that of its last
//! transaction in the [ledger](crate::ledger), read and never written here.

use mira_core::{App, AppId, MicroUsd, OrganizationId, Timestamp};
use mira_db::Tx;

use crate::{Page, PageRequest, StoreError, sqlite};

/// Adds an app. Its ledger is empty, whatever `app.balance` says.
pub async fn insert(tx: &mut Tx, app: &App) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::insert(tx.connection(), app),
    }
}

/// The app called `id`, unless it was deleted.
pub async fn get(tx: &mut Tx, id: AppId) -> Result<Option<App>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::get(tx.connection(), id),
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
    }
}

/// Gives an app another name.
pub async fn rename(tx: &mut Tx, id: AppId, name: &str) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::rename(tx.connection(), id, name),
    }
}

/// Deletes an app; its ledger stays. Revoking its keys is the caller's part.
pub async fn delete(tx: &mut Tx, id: AppId, at: Timestamp) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::apps::delete(tx.connection(), id, at),
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
    }
}
