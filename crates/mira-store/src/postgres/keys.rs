//! Key records in PostgreSQL.

use mira_core::{Actor, AppId, KeyFacts, KeyId, KeyRecord, Timestamp};
use mira_db::{DbError, PostgresTx};
use mira_key::KeyDigest;

use super::{SHARED, Select, change, collect, count, each, find, locking, params};
use crate::column::{Columns, Row};
use crate::keys::columns::{DESCRIPTION, FACTS, changeable, fixed, read, read_facts};
use crate::keys::{KeyFilter, KeyOwner, StoredKey};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) async fn insert(
    tx: &PostgresTx,
    record: &KeyRecord,
    digest: &KeyDigest,
) -> Result<(), StoreError> {
    let mut values = changeable(record);
    values.extend(fixed(record, digest));
    change(
        tx,
        "INSERT INTO keys (id,
             permissions, environment, state, rotated_at, retires_at, suspended_at, revoked_at,
             revoked_by, expires_at, ip_allowlist, per_minute, per_day, name, rotated_to,
             digest, organization_id, kind, app_id, service,
             prefix, created_at, created_by, rotated_from, last_used_at)
         VALUES ($1,
             $2, $3, $4, $5, $6, $7, $8,
             $9, $10, $11, $12, $13, $14, $15,
             $16, $17, $18, $19, $20,
             $21, $22, $23, $24, $25)",
        &values,
    )
    .await?;
    Ok(())
}

pub(crate) async fn update(tx: &PostgresTx, record: &KeyRecord) -> Result<(), StoreError> {
    let changed = change(
        tx,
        "UPDATE keys SET (
             permissions, environment, state, rotated_at, retires_at, suspended_at, revoked_at,
             revoked_by, expires_at, ip_allowlist, per_minute, per_day, name, rotated_to)
         = ( $2, $3, $4, $5, $6, $7, $8,
             $9, $10, $11, $12, $13, $14, $15)
         WHERE id = $1",
        &changeable(record),
    )
    .await?;
    StoreError::unless_found(changed, "key")
}

pub(crate) async fn revoke(
    tx: &PostgresTx,
    keys: &[(KeyId, Timestamp)],
    by: Actor,
) -> Result<u64, StoreError> {
    let ids: Vec<&[u8]> = keys.iter().map(|(id, _)| &id.as_bytes()[..]).collect();
    let instants: Vec<i64> = keys.iter().map(|(_, at)| at.as_millis()).collect();
    let sql = "UPDATE keys SET state = 'revoked', revoked_at = revoked.at, revoked_by = $3,
                   rotated_at = NULL, retires_at = NULL, suspended_at = NULL
               FROM unnest($1::BYTEA[], $2::BIGINT[]) AS revoked (id, at)
               WHERE keys.id = revoked.id";
    Ok(tx.execute(sql, &[&ids, &instants, &by.to_string()]).await?)
}

pub(crate) async fn get(tx: &PostgresTx, id: KeyId) -> Result<Option<StoredKey>, StoreError> {
    let sql = format!(
        "SELECT {FACTS}, {DESCRIPTION} FROM keys WHERE id = $1{}",
        locking(tx)
    );
    find(tx, &sql, &params![id.as_bytes()], read).await
}

pub(crate) async fn hold(tx: &PostgresTx, id: KeyId) -> Result<Option<StoredKey>, StoreError> {
    let sql = format!("SELECT {FACTS}, {DESCRIPTION} FROM keys WHERE id = $1{SHARED}");
    find(tx, &sql, &params![id.as_bytes()], read).await
}

pub(crate) async fn by_digest(
    tx: &PostgresTx,
    digest: &KeyDigest,
) -> Result<Option<StoredKey>, StoreError> {
    let sql = format!(
        "SELECT {FACTS}, {DESCRIPTION} FROM keys WHERE digest = $1{}",
        locking(tx)
    );
    find(tx, &sql, &params![digest.as_bytes()], read).await
}

