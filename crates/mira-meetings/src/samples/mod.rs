//! Sample data for demonstrations: the last weeks of a company that sells route
//! planning. The same instant, people and ids always give the same data.

mod conversations;
mod reviews;
mod schedule;
mod templates;

use mira_core::{OrganizationId, Timestamp, UserId};
use mira_db::{DbError, Tx};
use mira_wire::Instant;
use uuid::Uuid;

use self::conversations::transcribe;
use self::reviews::Review;
use self::schedule::{MEETINGS, Outcome, SELLERS, SampleMeeting};
use self::templates::{SampleTemplate, TEMPLATES};
use crate::NoId;
use crate::analytics::{analyze, find_host};
use crate::meeting::{Meeting, MeetingStatus, TranscriptLine, duration_secs};
use crate::report::{CriterionScore, Report, Verdict};
use crate::store;
use crate::template::{Criterion, Template};

/// Everything that one organization gets.
pub(crate) struct Samples {
    templates: Vec<Template>,
    meetings: Vec<(Meeting, Vec<TranscriptLine>)>,
    reports: Vec<Report>,
}

/// Makes the samples as of `now`, with the meetings shared out among `user_ids`.
pub(crate) fn make(
    now: Timestamp,
    user_ids: &[UserId],
    new_id: &(dyn Fn() -> Result<Uuid, NoId> + Send + Sync),
) -> Result<Samples, NoId> {
    let made_at = now.plus_secs(-60 * DAY_SECS);
    let templates: Vec<Template> = TEMPLATES
        .iter()
        .map(|sample| Ok(template(sample, new_id()?, made_at)))
        .collect::<Result<_, _>>()?;
    let mut meetings = Vec::with_capacity(MEETINGS.len());
    let mut reports = Vec::new();
    // The oldest first, as they would have come about.
    for sample in MEETINGS.iter().rev() {
        let (meeting, transcript) = meeting(sample, new_id()?, user_ids, now);
        if let Outcome::Completed(_, review) = &sample.outcome {
            let mut report = report(review, new_id()?, &meeting, &templates);
            if let Some(report) = &mut report {
                let host = find_host(&meeting.attendees, &transcript);
                report.analytics = Some(analyze(&transcript, host.as_deref()));
            }
            reports.extend(report);
        }
        meetings.push((meeting, transcript));
    }
    Ok(Samples {
        templates,
        meetings,
        reports,
    })
}

impl Samples {
    /// Stores the samples, unless the organization has meetings.
    pub(crate) async fn load(
        self,
        tx: &mut Tx,
        organization: OrganizationId,
    ) -> Result<(), DbError> {
        if store::meetings::exist(tx, organization).await? {
            return Ok(());
        }
        for template in &self.templates {
            store::templates::insert(tx, organization, template).await?;
        }
        for (meeting, transcript) in &self.meetings {
            store::meetings::insert(tx, organization, meeting, transcript).await?;
        }
        for report in &self.reports {
            store::reports::insert(tx, report).await?;
            let mut meetings = self.meetings.iter().map(|(meeting, _)| meeting);
            if let Some(meeting) = meetings.find(|meeting| meeting.id == report.meeting_id) {
                store::facts::insert(tx, organization, meeting, report).await?;
            }
        }
        Ok(())
    }
}

fn template(sample: &SampleTemplate, id: Uuid, made_at: Timestamp) -> Template {
    let criterion = |(name, description, weight): (&str, &str, f64)| Criterion {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        weight,
    };
    Template {
        id,
        name: sample.name.to_owned(),
        description: Some(sample.description.to_owned()),
        prompt_template: sample.prompt.to_owned(),
        grading_criteria: sample.criteria.map(criterion).to_vec(),
        coaching_tone: sample.tone,
        call_type: Some(sample.call_type.to_owned()),
        is_active: true,
        version: 1,
        created_at: Instant(made_at),
        updated_at: Instant(made_at),
    }
}

fn meeting(
    sample: &SampleMeeting,
    id: Uuid,
    user_ids: &[UserId],
    now: Timestamp,
) -> (Meeting, Vec<TranscriptLine>) {
    let started_at = starts_at(sample, now);
    let (status, (transcript, took_secs)) = match &sample.outcome {
        Outcome::Completed(said, _) => (MeetingStatus::Completed, transcribe(said)),
        Outcome::Transcribed(status, said) => (*status, transcribe(said)),
        Outcome::Silent(status, minutes) => (*status, (Vec::new(), minutes * 60)),
    };
    let ended_at = started_at.plus_secs(took_secs);
    let seller = SELLERS.get(sample.seller).copied();
    let attendees = seller.into_iter().chain(sample.guests.iter().copied());
    let user_id = user_ids.iter().cycle().nth(sample.seller);
    let meeting = Meeting {
        id,
        title: sample.title.to_owned(),
        status,
        user_id: user_id.map(|user_id| Uuid::from_bytes(*user_id.as_bytes())),
        call_type: Some(sample.call_type.to_owned()),
        meeting_url: Some(format!("https://meet.example.com/{}", id.simple())),
        attendees: attendees.map(str::to_owned).collect(),
        started_at: Instant(started_at),
        ended_at: Some(Instant(ended_at)),
        duration_secs: duration_secs(started_at, Some(ended_at)),
        created_at: Instant(ended_at.plus_secs(60)),
    };
    (meeting, transcript)
}

/// The meeting's hour on its day, or on the Friday before a weekend.
fn starts_at(sample: &SampleMeeting, now: Timestamp) -> Timestamp {
    let day = now.as_secs().div_euclid(DAY_SECS) - sample.days_ago;
    // Day 0 of the epoch was a Thursday.
    let days_past_friday = match (day - 1).rem_euclid(7) {
        1 => 1,
        2 => 2,
        _ => 0,
    };
    let secs = (day - days_past_friday) * DAY_SECS + sample.starts_at * 60;
    Timestamp::from_millis(secs * 1000)
}

fn report(review: &Review, id: Uuid, meeting: &Meeting, templates: &[Template]) -> Option<Report> {
    let template = templates.get(review.template)?;
    let criteria: Vec<CriterionScore> = template
        .grading_criteria
        .iter()
        .zip(review.scores)
        .map(|(criterion, (score, comment))| {
            CriterionScore::new(criterion, score, comment.to_owned())
        })
        .collect();
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Some(Report {
        id,
        meeting_id: meeting.id,
        user_id: meeting.user_id,
        template_id: Some(template.id),
        verdict: Verdict::of(
            "sample",
            review.summary.to_owned(),
            criteria,
            owned(review.strengths),
            owned(review.improvements),
        ),
        analytics: None,
        created_at: Instant(meeting.created_at.0.plus_secs(120)),
    })
}

const DAY_SECS: i64 = 86_400;
