//! Refused requests in SQLite.

use mira_core::{Refused, Timestamp};
use rusqlite::{Connection, params};

use super::{Select, change};
use crate::refusals::{COLUMNS, RefusalFilter, encode, read};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) fn add(connection: &Connection, batch: &[Refused]) -> Result<(), StoreError> {
    batch.iter().try_for_each(|refused| {
        change(
            connection,
            "INSERT INTO refusals (request_id, key_id, organization_id, access, code)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (request_id) DO NOTHING",
            params![
                refused.request_id,
                refused.key_id.as_bytes(),
                refused.organization_id.as_bytes(),
                encode(&refused.access)?,
                refused.code,
            ],
        )
        .map(|_| ())
    })
}

pub(crate) fn list(
    connection: &Connection,
    filter: &RefusalFilter,
    request: &PageRequest,
) -> Result<Page<Refused>, StoreError> {
    let key = filter.key_id.map(|id| id.as_bytes().to_vec());
    let items = Select::new(COLUMNS, "refusals")
        .filter(
            "organization_id = ?",
            filter.organization_id.as_bytes().to_vec(),
        )
        .filter_some("key_id = ?", key)
        .filter_some("request_id < ?", request.after_id()?.map(Vec::from))
        .last(connection, "request_id", request.limit(), read)?;
    Ok(Page::cut(items, request, |last| {
        Cursor::Id(last.request_id)
    }))
}

pub(crate) fn forget(
    connection: &Connection,
    until: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM refusals WHERE request_id IN (
                   SELECT request_id FROM refusals WHERE request_id < ?1 LIMIT ?2)";
    change(connection, sql, params![Refused::first_id_at(until), limit])
}
