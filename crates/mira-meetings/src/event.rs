//! What happens to meetings that others want to know of, and the door through which
//! it is told: inside the transaction that makes it true.

use mira_core::OrganizationId;
use mira_db::{BoxFuture, DbError, Tx};
use uuid::Uuid;

/// Something that has happened. The names on the wire are the documented ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// `meeting.transcript_ready`: what was said in a meeting is here.
    TranscriptReady {
        /// The meeting.
        meeting_id: Uuid,
        /// Whose meeting it is.
        user_id: Option<Uuid>,
    },
    /// `report.completed`: a report was made.
    ReportCompleted {
        /// The report.
        report_id: Uuid,
        /// Its meeting.
        meeting_id: Uuid,
        /// Whose meeting it is.
        user_id: Option<Uuid>,
    },
    /// `meeting.failed`: no report could be made.
    MeetingFailed {
        /// The meeting.
        meeting_id: Uuid,
        /// Whose meeting it is.
        user_id: Option<Uuid>,
    },
    /// `roleplay.completed`: a session was scored.
    RoleplayCompleted {
        /// The session.
        session_id: Uuid,
    },
}

impl Event {
    /// The documented name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TranscriptReady { .. } => "meeting.transcript_ready",
            Self::ReportCompleted { .. } => "report.completed",
            Self::MeetingFailed { .. } => "meeting.failed",
            Self::RoleplayCompleted { .. } => "roleplay.completed",
        }
    }
}

/// Takes events in the transaction that makes them true, so that an event is
/// told if and only if it happened.
pub trait Outbox: Send + Sync {
    /// Notes `event` of `organization` in `tx`. It may wait for nothing else.
    fn put<'t>(
        &'t self,
        tx: &'t mut Tx,
        organization: OrganizationId,
        event: Event,
    ) -> BoxFuture<'t, Result<(), DbError>>;
}

/// An outbox that nobody empties.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoOutbox;

impl Outbox for NoOutbox {
    fn put<'t>(
        &'t self,
        _: &'t mut Tx,
        _: OrganizationId,
        _: Event,
    ) -> BoxFuture<'t, Result<(), DbError>> {
        Box::pin(async { Ok(()) })
    }
}
