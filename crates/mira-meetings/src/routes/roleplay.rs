//! Roleplay sessions. Without a model even a bad body is answered by `no_model`, as
//! everywhere.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use mira_core::Grant;
use mira_wire::{JsonBody, Refusal};

use super::PathId;
use crate::envelope::Envelope;
use crate::error::{Error, Noun};
use crate::meetings::Meetings;
use crate::model::CoachModel;
use crate::parameters::Parameters;
use crate::roleplay::{
    CompletionBody, MessageBody, RoleplayBody, RoleplayExchange, RoleplaySession,
    RoleplayTranscript,
};

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

/// `POST /roleplay/sessions`
pub(super) async fn start(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    body: Result<JsonBody<RoleplayBody>, Refusal>,
) -> Result<Envelope<RoleplaySession>, Error> {
    model(&meetings)?;
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
) -> Result<Envelope<RoleplayTranscript>, Error> {
    let id = Noun::RoleplaySession.found(id)?;
    let session = meetings
        .roleplay_session(grant.organization_id(), id)
        .await?;
    Ok(Envelope::of(Noun::RoleplaySession.found(session)?))
}

/// `POST /roleplay/sessions/{id}/messages`
pub(super) async fn say(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    PathId(id): PathId,
    body: Result<JsonBody<MessageBody>, Refusal>,
) -> Result<Envelope<RoleplayExchange>, Error> {
    let model = model(&meetings)?;
    let JsonBody(body) = body?;
    let message = body.check(meetings.clock.now())?;
    let id = Noun::RoleplaySession.found(id)?;
    let exchange = meetings.say(&model, grant.organization_id(), id, message);
    Ok(Envelope::of(exchange.await?))
}

/// `POST /roleplay/sessions/{id}/complete`
pub(super) async fn complete(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    PathId(id): PathId,
    body: Result<JsonBody<CompletionBody>, Refusal>,
) -> Result<Envelope<RoleplaySession>, Error> {
    let model = model(&meetings)?;
    let JsonBody(CompletionBody {}) = body?;
    let id = Noun::RoleplaySession.found(id)?;
    let completed = meetings.complete_roleplay(&model, grant.organization_id(), id);
    Ok(Envelope::of(completed.await?))
}

fn model(meetings: &Meetings) -> Result<Arc<CoachModel>, Error> {
    meetings.model.get().ok_or(Error::NoModel)
}
