//! Meetings and their reports.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use mira_core::Grant;
use mira_wire::JsonBody;

use super::PathId;
use crate::envelope::{Deleted, Envelope};
use crate::error::{Error, Noun};
use crate::ingest::{BroughtTranscript, IngestBody};
use crate::meeting::{Meeting, MeetingFilter, TranscribedMeeting};
use crate::meetings::Meetings;
use crate::parameters::Parameters;
use crate::report::Report;

/// `GET /meetings`
pub(super) async fn list(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    parameters: Parameters,
) -> Result<Envelope<Vec<Meeting>>, Error> {
    let page = parameters.page()?;
    let filter = MeetingFilter {
        status: parameters.word("status")?,
        user_id: parameters.uuid("user_id")?,
        from: parameters.instant("from")?,
        to: parameters.instant("to")?,
    };
    let organization = grant.organization_id();
    let listed = meetings.meetings(organization, filter, page).await?;
    Ok(Envelope::page(listed, page))
}

/// `GET /meetings/{id}`
pub(super) async fn show(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    PathId(id): PathId,
) -> Result<Envelope<TranscribedMeeting>, Error> {
    let id = Noun::Meeting.found(id)?;
    let meeting = meetings.meeting(grant.organization_id(), id).await?;
    Ok(Envelope::of(Noun::Meeting.found(meeting)?))
}

/// `GET /meetings/{id}/report`
pub(super) async fn reports(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    PathId(id): PathId,
) -> Result<Envelope<Vec<Report>>, Error> {
    let id = Noun::Meeting.found(id)?;
    let reports = meetings.reports(grant.organization_id(), id).await?;
    Ok(Envelope::of(Noun::Meeting.found(reports)?))
}

/// `POST /meetings`
pub(super) async fn ingest(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    JsonBody(body): JsonBody<IngestBody, MAX_INGEST>,
) -> Result<Envelope<Meeting>, Error> {
    let new = body.check((meetings.new_id)()?, meetings.clock.now())?;
    let organization = grant.organization_id();
    Ok(Envelope::of(meetings.ingest(organization, new).await?))
}

/// `PUT /meetings/{id}/transcript`
pub(super) async fn bring_transcript(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    PathId(id): PathId,
    JsonBody(body): JsonBody<BroughtTranscript, MAX_INGEST>,
) -> Result<Envelope<Meeting>, Error> {
    let (transcript, host) = body.read()?;
    let id = Noun::Meeting.found(id)?;
    let organization = grant.organization_id();
    let meeting = meetings.bring_transcript(organization, id, transcript, host);
    Ok(Envelope::of(meeting.await?))
}

/// `DELETE /meetings/{id}`
pub(super) async fn delete(
    State(meetings): State<Arc<Meetings>>,
    Extension(grant): Extension<Grant>,
    PathId(id): PathId,
) -> Result<Envelope<Deleted>, Error> {
    let id = Noun::Meeting.found(id)?;
    meetings.delete_meeting(grant.organization_id(), id).await?;
    Ok(Envelope::of(Deleted { id }))
}

/// The largest body with a transcript: 10 MiB.
const MAX_INGEST: usize = 10 << 20;
