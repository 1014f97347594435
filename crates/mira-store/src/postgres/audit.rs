//! The audit trail in PostgreSQL.

use mira_db::PostgresTx;

use super::Select;
use super::log::Log;
use crate::audit::{AuditEvent, AuditFilter, decode};
use crate::{Cursor, Integrity, Page, PageRequest, StoreError};

const LOG: Log = Log {
    name: "audit",
    table: "audit_events",
};

pub(crate) async fn list(
    tx: &PostgresTx,
    filter: &AuditFilter,
    request: &PageRequest,
) -> Result<Page<AuditEvent>, StoreError> {
    let after = request
        .after_position()?
        .map(|position| i64::try_from(position).unwrap_or(i64::MAX));
    let organization = filter.organization_id.map(|id| id.to_string());
    let action = filter.action.map(|action| action.as_str().to_owned());
    let target = filter.target.as_ref();
    let items = Select::new("position, body", "audit_events")
        .filter_some("organization_id = ?", organization)
        .filter_some("action = ?", action)
        .filter_some("target_id = ?", target.map(|target| target.id.clone()))
        .filter_some(
            "target_kind = ?",
            target.map(|target| target.kind.as_str().to_owned()),
        )
        .filter_some("position < ?", after)
        .last(tx, "position", request.limit(), |columns| {
            let position: u64 = columns.take()?;
            Ok((position, decode(&columns.take::<String>()?)?))
        })
        .await?;
    let page = Page::cut(items, request, |(position, _)| Cursor::Position(*position));
    Ok(page.map(|(_, event)| event))
}

pub(crate) async fn verify(tx: &PostgresTx) -> Result<Integrity, StoreError> {
    LOG.verify(tx).await
}
