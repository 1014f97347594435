//! The tenants.

use mira_core::{Organization, OrganizationFacts, OrganizationId, Subscription};
use mira_db::{DbError, Tx};

use crate::column::Columns;
use crate::{Page, PageRequest, StoreError, postgres, sqlite};

/// Adds an organization.
pub async fn insert(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::organizations::insert(tx.connection(), organization),
        Tx::Postgres(tx) => postgres::organizations::insert(tx, organization).await,
    }
}

/// The organization called `id`.
pub async fn get(tx: &mut Tx, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::organizations::get(tx.connection(), id),
        Tx::Postgres(tx) => postgres::organizations::get(tx, id).await,
    }
}

/// The same in a transaction that does not change it: it stays as it is until the
/// commit, and others may hold it too.
pub async fn hold(tx: &mut Tx, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::organizations::get(tx.connection(), id),
        Tx::Postgres(tx) => postgres::organizations::hold(tx, id).await,
    }
}

/// Writes name, state and subscription.
pub async fn update(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::organizations::update(tx.connection(), organization),
        Tx::Postgres(tx) => postgres::organizations::update(tx, organization).await,
    }
}

/// The organizations, or `only` one of them, newest first.
pub async fn list(
    tx: &mut Tx,
    only: Option<OrganizationId>,
    request: &PageRequest,
) -> Result<Page<Organization>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::organizations::list(tx.connection(), only, request),
        Tx::Postgres(tx) => postgres::organizations::list(tx, only, request).await,
    }
}

/// Shows `visit` what decides about every organization, for a verifier that
/// starts.
pub async fn load_facts(
    tx: &mut Tx,
    visit: impl FnMut(OrganizationFacts) + Send,
) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::organizations::load_facts(tx.connection(), visit),
        Tx::Postgres(tx) => postgres::organizations::load_facts(tx, visit).await,
    }
}

/// The columns of [`read`].
pub(crate) const COLUMNS: &str =
    "id, state, plan, subscription_status, current_period_end, name, created_at";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Organization, DbError> {
    Ok(Organization {
        id: columns.take()?,
        state: columns.take()?,
        subscription: Subscription {
            plan: columns.take()?,
            status: columns.take()?,
            current_period_end: columns.take()?,
        },
        name: columns.take()?,
        created_at: columns.take()?,
    })
}
