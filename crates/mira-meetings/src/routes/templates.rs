//! Templates.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use mira_core::Grant;
use mira_wire::JsonBody;

use super::PathId;
use crate::envelope::{Deleted, Envelope};
use crate::error::{Error, Noun};
use crate::if_match::{IfMatch, Tagged};
use crate::meetings::Meetings;
use crate::parameters::Parameters;
use crate::template::{Template, TemplateBody, TemplateFilter};

/// `GET /templates`
pub(super) async fn list(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    parameters: Parameters,
) -> Result<Envelope<Vec<Template>>, Error> {
    let page = parameters.page()?;
    let filter = TemplateFilter {
        is_active: parameters.boolean("is_active")?,
        call_type: parameters.text("call_type")?.map(str::to_owned),
    };
    let organization = grant.organization_id();
    let listed = meetings.templates(organization, filter, page).await?;
    Ok(Envelope::page(listed, page))
}

/// `POST /templates`
pub(super) async fn create(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    JsonBody(body): JsonBody<TemplateBody>,
) -> Result<Tagged<Template>, Error> {
    let edit = body.check()?;
    let organization = grant.organization_id();
    Ok(tagged(meetings.create_template(organization, edit).await?))
}

/// `GET /templates/{id}`
pub(super) async fn show(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    PathId(id): PathId,
) -> Result<Tagged<Template>, Error> {
    let id = Noun::Template.found(id)?;
    let template = meetings.template(grant.organization_id(), id).await?;
    Ok(tagged(Noun::Template.found(template)?))
}

/// `PATCH /templates/{id}`
pub(super) async fn edit(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    PathId(id): PathId,
    if_match: IfMatch,
    JsonBody(body): JsonBody<TemplateBody>,
) -> Result<Tagged<Template>, Error> {
    let edit = body.check()?;
    let id = Noun::Template.found(id)?;
    let organization = grant.organization_id();
    let edited = meetings.edit_template(organization, id, if_match, edit);
    Ok(tagged(edited.await?))
}

/// `DELETE /templates/{id}`
pub(super) async fn delete(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    PathId(id): PathId,
    if_match: IfMatch,
) -> Result<Envelope<Deleted>, Error> {
    let id = Noun::Template.found(id)?;
    let organization = grant.organization_id();
    meetings.delete_template(organization, id, if_match).await?;
    Ok(Envelope::of(Deleted { id }))
}

fn tagged(template: Template) -> Tagged<Template> {
    Tagged {
        version: template.version,
        envelope: Envelope::of(template),
    }
}
