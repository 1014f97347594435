//! A meeting as a caller brings it, with its transcript or before there is one.

use mira_core::Timestamp;
use mira_wire::Instant;
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::invalid::Invalid;
use crate::meeting::{Meeting, MeetingStatus, TranscriptLine, duration_secs};
use crate::text;
use crate::transcript::{
    self, TranscriptBody, TranscriptContent, TranscriptContentSchema, TranscriptFormat,
};
use crate::uuid_text::parse_uuid;

/// What a caller says about a meeting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMeeting, example = json!({
    "title": "Discovery: Nordwind Logistics",
    "started_at": "2026-03-02T12:00:00Z",
    "call_type": "discovery",
    "attendees": ["Ann Lee", "Ben Okafor"],
    "transcript": {
        "format": "vtt",
        "content": "WEBVTT\n\n00:00.000 --> 00:02.500\n<v Ann Lee>How do you plan today?\n",
    },
}))]
pub(crate) struct IngestBody {
    /// What it is called.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Instant,
    /// Whose meeting it is, among the organization's people.
    #[schema(value_type = Option<String>, format = Uuid)]
    user_id: Option<String>,
    /// What kind of call it is; the templates for this kind score it.
    #[schema(min_length = 1, max_length = 100)]
    call_type: Option<String>,
    /// Names or addresses. The first is the organization's own person, unless
    /// `host` says otherwise.
    #[serde(default)]
    #[schema(max_items = 100, required = false)]
    attendees: Vec<String>,
    /// Where it took place: an http or https URL.
    #[schema(max_length = 2_000, format = "uri", pattern = "^https?://")]
    meeting_url: Option<String>,
    /// The speaker of the transcript who is the organization's own.
    #[schema(min_length = 1, max_length = 200)]
    host: Option<String>,
    /// What was said; without it the meeting waits as `pending`.
    transcript: Option<TranscriptBody>,
}

/// A transcript that comes after its meeting.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LateTranscript)]
pub(crate) struct BroughtTranscript {
    /// How it is written.
    format: TranscriptFormat,
    /// The file's text; with `json` the segments themselves are good too.
    #[schema(value_type = TranscriptContentSchema)]
    content: TranscriptContent,
    /// The speaker of the transcript who is the organization's own.
    #[schema(min_length = 1, max_length = 200)]
    host: Option<String>,
}

impl BroughtTranscript {
    /// What was said, and the host that the caller named.
    pub(crate) fn read(self) -> Result<(Vec<TranscriptLine>, Option<String>), Invalid> {
        let Self {
            format,
            content,
            host,
        } = self;
        Ok((TranscriptBody { format, content }.read()?, host))
    }
}

/// A meeting to store, in which every member is good.
#[derive(Debug)]
pub(crate) struct NewMeeting {
    pub(crate) meeting: Meeting,
    pub(crate) transcript: Vec<TranscriptLine>,
    pub(crate) host: Option<String>,
}

impl IngestBody {
    /// A meeting of which nothing is known but its title and its beginning.
    pub(crate) fn of_file(title: &str, started_at: Instant) -> Self {
        Self {
            title: title.to_owned(),
            started_at,
            user_id: None,
            call_type: None,
            attendees: Vec::new(),
            meeting_url: None,
            host: None,
            transcript: None,
        }
    }

    /// The meeting that this describes, brought at `now`.
    pub(crate) fn check(mut self, id: Uuid, now: Timestamp) -> Result<NewMeeting, Invalid> {
        let transcript = self.transcript.take().map(TranscriptBody::read);
        self.check_with(id, now, transcript.transpose()?)
    }

    /// The same, with a transcript that was read.
    pub(crate) fn check_with(
        self,
        id: Uuid,
        now: Timestamp,
        transcript: Option<Vec<TranscriptLine>>,
    ) -> Result<NewMeeting, Invalid> {
        let attendees: Vec<String> = check_attendees(&self.attendees)?;
        let user_id = self.user_id.as_deref();
        let user_id = user_id
            .map(|text| parse_uuid(text).ok_or(Invalid::NotAUuid("user_id")))
            .transpose()?;
        let call_type = self.call_type.map(|new| text::line("call_type", &new, 100));
        let status = status(transcript.as_deref());
        let transcript = transcript.unwrap_or_default();
        let ended_at = transcript::ended_at(self.started_at, &transcript);
        let meeting = Meeting {
            id,
            title: text::line("title", &self.title, MAX_TITLE)?,
            status,
            user_id,
            call_type: call_type.transpose()?,
            meeting_url: self.meeting_url.map(check_url).transpose()?,
            attendees,
            started_at: self.started_at,
            ended_at,
            duration_secs: duration_secs(self.started_at.0, ended_at.map(|end| end.0)),
            created_at: Instant(now),
        };
        Ok(NewMeeting {
            meeting,
            host: check_host(self.host, &transcript)?,
            transcript,
        })
    }
}

/// Where a meeting stands when its transcript has come: not at all, empty, or whole.
pub(crate) fn status(transcript: Option<&[TranscriptLine]>) -> MeetingStatus {
    match transcript {
        None => MeetingStatus::Pending,
        Some([]) => MeetingStatus::NoTranscript,
        Some(_) => MeetingStatus::Fetched,
    }
}

/// The named host, if the transcript has that speaker.
pub(crate) fn check_host(
    host: Option<String>,
    transcript: &[TranscriptLine],
) -> Result<Option<String>, Invalid> {
    let is_speaker = |name: &String| {
        transcript
            .iter()
            .any(|line| line.speaker.as_ref() == Some(name))
    };
    match host {
        Some(name) if !is_speaker(&name) => Err(Invalid::NotASpeaker("host")),
        host => Ok(host),
    }
}

fn check_attendees(attendees: &[String]) -> Result<Vec<String>, Invalid> {
    if attendees.len() > MAX_ATTENDEES {
        return Err(Invalid::TooMany {
            member: "attendees",
            max: MAX_ATTENDEES,
        });
    }
    let each = attendees.iter();
    each.map(|attendee| text::line("attendees", attendee, 200))
        .collect()
}

fn check_url(url: String) -> Result<String, Invalid> {
    let is_web = url.starts_with("https://") || url.starts_with("http://");
    let is_plain = url.chars().all(|c| !c.is_whitespace() && !c.is_control());
    if is_web && is_plain && url.chars().count() <= 2_000 {
        Ok(url)
    } else {
        Err(Invalid::NotAUrl("meeting_url"))
    }
}

const MAX_TITLE: usize = 200;
const MAX_ATTENDEES: usize = 100;
