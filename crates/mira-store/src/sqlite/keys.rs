//! Key records in SQLite.

use mira_core::{Actor, AppId, KeyFacts, KeyId, KeyRecord, Timestamp};
use mira_key::KeyDigest;
use rusqlite::{Connection, params, params_from_iter};

use super::{Select, change, collect, count, each, find};
use crate::keys::columns::{DESCRIPTION, FACTS, changeable, fixed, read, read_facts};
use crate::keys::{KeyFilter, KeyOwner, StoredKey};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) fn insert(
    connection: &Connection,
    record: &KeyRecord,
    digest: &KeyDigest,
) -> Result<(), StoreError> {
    let mut values = changeable(record);
    values.extend(fixed(record, digest));
    change(
        connection,
        "INSERT INTO keys (id,
             permissions, environment, state, rotated_at, retires_at, suspended_at, revoked_at,
             revoked_by, expires_at, ip_allowlist, per_minute, per_day, name, rotated_to,
             digest, organization_id, kind, app_id, service,
             prefix, created_at, created_by, rotated_from, last_used_at)
         VALUES (?1,
             ?2, ?3, ?4, ?5, ?6, ?7, ?8,
             ?9, ?10, ?11, ?12, ?13, ?14, ?15,
             ?16, ?17, ?18, ?19, ?20,
             ?21, ?22, ?23, ?24, ?25)",
        params_from_iter(values),
    )?;
    Ok(())
}

pub(crate) fn update(connection: &Connection, record: &KeyRecord) -> Result<(), StoreError> {
    let changed = change(
        connection,
        "UPDATE keys SET (
             permissions, environment, state, rotated_at, retires_at, suspended_at, revoked_at,
             revoked_by, expires_at, ip_allowlist, per_minute, per_day, name, rotated_to)
         = ( ?2, ?3, ?4, ?5, ?6, ?7, ?8,
             ?9, ?10, ?11, ?12, ?13, ?14, ?15)
         WHERE id = ?1",
        params_from_iter(changeable(record)),
    )?;
    StoreError::unless_found(changed, "key")
}

pub(crate) fn revoke(
    connection: &Connection,
    keys: &[(KeyId, Timestamp)],
    by: Actor,
) -> Result<u64, StoreError> {
    let by = by.to_string();
    keys.iter().try_fold(0, |revoked, (id, at)| {
        let changed = change(
            connection,
            "UPDATE keys SET state = 'revoked', revoked_at = ?2, revoked_by = ?3,
                 rotated_at = NULL, retires_at = NULL, suspended_at = NULL
             WHERE id = ?1",
            params![id.as_bytes(), at.as_millis(), by],
        );
        Ok(revoked + changed?)
    })
}

pub(crate) fn get(connection: &Connection, id: KeyId) -> Result<Option<StoredKey>, StoreError> {
    let sql = format!("SELECT {FACTS}, {DESCRIPTION} FROM keys WHERE id = ?1");
    find(connection, &sql, [id.as_bytes()], read)
}

pub(crate) fn by_digest(
    connection: &Connection,
    digest: &KeyDigest,
) -> Result<Option<StoredKey>, StoreError> {
    let sql = format!("SELECT {FACTS}, {DESCRIPTION} FROM keys WHERE digest = ?1");
    find(connection, &sql, [digest.as_bytes()], read)
}

pub(crate) fn list(
    connection: &Connection,
    owner: KeyOwner,
    filter: &KeyFilter,
    request: &PageRequest,
) -> Result<Page<KeyRecord>, StoreError> {
    let (condition, owner) = match owner {
        KeyOwner::Organization(id) => ("organization_id = ?", id.as_bytes().to_vec()),
        KeyOwner::App(id) => ("app_id = ?", id.as_bytes().to_vec()),
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
        .filter_some("id < ?", request.after_id()?.map(Vec::from))
        .last(connection, "id", request.limit(), read)?;
    let page = Page::cut(items, request, |last| {
        Cursor::Id(*last.record.facts.id.as_bytes())
    });
    Ok(page.map(|stored| stored.record))
}

pub(crate) fn unrevoked_of_app(
    connection: &Connection,
    app_id: AppId,
) -> Result<Vec<StoredKey>, StoreError> {
    let sql = format!(
        "SELECT {FACTS}, {DESCRIPTION} FROM keys
         WHERE app_id = ?1 AND state <> 'revoked' ORDER BY id"
    );
    collect(connection, &sql, [app_id.as_bytes()], read)
}

pub(crate) fn count_all(connection: &Connection) -> Result<u64, StoreError> {
    count(connection, "SELECT count(*) FROM keys", [])
}

pub(crate) fn load_facts(
    connection: &Connection,
    mut visit: impl FnMut(KeyDigest, KeyFacts),
) -> Result<(), StoreError> {
    let sql = format!("SELECT {FACTS} FROM keys");
    each(connection, &sql, [], |columns| {
        let (digest, facts) = read_facts(columns)?;
        visit(digest, facts);
        Ok(())
    })
}

pub(crate) fn touch_last_used(
    connection: &Connection,
    batch: &[(KeyId, Timestamp)],
) -> Result<(), StoreError> {
    batch.iter().try_for_each(|(id, at)| {
        change(
            connection,
            "UPDATE keys SET last_used_at = ?2
             WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)",
            params![id.as_bytes(), at.as_millis()],
        )
        .map(|_| ())
    })
}
