//! Organizations in PostgreSQL.

use mira_core::{Organization, OrganizationFacts, OrganizationId, Timestamp};
use mira_db::PostgresTx;

use super::{SHARED, Select, change, each, find, locking, params};
use crate::organizations::{COLUMNS, read};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) async fn insert(tx: &PostgresTx, organization: &Organization) -> Result<(), StoreError> {
    let subscription = organization.subscription;
    change(
        tx,
        "INSERT INTO organizations
         (id, state, plan, subscription_status, current_period_end, name, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &params![
            organization.id.as_bytes(),
            organization.state.as_str(),
            subscription.plan.as_str(),
            subscription.status.as_str(),
            subscription.current_period_end.map(Timestamp::as_millis),
            &organization.name,
            organization.created_at.as_millis(),
        ],
    )
    .await?;
    Ok(())
}

pub(crate) async fn get(
    tx: &PostgresTx,
    id: OrganizationId,
) -> Result<Option<Organization>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM organizations WHERE id = $1{}",
        locking(tx)
    );
    find(tx, &sql, &params![id.as_bytes()], read).await
}

pub(crate) async fn hold(
    tx: &PostgresTx,
    id: OrganizationId,
) -> Result<Option<Organization>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM organizations WHERE id = $1{SHARED}");
    find(tx, &sql, &params![id.as_bytes()], read).await
}

pub(crate) async fn update(tx: &PostgresTx, organization: &Organization) -> Result<(), StoreError> {
    let subscription = organization.subscription;
    let changed = change(
        tx,
        "UPDATE organizations SET state = $2, plan = $3, subscription_status = $4,
         current_period_end = $5, name = $6 WHERE id = $1",
        &params![
            organization.id.as_bytes(),
            organization.state.as_str(),
            subscription.plan.as_str(),
            subscription.status.as_str(),
            subscription.current_period_end.map(Timestamp::as_millis),
            &organization.name,
        ],
    )
    .await?;
    StoreError::unless_found(changed, "organization")
}

pub(crate) async fn list(
    tx: &PostgresTx,
    only: Option<OrganizationId>,
    request: &PageRequest,
) -> Result<Page<Organization>, StoreError> {
    let items = Select::new(COLUMNS, "organizations")
        .filter_some("id = ?", only.map(|id| *id.as_bytes()))
        .filter_some("id < ?", request.after_id()?)
        .last(tx, "id", request.limit(), read)
        .await?;
    Ok(Page::cut(items, request, |last| {
        Cursor::Id(*last.id.as_bytes())
    }))
}

pub(crate) async fn load_facts(
    tx: &PostgresTx,
    mut visit: impl FnMut(OrganizationFacts),
) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM organizations");
    each(tx, &sql, &[], |columns| {
        visit(read(columns)?.facts());
        Ok(())
    })
    .await
}
