//! Refused requests whose key is known, kept for people who ask why.

use std::net::IpAddr;

use mira_core::{
    Access, Audience, Environment, KeyId, OrganizationId, Permission, Refused, Timestamp,
};
use mira_db::{DbError, Tx};
use mira_key::ServiceName;
use serde::{Deserialize, Serialize};

use crate::column::Columns;
use crate::json::{self, Text};
use crate::{Page, PageRequest, StoreError, postgres, sqlite};

/// Which refusals are listed; those of one organization in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusalFilter {
    /// The organization.
    pub organization_id: OrganizationId,
    /// Only those of this key.
    pub key_id: Option<KeyId>,
}

/// Keeps what was refused. What is kept already stays as it is, so that the same may be
/// written twice.
pub async fn add(tx: &mut Tx, batch: &[Refused]) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::refusals::add(tx.connection(), batch),
        Tx::Postgres(tx) => postgres::refusals::add(tx, batch).await,
    }
}

/// The refusals that pass `filter`, last first.
pub async fn list(
    tx: &mut Tx,
    filter: &RefusalFilter,
    request: &PageRequest,
) -> Result<Page<Refused>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::refusals::list(tx.connection(), filter, request),
        Tx::Postgres(tx) => postgres::refusals::list(tx, filter, request).await,
    }
}

/// Forgets refusals of before `until`, at most `limit` of them. Says how many.
pub async fn forget(tx: &mut Tx, until: Timestamp, limit: u32) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::refusals::forget(tx.connection(), until, limit),
        Tx::Postgres(tx) => postgres::refusals::forget(tx, until, limit).await,
    }
}

/// The columns of [`read`].
pub(crate) const COLUMNS: &str = "request_id, key_id, organization_id, access, code";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Refused, DbError> {
    Ok(Refused {
        request_id: columns.take()?,
        key_id: columns.take()?,
        organization_id: columns.take()?,
        access: decode(&columns.take::<String>()?)?,
        code: columns.take()?,
    })
}

/// The one form in which an access is kept; what is absent was not asked.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    kind: Option<Kind>,
    service: Option<Text<ServiceName>>,
    permission: Option<Text<Permission>>,
    environments: Vec<Text<Environment>>,
    address: Option<IpAddr>,
    metered: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Organization,
    App,
}

pub(crate) fn encode(access: &Access) -> Result<String, DbError> {
    let (kind, service) = match access.audience {
        Audience::Any => (None, None),
        Audience::Organization => (Some(Kind::Organization), None),
        Audience::Service(service) => (Some(Kind::App), Some(Text(service))),
    };
    json::write(&Body {
        kind,
        service,
        permission: access.permission.map(Text),
        environments: access.environments.iter().map(Text).collect(),
        address: access.address,
        metered: access.is_metered,
    })
}

/// What [`encode`] was given, but for what is charged.
fn decode(body: &str) -> Result<Access, DbError> {
    let body: Body = json::read(body)?;
    let audience = match (body.kind, body.service) {
        (_, Some(Text(service))) => Audience::Service(service),
        (Some(Kind::Organization), None) => Audience::Organization,
        (_, None) => Audience::Any,
    };
    Ok(Access {
        audience,
        permission: body.permission.map(|permission| permission.0),
        environments: body.environments.iter().map(|one| one.0).collect(),
        address: body.address,
        is_metered: body.metered,
        ..Access::ANY
    })
}
