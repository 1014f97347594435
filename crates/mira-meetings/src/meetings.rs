//! What can be done with meetings and what belongs to them, for one organization
//! at a time.

use std::fmt;
use std::sync::Arc;

use mira_core::{Clock, OrganizationId, Timestamp, UserId};
use mira_db::{Database, DbError, Tx};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::error::{Error, Noun};
use crate::event::{Event, NoOutbox, Outbox};
use crate::if_match::IfMatch;
use crate::ingest::{NewMeeting, check_host};
use crate::meeting::{Meeting, MeetingFilter, MeetingStatus, TranscribedMeeting, TranscriptLine};
use crate::model::{CoachModel, ModelSlot};
use crate::page::{Listed, Page};
use crate::report::Report;
use crate::template::{Template, TemplateEdit, TemplateFilter};
use crate::{samples, store};

/// A source of fresh ids: UUIDs version 7 (RFC 9562), so that they sort by age.
pub type NewId = Arc<dyn Fn() -> Result<Uuid, NoId> + Send + Sync>;

/// No id can be made now, for want of random bytes; answered as unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes for an id")]
pub struct NoId;

/// Why sample data was not stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SamplesError {
    /// They have no ids.
    #[error(transparent)]
    NoId(#[from] NoId),
    /// The database did not take them.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The meetings of all organizations, and what they are coached by.
pub struct Meetings {
    pub(crate) database: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) new_id: NewId,
    pub(crate) outbox: Arc<dyn Outbox>,
    /// Told when a meeting begins to wait for its report.
    pub(crate) arrived: Notify,
    pub(crate) model: ModelSlot,
}

impl Meetings {
    /// Over `database`, which [`open`](crate::open) or [`connect`](crate::connect)
    /// opened.
    pub fn new(database: Database, clock: Arc<dyn Clock>, new_id: NewId) -> Self {
        Self {
            database,
            clock,
            new_id,
            outbox: Arc::new(NoOutbox),
            arrived: Notify::new(),
            model: ModelSlot::default(),
        }
    }

    /// Lets `model` judge and play from now on. Without one nothing is scored and no
    /// roleplay session starts.
    pub fn use_model(&self, model: Option<CoachModel>) {
        self.model.set(model);
    }

    /// The same, telling what happens to `outbox`.
    #[must_use]
    pub fn with_outbox(self, outbox: Arc<dyn Outbox>) -> Self {
        Self { outbox, ..self }
    }

    /// Gives `organization` about two dozen sample meetings of the last weeks,
    /// shared out among `user_ids`, with transcripts, reports and three
    /// templates. Does nothing if the organization has meetings.
    pub async fn load_samples(
        &self,
        organization: OrganizationId,
        user_ids: &[UserId],
    ) -> Result<(), SamplesError> {
        let samples = samples::make(self.clock.now(), user_ids, &*self.new_id)?;
        self.database
            .write(move |tx| Box::pin(async move { Ok(samples.load(tx, organization).await?) }))
            .await
    }

    pub(crate) async fn meetings(
        &self,
        organization: OrganizationId,
        filter: MeetingFilter,
        page: Page,
    ) -> Result<Listed<Meeting>, DbError> {
        self.database
            .read(move |tx| {
                Box::pin(
                    async move { store::meetings::list(tx, organization, &filter, page).await },
                )
            })
            .await
    }

    pub(crate) async fn meeting(
        &self,
        organization: OrganizationId,
        id: Uuid,
    ) -> Result<Option<TranscribedMeeting>, DbError> {
        self.database
            .read(move |tx| {
                Box::pin(async move {
                    let Some(meeting) = store::meetings::find(tx, organization, id).await? else {
                        return Ok(None);
                    };
                    let transcript = store::meetings::transcript(tx, meeting.id).await?;
                    Ok(Some(TranscribedMeeting {
                        meeting,
                        transcript,
                    }))
                })
            })
            .await
    }

    /// Takes a meeting in; its report is made later.
    pub(crate) async fn ingest(
        &self,
        organization: OrganizationId,
        new: NewMeeting,
    ) -> Result<Meeting, Error> {
        let now = self.clock.now();
        let outbox = Arc::clone(&self.outbox);
        let meeting = self
            .database
            .write::<_, DbError, _>(move |tx| {
                Box::pin(async move {
                    store::meetings::insert(tx, organization, &new.meeting, &new.transcript)
                        .await?;
                    let host = new.host.as_deref();
                    wait_for_report(tx, &*outbox, organization, &new.meeting, host, now).await?;
                    Ok(new.meeting)
                })
            })
            .await?;
        self.arrived.notify_one();
        Ok(meeting)
    }

