//! What happens in the Mira API, on its way to webhooks.

use std::sync::Arc;

use mira_core::{Clock, MessageId, OrganizationId};
use mira_db::{BoxFuture, DbError, Tx};
use mira_key::Entropy;
use mira_meetings::{Event, Outbox};
use mira_webhook::{Event as Word, Message};
use serde_json::{Value, json};

/// Enqueues each event in the transaction that makes it true.
pub(crate) struct WebhookOutbox {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Outbox for WebhookOutbox {
    fn put<'t>(
        &'t self,
        tx: &'t mut Tx,
        organization_id: OrganizationId,
        event: Event,
    ) -> BoxFuture<'t, Result<(), DbError>> {
        let at = self.clock.now();
        Box::pin(async move {
            // Without random bytes there is no id, and without one no event: what it
            // tells of does not happen either.
            let id = MessageId::generate(at, self.entropy.as_ref());
            let id = id
                .map_err(|error| DbError::Unavailable(mira_db::Outage::Storage(Arc::new(error))))?;
            let (event, data) = describe(&event);
            let message = Message {
                id,
                organization_id,
                event,
                data,
                at,
            };
            mira_webhook::enqueue(tx, &message).await
        })
    }
}

/// The word of an event, and which things it happened to.
fn describe(event: &Event) -> (Word, Value) {
    match event {
        Event::TranscriptReady {
            meeting_id,
            user_id,
        } => (
            Word::MeetingTranscriptReady,
            json!({"meeting_id": meeting_id.to_string(), "user_id": user_id.map(|id| id.to_string())}),
        ),
        Event::ReportCompleted {
            report_id,
            meeting_id,
            user_id,
        } => (
            Word::ReportCompleted,
            json!({
                "report_id": report_id.to_string(),
                "meeting_id": meeting_id.to_string(),
                "user_id": user_id.map(|id| id.to_string()),
            }),
        ),
        Event::MeetingFailed {
            meeting_id,
            user_id,
        } => (
            Word::MeetingFailed,
            json!({"meeting_id": meeting_id.to_string(), "user_id": user_id.map(|id| id.to_string())}),
        ),
        Event::RoleplayCompleted { session_id } => (
            Word::RoleplayCompleted,
            json!({"session_id": session_id.to_string()}),
        ),
    }
}
