//! Templates.

use mira_core::OrganizationId;
use mira_db::{DbError, Tx};
use uuid::Uuid;

use crate::page::{Listed, Page};
use crate::sql::{self, Columns, Json, List, Value, params};
use crate::template::{Template, TemplateFilter};

const COLUMNS: &str = "id, name, description, prompt_template, grading_criteria, coaching_tone, \
     call_type, is_active, version, created_at, updated_at";

/// The templates that pass `filter`, newest first.
pub(crate) async fn list(
    tx: &mut Tx,
    organization: OrganizationId,
    filter: &TemplateFilter,
    page: Page,
) -> Result<Listed<Template>, DbError> {
    List::new("templates", COLUMNS, "created_at", organization)
        .filter("is_active = ?", filter.is_active)
        .filter("call_type = ?", filter.call_type.as_deref())
        .page(tx, page, read)
        .await
}

/// The template called `id`, if it is the organization's.
pub(crate) async fn find(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<Template>, DbError> {
    let locking = sql::locking(tx);
    let sql =
        format!("SELECT {COLUMNS} FROM templates WHERE id = $1 AND organization_id = $2{locking}");
    sql::row(tx, &sql, &params![id, organization], read).await
}

/// The newest active template for calls of this type, or else for any call.
pub(crate) async fn fitting(
    tx: &mut Tx,
    organization: OrganizationId,
    call_type: Option<&str>,
) -> Result<Option<Template>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM templates
         WHERE organization_id = $1 AND is_active = 1 AND (call_type IS NULL OR call_type = $2)
         ORDER BY call_type IS NULL, created_at DESC, id DESC LIMIT 1"
    );
    sql::row(tx, &sql, &params![organization, call_type], read).await
}

/// Adds a template.
pub(crate) async fn insert(
    tx: &mut Tx,
    organization: OrganizationId,
    template: &Template,
) -> Result<(), DbError> {
    sql::change(
        tx,
        "INSERT INTO templates (id, organization_id, name, description, prompt_template,
             grading_criteria, coaching_tone, call_type, is_active, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &params![
            template.id,
            organization,
            &template.name,
            &template.description,
            &template.prompt_template,
            Json(&template.grading_criteria),
            Value::word(template.coaching_tone),
            &template.call_type,
            template.is_active,
            template.version,
            template.created_at,
            template.updated_at,
        ],
    )
    .await?;
    Ok(())
}

/// Writes what may change of a template. The caller has found it.
pub(crate) async fn update(tx: &mut Tx, template: &Template) -> Result<(), DbError> {
    sql::change(
        tx,
        "UPDATE templates SET name = $2, description = $3, prompt_template = $4,
             grading_criteria = $5, coaching_tone = $6, call_type = $7, is_active = $8,
             version = $9, updated_at = $10
         WHERE id = $1",
        &params![
            template.id,
            &template.name,
            &template.description,
            &template.prompt_template,
            Json(&template.grading_criteria),
            Value::word(template.coaching_tone),
            &template.call_type,
            template.is_active,
            template.version,
            template.updated_at,
        ],
    )
    .await?;
    Ok(())
}

/// Deletes a template; whether there was one. Reports and sessions stay.
pub(crate) async fn delete(
    tx: &mut Tx,
    organization: OrganizationId,
    id: Uuid,
) -> Result<bool, DbError> {
    let sql = "DELETE FROM templates WHERE id = $1 AND organization_id = $2";
    let deleted = sql::change(tx, sql, &params![id, organization]).await?;
    Ok(deleted > 0)
}

fn read(columns: &mut Columns<'_>) -> Result<Template, DbError> {
    Ok(Template {
        id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        prompt_template: columns.take()?,
        grading_criteria: columns.json()?,
        coaching_tone: columns.word()?,
        call_type: columns.take()?,
        is_active: columns.take()?,
        version: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}
