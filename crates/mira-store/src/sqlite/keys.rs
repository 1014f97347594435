//! Key records in SQLite.

use mira_core::{AppId, KeyFacts, KeyId, KeyRecord, Origin, Permissions, RateLimit, Timestamp};
use mira_db::DbError;
use mira_key::{KeyDigest, ServiceName};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::{Columns, Select, change, collect, contradictory, each, find};
use crate::keys::{FactsRow, KeyFilter, KeyOwner, StoredKey, networks_text};
use crate::{Cursor, Page, PageRequest, StoreError};

/// What decides, in the order of [`read_facts`].
const FACTS: &str = "digest, id, organization_id, kind, permissions, app_id, service, \
    environment, state, rotated_at, retires_at, suspended_at, revoked_at, revoked_by, \
    expires_at, ip_allowlist, per_minute, per_day";

/// The rest of a record, in the order of [`read`].
const DESCRIPTION: &str =
    "name, prefix, created_at, created_by, rotated_from, last_used_at, rotated_to";

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

/// The id and what may change about a key, in the order of both statements that
/// write it.
fn changeable(record: &KeyRecord) -> Vec<Value> {
    let row = FactsRow::from(&record.facts);
    let millis = |at: Option<Timestamp>| Value::from(at.map(Timestamp::as_millis));
    let RateLimit {
        per_minute,
        per_day,
    } = row.rate_limit;
    vec![
        row.id.as_bytes().to_vec().into(),
        row.permissions.map(Permissions::to_text).into(),
        row.environment.to_string().into(),
        row.state.to_string().into(),
        millis(row.rotated_at),
        millis(row.retires_at),
        millis(row.suspended_at),
        millis(row.revoked_at),
        row.revoked_by.map(|actor| actor.to_string()).into(),
        millis(row.expires_at),
        row.ip_allowlist.as_ref().map(networks_text).into(),
        per_minute.map(|limit| i64::from(limit.get())).into(),
        per_day.map(|limit| i64::from(limit.get())).into(),
        record.name.clone().into(),
        bytes(record.rotated_to),
    ]
}

/// What never changes about a key, in the order of the INSERT.
fn fixed(record: &KeyRecord, digest: &KeyDigest) -> Vec<Value> {
    let row = FactsRow::from(&record.facts);
    let Origin {
        created_at,
        created_by,
        rotated_from,
    } = record.origin;
    vec![
        digest.as_bytes().to_vec().into(),
        row.organization_id.as_bytes().to_vec().into(),
        row.kind.to_string().into(),
        row.app_id.map(|id| id.as_bytes().to_vec()).into(),
        row.service.as_ref().map(ServiceName::to_string).into(),
        record.prefix.clone().into(),
        created_at.as_millis().into(),
        created_by.to_string().into(),
        bytes(rotated_from),
        record.last_used_at.map(Timestamp::as_millis).into(),
    ]
}

fn bytes(id: Option<KeyId>) -> Value {
    id.map(|id| id.as_bytes().to_vec()).into()
}

fn read(columns: &mut Columns<'_>) -> Result<StoredKey, DbError> {
    let (digest, facts) = read_facts(columns)?;
    let record = KeyRecord {
        facts,
        name: columns.take()?,
        prefix: columns.take()?,
        origin: Origin {
            created_at: columns.take()?,
            created_by: columns.take()?,
            rotated_from: columns.take()?,
        },
        last_used_at: columns.take()?,
        rotated_to: columns.take()?,
    };
    Ok(StoredKey { digest, record })
}

fn read_facts(columns: &mut Columns<'_>) -> Result<(KeyDigest, KeyFacts), DbError> {
    let digest = columns.take()?;
    let row = FactsRow {
        id: columns.take()?,
        organization_id: columns.take()?,
        kind: columns.take()?,
        permissions: columns.take()?,
        app_id: columns.take()?,
        service: columns.take()?,
        environment: columns.take()?,
        state: columns.take()?,
        rotated_at: columns.take()?,
        retires_at: columns.take()?,
        suspended_at: columns.take()?,
        revoked_at: columns.take()?,
        revoked_by: columns.take()?,
        expires_at: columns.take()?,
        ip_allowlist: columns.take()?,
        rate_limit: RateLimit {
            per_minute: columns.take()?,
            per_day: columns.take()?,
        },
    };
    let facts = row.into_facts().ok_or_else(|| contradictory("keys"))?;
    Ok((digest, facts))
}
