//! The columns of key records, the same in every back end.

use mira_core::{KeyFacts, KeyId, KeyRecord, Origin, Permissions, RateLimit, Timestamp};
use mira_db::DbError;
use mira_key::{KeyDigest, ServiceName};

use super::{FactsRow, StoredKey, networks_text};
use crate::column::{Columns, contradictory};
use crate::value::Value;

/// What decides, in the order of [`read_facts`].
pub(crate) const FACTS: &str = "digest, id, organization_id, kind, permissions, app_id, service, \
    environment, state, rotated_at, retires_at, suspended_at, revoked_at, revoked_by, \
    expires_at, ip_allowlist, per_minute, per_day";

/// The rest of a record, in the order of [`read`].
pub(crate) const DESCRIPTION: &str =
    "name, prefix, created_at, created_by, rotated_from, last_used_at, rotated_to";

/// The id and what may change about a key, in the order of both statements that
/// write it.
pub(crate) fn changeable(record: &KeyRecord) -> Vec<Value<'_>> {
    let row = FactsRow::from(&record.facts);
    let millis = |at: Option<Timestamp>| Value::from(at.map(Timestamp::as_millis));
    let RateLimit {
        per_minute,
        per_day,
    } = row.rate_limit;
    vec![
        (*row.id.as_bytes()).into(),
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
        (&record.name).into(),
        bytes(record.rotated_to),
    ]
}

/// What never changes about a key, in the order of the INSERT.
pub(crate) fn fixed<'r>(record: &'r KeyRecord, digest: &KeyDigest) -> Vec<Value<'r>> {
    let row = FactsRow::from(&record.facts);
    let Origin {
        created_at,
        created_by,
        rotated_from,
    } = record.origin;
    vec![
        (*digest.as_bytes()).into(),
        (*row.organization_id.as_bytes()).into(),
        row.kind.to_string().into(),
        row.app_id.map(|id| *id.as_bytes()).into(),
        row.service.as_ref().map(ServiceName::to_string).into(),
        (&record.prefix).into(),
        created_at.as_millis().into(),
        created_by.to_string().into(),
        bytes(rotated_from),
        record.last_used_at.map(Timestamp::as_millis).into(),
    ]
}

fn bytes(id: Option<KeyId>) -> Value<'static> {
    id.map(|id| *id.as_bytes()).into()
}

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<StoredKey, DbError> {
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

pub(crate) fn read_facts(columns: &mut Columns<'_>) -> Result<(KeyDigest, KeyFacts), DbError> {
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
