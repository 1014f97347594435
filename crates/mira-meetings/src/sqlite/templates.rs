//! Templates.

use mira_core::OrganizationId;
use mira_db::DbError;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use uuid::Uuid;

use super::list::{self, Parameters, Query};
use super::row::{Id, Json, Millis, Text};
use crate::page::{Listed, Page};
use crate::template::{Template, TemplateFilter};

const COLUMNS: &str = "id, name, description, prompt_template, grading_criteria, coaching_tone, \
     call_type, is_active, created_at, updated_at";

pub(crate) fn list(
    connection: &Connection,
    organization: OrganizationId,
    filter: &TemplateFilter,
    page: Page,
) -> Result<Listed<Template>, DbError> {
    let mut condition = String::from("organization_id = :organization_id");
    let mut parameters: Parameters<'_> = vec![(":organization_id", organization.as_bytes())];
    if let Some(is_active) = &filter.is_active {
        condition.push_str(" AND is_active = :is_active");
        parameters.push((":is_active", is_active));
    }
    if let Some(call_type) = &filter.call_type {
        condition.push_str(" AND call_type = :call_type");
        parameters.push((":call_type", call_type));
    }
    let query = Query {
        table: "templates",
        columns: COLUMNS,
        condition: &condition,
        newest_by: "created_at",
    };
    list::list(connection, &query, parameters, page, read)
}

pub(crate) fn find(
    connection: &Connection,
    organization: OrganizationId,
    id: Uuid,
) -> Result<Option<Template>, DbError> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM templates WHERE id = ?1 AND organization_id = ?2"
    ))?;
    Ok(select
        .query_row(params![Id(id), organization.as_bytes()], read)
        .optional()?)
}

pub(crate) fn insert(
    connection: &Connection,
    organization: OrganizationId,
    template: &Template,
) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO templates (id, organization_id, name, description, prompt_template,
                 grading_criteria, coaching_tone, call_type, is_active, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            Id(template.id),
            organization.as_bytes(),
            template.name,
            template.description,
            template.prompt_template,
            Json(&template.grading_criteria),
            Text(template.coaching_tone),
            template.call_type,
            template.is_active,
            Millis(template.created_at),
            Millis(template.updated_at),
        ])?;
    Ok(())
}

pub(crate) fn update(connection: &Connection, template: &Template) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "UPDATE templates SET name = ?2, description = ?3, prompt_template = ?4,
                 grading_criteria = ?5, coaching_tone = ?6, call_type = ?7, is_active = ?8,
                 updated_at = ?9
             WHERE id = ?1",
        )?
        .execute(params![
            Id(template.id),
            template.name,
            template.description,
            template.prompt_template,
            Json(&template.grading_criteria),
            Text(template.coaching_tone),
            template.call_type,
            template.is_active,
            Millis(template.updated_at),
        ])?;
    Ok(())
}

pub(crate) fn delete(
    connection: &Connection,
    organization: OrganizationId,
    id: Uuid,
) -> Result<bool, DbError> {
    let deleted = connection
        .prepare_cached("DELETE FROM templates WHERE id = ?1 AND organization_id = ?2")?
        .execute(params![Id(id), organization.as_bytes()])?;
    Ok(deleted > 0)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Template> {
    Ok(Template {
        id: row.get::<_, Id>("id")?.0,
        name: row.get("name")?,
        description: row.get("description")?,
        prompt_template: row.get("prompt_template")?,
        grading_criteria: row.get::<_, Json<_>>("grading_criteria")?.0,
        coaching_tone: row.get::<_, Text<_>>("coaching_tone")?.0,
        call_type: row.get("call_type")?,
        is_active: row.get("is_active")?,
        created_at: row.get::<_, Millis>("created_at")?.0,
        updated_at: row.get::<_, Millis>("updated_at")?.0,
    })
}
