//! Refused requests in PostgreSQL.

use mira_core::{KeyId, Refused, Timestamp};
use mira_db::{DbError, PostgresTx};

use super::{Select, change, params};
use crate::refusals::{COLUMNS, RefusalFilter, encode, read};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) async fn add(tx: &PostgresTx, batch: &[Refused]) -> Result<(), StoreError> {
    let requests: Vec<&[u8]> = batch.iter().map(|one| &one.request_id[..]).collect();
    let keys: Vec<&[u8]> = batch.iter().map(|one| &one.key_id.as_bytes()[..]).collect();
    let organizations: Vec<&[u8]> = batch
        .iter()
        .map(|one| &one.organization_id.as_bytes()[..])
        .collect();
    let accesses = batch.iter().map(|one| encode(&one.access));
    let accesses: Vec<String> = accesses.collect::<Result<_, DbError>>()?;
    let codes: Vec<&str> = batch.iter().map(|one| one.code.as_str()).collect();
    let sql = "INSERT INTO refusals (request_id, key_id, organization_id, access, code)
               SELECT * FROM unnest($1::BYTEA[], $2::BYTEA[], $3::BYTEA[], $4::TEXT[], $5::TEXT[])
               ON CONFLICT (request_id) DO NOTHING";
    tx.execute(sql, &[&requests, &keys, &organizations, &accesses, &codes])
        .await?;
    Ok(())
}

pub(crate) async fn list(
    tx: &PostgresTx,
    filter: &RefusalFilter,
    request: &PageRequest,
) -> Result<Page<Refused>, StoreError> {
    let key = filter.key_id;
    let items = Select::new(COLUMNS, "refusals")
        .filter("organization_id = ?", filter.organization_id.as_bytes())
        .filter_some("key_id = ?", key.as_ref().map(KeyId::as_bytes))
        .filter_some("request_id < ?", request.after_id()?)
        .last(tx, "request_id", request.limit(), read)
        .await?;
    Ok(Page::cut(items, request, |last| {
        Cursor::Id(last.request_id)
    }))
}

pub(crate) async fn forget(
    tx: &PostgresTx,
    until: Timestamp,
    limit: u32,
) -> Result<u64, StoreError> {
    // Somebody else is forgetting those that are locked.
    let sql = "DELETE FROM refusals WHERE request_id IN (
                   SELECT request_id FROM refusals WHERE request_id < $1
                   LIMIT $2 FOR UPDATE SKIP LOCKED)";
    change(tx, sql, &params![Refused::first_id_at(until), limit]).await
}