pub(crate) async fn list(
    tx: &PostgresTx,
    owner: KeyOwner,
    filter: &KeyFilter,
    request: &PageRequest,
) -> Result<Page<KeyRecord>, StoreError> {
    let (condition, owner) = match owner {
        KeyOwner::Organization(id) => ("organization_id = ?", *id.as_bytes()),
        KeyOwner::App(id) => ("app_id = ?", *id.as_bytes()),
    };
    let items = Select::new(&format!("{FACTS}, {DESCRIPTION}"), "keys")
        .filter(condition, owner)
        .filter_some("kind = ?", filter.kind.map(|kind| kind.to_string()))
        .filter_some("service = ?", filter.service.map(|name| name.to_string()))
        .filter_some(
            "environment = ?",
            filter
                .environment
                .map(|environment| environment.to_string()),
        )
        .filter_some("id < ?", request.after_id()?)
        .last(tx, "id", request.limit(), read)
        .await?;
    let page = Page::cut(items, request, |last| {
        Cursor::Id(*last.record.facts.id.as_bytes())
    });
    Ok(page.map(|stored| stored.record))
}

pub(crate) async fn unrevoked_of_app(
    tx: &PostgresTx,
    app_id: AppId,
) -> Result<Vec<StoredKey>, StoreError> {
    let sql = format!(
        "SELECT {FACTS}, {DESCRIPTION} FROM keys
         WHERE app_id = $1 AND state <> 'revoked' ORDER BY id{}",
        locking(tx)
    );
    collect(tx, &sql, &params![app_id.as_bytes()], read).await
}

pub(crate) async fn count_all(tx: &PostgresTx) -> Result<u64, StoreError> {
    count(tx, "SELECT count(*) FROM keys", &[]).await
}

pub(crate) async fn load_facts(
    tx: &PostgresTx,
    mut visit: impl FnMut(KeyDigest, KeyFacts),
) -> Result<(), StoreError> {
    let sql = format!("SELECT {FACTS} FROM keys");
    each(tx, &sql, &[], |columns| {
        let (digest, facts) = read_facts(columns)?;
        visit(digest, facts);
        Ok(())
    })
    .await
}

pub(crate) async fn touch_last_used(
    tx: &PostgresTx,
    batch: &[(KeyId, Timestamp)],
) -> Result<Vec<(KeyId, Timestamp)>, StoreError> {
    let (ids, instants) = columns_of(batch);
    left(&tx.query(TOUCH, &[&ids, &instants]).await?)
}

/// The same, and commits in the same trip.
pub(crate) async fn conclude_last_used(
    tx: &PostgresTx,
    batch: &[(KeyId, Timestamp)],
) -> Result<Vec<(KeyId, Timestamp)>, StoreError> {
    let (ids, instants) = columns_of(batch);
    left(&tx.query_and_commit(TOUCH, &[&ids, &instants]).await?)
}

const TOUCH: &str = "WITH used AS (
         SELECT use.id, max(use.at) AS at
         FROM unnest($1::BYTEA[], $2::BIGINT[]) AS use (id, at)
         JOIN keys ON keys.id = use.id
         WHERE keys.last_used_at IS NULL OR keys.last_used_at < use.at
         GROUP BY use.id
     ), free AS (
         SELECT keys.id, used.at FROM keys JOIN used ON used.id = keys.id
         FOR NO KEY UPDATE OF keys SKIP LOCKED
     ), noted AS (
         UPDATE keys SET last_used_at = greatest(last_used_at, free.at)
         FROM free WHERE keys.id = free.id
     )
     SELECT id, at FROM used WHERE id NOT IN (SELECT id FROM free)";

fn columns_of(batch: &[(KeyId, Timestamp)]) -> (Vec<&[u8]>, Vec<i64>) {
    let ids = batch.iter().map(|(id, _)| &id.as_bytes()[..]).collect();
    (ids, batch.iter().map(|(_, at)| at.as_millis()).collect())
}

fn left(rows: &[tokio_postgres::Row]) -> Result<Vec<(KeyId, Timestamp)>, StoreError> {
    let read = |row| {
        let mut columns = Columns::of(Row::Postgres(row));
        Ok::<_, DbError>((columns.take()?, columns.take()?))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}
