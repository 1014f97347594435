//! Making reports of meetings: the one place where a meeting moves on from `fetched`.
//!
//! A meeting whose transcript is there stands in a queue. Whoever claims it makes it
//! `processing`, counts, asks a model if there is one, and writes report and status in
//! one transaction. A claim runs out, so that a meeting outlives whoever worked on it;
//! what was claimed too often has failed. Nodes on one database share the queue.

use std::sync::Arc;
use std::time::Duration;

use mira_db::DbError;
use mira_wire::Instant;

use crate::analytics::{analyze, find_host};
use crate::error::Error;
use crate::event::Event;
use crate::meeting::{Meeting, MeetingStatus, TranscriptLine};
use crate::meetings::Meetings;
use crate::report::{Report, Verdict};
use crate::store;
use crate::store::queue::Claim;
use crate::template::Template;

/// What a claim leads to.
struct Task {
    claim: Claim,
    meeting: Meeting,
    transcript: Vec<TranscriptLine>,
    template: Option<Template>,
}

impl Meetings {
    /// Makes reports as meetings come in, for as long as it is polled. Several may
    /// run at once, here and on other nodes.
    pub async fn coach(self: Arc<Self>) {
        loop {
            match self.coach_next().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::error!(?error, "a report could not be made"),
            }
            tokio::select! {
                () = self.arrived.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Makes every meeting due that somebody had claimed. Right where nobody else
    /// can be at work: at the start of the only process on a data folder.
    pub async fn release_claims(&self) -> Result<(), DbError> {
        let now = self.clock.now();
        self.database
            .write(move |tx| Box::pin(async move { store::queue::release_all(tx, now).await }))
            .await
    }

    /// Makes the report of one meeting that is due; whether there was one.
    pub(crate) async fn coach_next(&self) -> Result<bool, Error> {
        let now = self.clock.now();
        let is_due = self
            .database
            .read::<_, DbError, _>(move |tx| {
                Box::pin(async move { store::queue::is_due(tx, now).await })
            })
            .await?;
        if !is_due {
            return Ok(false);
        }
        let Some(task) = self.claim().await? else {
            // It was claimed too often, or by somebody else.
            return Ok(true);
        };
        let verdict = match &task.template {
            Some(template) => self.score(template, &task.transcript).await,
            None => Verdict::default(),
        };
        let named = task.claim.host.clone();
        let host = named.or_else(|| find_host(&task.meeting.attendees, &task.transcript));
        let report = Report {
            id: (self.new_id)()?,
            meeting_id: task.meeting.id,
            user_id: task.meeting.user_id,
            template_id: task.template.as_ref().map(|template| template.id),
            verdict,
            analytics: Some(analyze(&task.transcript, host.as_deref())),
            created_at: Instant(self.clock.now()),
        };
        self.finish(task.claim, task.meeting, report).await?;
        Ok(true)
    }

    /// Claims a meeting that is due and reads what its report needs. One that was
    /// claimed too often fails instead.
    async fn claim(&self) -> Result<Option<Task>, DbError> {
        let now = self.clock.now();
        let until = now + CLAIM;
        let outbox = Arc::clone(&self.outbox);
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    let Some(claim) = store::queue::claim(tx, now, until).await? else {
                        return Ok(None);
                    };
                    let Claim {
                        organization,
                        meeting_id,
                        ..
                    } = claim;
                    let Some(meeting) = store::meetings::find(tx, organization, meeting_id).await?
                    else {
                        return Ok(None);
                    };
                    if claim.attempts > MOST_ATTEMPTS {
                        store::meetings::set_status(tx, meeting_id, MeetingStatus::Failed).await?;
                        store::queue::finish(tx, &claim).await?;
                        let user_id = meeting.user_id;
                        let failed = Event::MeetingFailed {
                            meeting_id,
                            user_id,
                        };
                        outbox.put(tx, organization, failed).await?;
                        return Ok(None);
                    }
                    store::meetings::set_status(tx, meeting_id, MeetingStatus::Processing).await?;
                    let call_type = meeting.call_type.as_deref();
                    let template = store::templates::fitting(tx, organization, call_type).await?;
                    let transcript = store::meetings::transcript(tx, meeting_id).await?;
                    Ok(Some(Task {
                        claim,
                        meeting,
                        transcript,
                        template,
                    }))
                })
            })
            .await
    }

    /// Writes the report, if the claim still stands: the meeting may have been
    /// deleted, or claimed anew.
    async fn finish(
        &self,
        claim: Claim,
        meeting: Meeting,
        mut report: Report,
    ) -> Result<(), DbError> {
        let outbox = Arc::clone(&self.outbox);
        self.database
            .write(move |tx| {
                Box::pin(async move {
                    if !store::queue::finish(tx, &claim).await? {
                        return Ok(());
                    }
                    let (organization, meeting_id) = (claim.organization, claim.meeting_id);
                    // The template may have been deleted while a model was asked.
                    if let Some(id) = report.template_id {
                        let template = store::templates::find(tx, organization, id).await?;
                        report.template_id = template.map(|template| template.id);
                    }
                    store::reports::insert(tx, &report).await?;
                    store::facts::insert(tx, organization, &meeting, &report).await?;
                    store::meetings::set_status(tx, meeting_id, MeetingStatus::Completed).await?;
                    let completed = Event::ReportCompleted {
                        report_id: report.id,
                        meeting_id,
                        user_id: report.user_id,
                    };
                    outbox.put(tx, organization, completed).await
                })
            })
            .await
    }
}

/// How often the queue is looked at although nobody has said that something came:
/// for what other nodes brought, and for claims that ran out.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long a claim stands: longer than a model may take twice.
pub(crate) const CLAIM: Duration = Duration::from_mins(10);
/// A meeting that was claimed this often without a report brings its worker down.
const MOST_ATTEMPTS: i64 = 5;
