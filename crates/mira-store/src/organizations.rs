//! The tenants.

use mira_core::{Organization, OrganizationFacts, OrganizationId};
use mira_db::Tx;

use crate::{Page, PageRequest, StoreError, sqlite};

/// Adds an organization.
pub async fn insert(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::organizations::insert(tx.connection(), organization),
    }
}

/// The organization called `id`.
pub async fn get(tx: &mut Tx, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::organizations::get(tx.connection(), id),
    }
}

/// Writes name, state and subscription.
pub async fn update(tx: &mut Tx, organization: &Organization) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::organizations::update(tx.connection(), organization),
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
    }
}
