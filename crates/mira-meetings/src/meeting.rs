//! A meeting, and the transcript of what was said in it.

use mira_core::Timestamp;
use mira_wire::Instant;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::Error;
use crate::word::{Word, words};
use crate::{ingest, transcript};

/// One sales meeting of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the API's member names")]
pub(crate) struct Meeting {
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: Uuid,
    pub(crate) title: String,
    pub(crate) status: MeetingStatus,
    /// Whose meeting it is, among the organization's people.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) user_id: Option<Uuid>,
    pub(crate) call_type: Option<String>,
    pub(crate) meeting_url: Option<String>,
    /// Names or addresses, in the order given.
    pub(crate) attendees: Vec<String>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) started_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) ended_at: Option<Instant>,
    /// Computed by [`duration_secs`], so that it cannot contradict the instants.
    pub(crate) duration_secs: Option<u64>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Instant,
}

/// A meeting as one is shown, with all that was said.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct TranscribedMeeting {
    #[serde(flatten)]
    pub(crate) meeting: Meeting,
    pub(crate) transcript: Vec<TranscriptLine>,
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct TranscriptLine {
    /// Absent where the transcript names nobody.
    pub(crate) speaker: Option<String>,
    /// Since the meeting began; on the wire in seconds, as is the end.
    #[serde(rename = "start_secs", serialize_with = "as_secs")]
    #[schema(value_type = f64)]
    pub(crate) start_ms: i64,
    #[serde(rename = "end_secs", serialize_with = "as_secs")]
    #[schema(value_type = f64)]
    pub(crate) end_ms: i64,
    pub(crate) text: String,
}

impl Meeting {
    /// The meeting once `transcript` has come. Only one that has none takes one.
    pub(crate) fn transcribed(self, transcript: &[TranscriptLine]) -> Result<Self, Error> {
        match self.status {
            MeetingStatus::Pending | MeetingStatus::Failed | MeetingStatus::NoTranscript => {}
            MeetingStatus::Fetched | MeetingStatus::Processing | MeetingStatus::Completed => {
                return Err(Error::Conflict("The meeting has a transcript"));
            }
        }
        let ended_at = transcript::ended_at(self.started_at, transcript).or(self.ended_at);
        Ok(Self {
            status: ingest::status(Some(transcript)),
            ended_at,
            duration_secs: duration_secs(self.started_at.0, ended_at.map(|end| end.0)),
            ..self
        })
    }
}

words! {
    /// How far the coaching of a meeting has come.
    MeetingStatus {
        /// There is no transcript yet.
        Pending => "pending",
        /// The transcript is there.
        Fetched => "fetched",
        /// A report is being made of it.
        Processing => "processing",
        /// The report is there.
        Completed => "completed",
        /// The recording or the report failed.
        Failed => "failed",
        /// The meeting ended and nobody recorded it.
        NoTranscript => "no_transcript",
    }
}

/// Which meetings of an organization are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MeetingFilter {
    pub(crate) status: Option<MeetingStatus>,
    pub(crate) user_id: Option<Uuid>,
    /// The first instant at which a listed meeting may have started.
    pub(crate) from: Option<Timestamp>,
    /// The exclusive end of those instants.
    pub(crate) to: Option<Timestamp>,
}

/// Whole seconds that a meeting took, if it has ended.
pub(crate) fn duration_secs(started_at: Timestamp, ended_at: Option<Timestamp>) -> Option<u64> {
    ended_at.map(|ended_at| (ended_at - started_at).as_secs())
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    clippy::cast_precision_loss,
    reason = "serde's signature; 2^53 milliseconds are longer than any meeting"
)]
fn as_secs<S: Serializer>(millis: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(*millis as f64 / 1000.0)
}
