//! What webhooks tell of.

use mira_core::words;

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// A coaching report was made.
    ReportCompleted,
    /// A meeting's transcript can be read.
    MeetingTranscriptReady,
    /// A meeting's recording or transcript failed.
    MeetingFailed,
    /// A roleplay session was scored.
    RoleplayCompleted,
}

words!(Event, "event", {
    ReportCompleted => "report.completed",
    MeetingTranscriptReady => "meeting.transcript_ready",
    MeetingFailed => "meeting.failed",
    RoleplayCompleted => "roleplay.completed",
});
