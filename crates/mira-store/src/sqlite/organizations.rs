//! Organizations in SQLite.

use mira_core::{Organization, OrganizationFacts, OrganizationId, Timestamp};
use rusqlite::{Connection, params};

use super::{Select, change, each, find};
use crate::organizations::{COLUMNS, read};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) fn insert(
    connection: &Connection,
    organization: &Organization,
) -> Result<(), StoreError> {
    let subscription = organization.subscription;
    change(
        connection,
        "INSERT INTO organizations
         (id, state, plan, subscription_status, current_period_end, name, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            organization.id.as_bytes(),
            organization.state.as_str(),
            subscription.plan.as_str(),
            subscription.status.as_str(),
            subscription.current_period_end.map(Timestamp::as_millis),
            organization.name,
            organization.created_at.as_millis(),
        ],
    )?;
    Ok(())
}

pub(crate) fn get(
    connection: &Connection,
    id: OrganizationId,
) -> Result<Option<Organization>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM organizations WHERE id = ?1");
    find(connection, &sql, [id.as_bytes()], read)
}

pub(crate) fn update(
    connection: &Connection,
    organization: &Organization,
) -> Result<(), StoreError> {
    let subscription = organization.subscription;
    let changed = change(
        connection,
        "UPDATE organizations SET state = ?2, plan = ?3, subscription_status = ?4,
         current_period_end = ?5, name = ?6 WHERE id = ?1",
        params![
            organization.id.as_bytes(),
            organization.state.as_str(),
            subscription.plan.as_str(),
            subscription.status.as_str(),
            subscription.current_period_end.map(Timestamp::as_millis),
            organization.name,
        ],
    )?;
    StoreError::unless_found(changed, "organization")
}

pub(crate) fn list(
    connection: &Connection,
    only: Option<OrganizationId>,
    request: &PageRequest,
) -> Result<Page<Organization>, StoreError> {
    let items = Select::new(COLUMNS, "organizations")
        .filter_some("id = ?", only.map(|id| id.as_bytes().to_vec()))
        .filter_some("id < ?", request.after_id()?.map(Vec::from))
        .last(connection, "id", request.limit(), read)?;
    Ok(Page::cut(items, request, |last| {
        Cursor::Id(*last.id.as_bytes())
    }))
}

pub(crate) fn load_facts(
    connection: &Connection,
    mut visit: impl FnMut(OrganizationFacts),
) -> Result<(), StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM organizations");
    each(connection, &sql, [], |columns| {
        visit(read(columns)?.facts());
        Ok(())
    })
}