    /// Brings the transcript of a meeting that has none.
    pub(crate) async fn bring_transcript(
        &self,
        organization: OrganizationId,
        id: Uuid,
        transcript: Vec<TranscriptLine>,
        host: Option<String>,
    ) -> Result<Meeting, Error> {
        let host = check_host(host, &transcript)?;
        let now = self.clock.now();
        let outbox = Arc::clone(&self.outbox);
        let meeting = self
            .database
            .write::<_, Error, _>(move |tx| {
                Box::pin(async move {
                    let meeting = store::meetings::find(tx, organization, id).await?;
                    let meeting = Noun::Meeting.found(meeting)?;
                    let meeting = meeting.transcribed(&transcript)?;
                    store::meetings::replace_transcript(tx, &meeting, &transcript).await?;
                    let host = host.as_deref();
                    wait_for_report(tx, &*outbox, organization, &meeting, host, now).await?;
                    Ok(meeting)
                })
            })
            .await?;
        self.arrived.notify_one();
        Ok(meeting)
    }

    pub(crate) async fn delete_meeting(
        &self,
        organization: OrganizationId,
        id: Uuid,
    ) -> Result<(), Error> {
        let existed = self
            .database
            .write::<_, DbError, _>(move |tx| {
                Box::pin(async move { store::meetings::delete(tx, organization, id).await })
            })
            .await?;
        Noun::Meeting.found(existed.then_some(()))
    }

    /// The reports about a meeting, newest first, if there is the meeting.
    pub(crate) async fn reports(
        &self,
        organization: OrganizationId,
        meeting_id: Uuid,
    ) -> Result<Option<Vec<Report>>, DbError> {
        self.database
            .read(move |tx| {
                Box::pin(async move {
                    match store::meetings::find(tx, organization, meeting_id).await? {
                        Some(meeting) => store::reports::list(tx, &meeting).await.map(Some),
                        None => Ok(None),
                    }
                })
            })
            .await
    }

    pub(crate) async fn templates(
        &self,
        organization: OrganizationId,
        filter: TemplateFilter,
        page: Page,
    ) -> Result<Listed<Template>, DbError> {
        self.database
            .read(move |tx| {
                Box::pin(
                    async move { store::templates::list(tx, organization, &filter, page).await },
                )
            })
            .await
    }

    pub(crate) async fn template(
        &self,
        organization: OrganizationId,
        id: Uuid,
    ) -> Result<Option<Template>, DbError> {
        self.database
            .read(move |tx| {
                Box::pin(async move { store::templates::find(tx, organization, id).await })
            })
            .await
    }

    pub(crate) async fn create_template(
        &self,
        organization: OrganizationId,
        edit: TemplateEdit,
    ) -> Result<Template, Error> {
        let template = edit.create((self.new_id)()?, self.clock.now())?;
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    store::templates::insert(tx, organization, &template).await?;
                    Ok(template)
                })
            })
            .await
    }

    pub(crate) async fn edit_template(
        &self,
        organization: OrganizationId,
        id: Uuid,
        if_match: IfMatch,
        edit: TemplateEdit,
    ) -> Result<Template, Error> {
        let now = self.clock.now();
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    let template = store::templates::find(tx, organization, id).await?;
                    let template = Noun::Template.found(template)?;
                    if_match.check(template.version)?;
                    let template = edit.apply(template, now);
                    store::templates::update(tx, &template).await?;
                    Ok(template)
                })
            })
            .await
    }

    pub(crate) async fn delete_template(
        &self,
        organization: OrganizationId,
        id: Uuid,
        if_match: IfMatch,
    ) -> Result<(), Error> {
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    let template = store::templates::find(tx, organization, id).await?;
                    if_match.check(Noun::Template.found(template)?.version)?;
                    store::templates::delete(tx, organization, id).await?;
                    Ok(())
                })
            })
            .await
    }
}

/// Lets a meeting whose transcript is there wait for its report.
pub(crate) async fn wait_for_report(
    tx: &mut Tx,
    outbox: &dyn Outbox,
    organization: OrganizationId,
    meeting: &Meeting,
    host: Option<&str>,
    now: Timestamp,
) -> Result<(), DbError> {
    if meeting.status != MeetingStatus::Fetched {
        return Ok(());
    }
    store::queue::push(tx, organization, meeting.id, host, now).await?;
    let ready = Event::TranscriptReady {
        meeting_id: meeting.id,
        user_id: meeting.user_id,
    };
    outbox.put(tx, organization, ready).await
}

impl fmt::Debug for Meetings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meetings").finish_non_exhaustive()
    }
}
