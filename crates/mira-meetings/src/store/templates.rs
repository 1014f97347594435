//! Templates.

use mira_core::OrganizationId;
use mira_db::{DbError, Fault, Tx};
use uuid::Uuid;

use crate::page::{Listed, Page};
use crate::sqlite;
use crate::template::{Template, TemplateFilter};

/// The templates that pass `filter`, newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    organization: OrganizationId,
    filter: &TemplateFilter,
    page: Page,
) -> Result<Listed<Template>, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::templates::list(tx.connection(), organization, filter, page),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// The template called `id`, if it is the organization's.
pub(crate) async fn find(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<Template>, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::templates::find(tx.connection(), organization, id),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// Adds a template.
pub(crate) async fn insert(
    tx: &mut Tx,
    organization: OrganizationId,
    template: &Template,
) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::templates::insert(tx.connection(), organization, template),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// Writes what may change of a template. The caller has found it.
pub(crate) async fn update(tx: &mut Tx, template: &Template) -> Result<(), DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::templates::update(tx.connection(), template),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}

/// Deletes a template; whether there was one. Reports and sessions stay.
pub(crate) async fn delete(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<bool, DbError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::templates::delete(tx.connection(), organization, id),
        Tx::Postgres(_) => Err(DbError::Internal(Fault::Unsupported)),
    }
}
