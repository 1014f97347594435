//! What is to be told, once, to whoever wants to know.

use jiff::Timestamp as Instant;
use mira_core::{MessageId, OrganizationId, Timestamp};
use serde_json::{Value, json};

use crate::Event;

/// Something that happened in one organization.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Its id, the same at every attempt: the `webhook-id`.
    pub id: MessageId,
    /// Where it happened.
    pub organization_id: OrganizationId,
    /// What happened.
    pub event: Event,
    /// Which things it happened to: their ids, never a secret.
    pub data: Value,
    /// When.
    pub at: Timestamp,
}

impl Message {
    /// The JSON that is sent: `event`, `data` and `timestamp` (RFC 3339, UTC,
    /// milliseconds).
    pub(crate) fn body(&self) -> String {
        let instant = Instant::from_millisecond(self.at.as_millis()).unwrap_or(Instant::UNIX_EPOCH);
        let (event, timestamp) = (json!(self.event.as_str()), json!(format!("{instant:.3}")));
        // Written out, so that the order of members does not depend on how a map keeps
        // them.
        format!(
            r#"{{"event":{event},"data":{},"timestamp":{timestamp}}}"#,
            self.data
        )
    }
}
