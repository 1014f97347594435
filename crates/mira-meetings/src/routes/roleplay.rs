//! Roleplay sessions.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use mira_core::Grant;
use mira_wire::{JsonBody, Refusal};

use super::PathId;
use crate::envelope::Envelope;
use crate::error::{Error, Noun};
use crate::meetings::Meetings;
use crate::parameters::Parameters;
use crate::roleplay::{RoleplayBody, RoleplaySession};

/// `GET /roleplay/sessions`
pub(super) async fn list(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    parameters: Parameters,
) -> Result<Envelope<Vec<RoleplaySession>>, Error> {
    let page = parameters.page()?;
    let organization = grant.organization_id();
    let listed = meetings.roleplay_sessions(organization, page).await?;
    Ok(Envelope::page(listed, page))
}

/// `POST /roleplay/sessions`. Without a model even a bad body is answered by
/// `no_model`, as everywhere.
pub(super) async fn start(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    body: Result<JsonBody<RoleplayBody>, Refusal>,
) -> Result<Envelope<RoleplaySession>, Error> {
    if !meetings.has_model() {
        return Err(Error::NoModel);
    }
    let JsonBody(body) = body?;
    let organization = grant.organization_id();
    Ok(Envelope::of(
        meetings.start_roleplay(organization, body).await?,
    ))
}

/// `GET /roleplay/sessions/{id}`
pub(super) async fn show(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    PathId(id): PathId,
) -> Result<Envelope<RoleplaySession>, Error> {
    let id = Noun::RoleplaySession.found(id)?;
    let session = meetings
        .roleplay_session(grant.organization_id(), id)
        .await?;
    Ok(Envelope::of(Noun::RoleplaySession.found(session)?))
}
