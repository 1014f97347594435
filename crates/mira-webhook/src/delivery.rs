//! One message on its way to one webhook.

use mira_core::{DeliveryId, MessageId, Timestamp, WebhookId, words};

use crate::Event;

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It will be attempted, for the first time or again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// It will not be attempted again by itself.
    Failed,
}

/// Why an attempt did not deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// The receiver answered with a status other than 2xx.
    Status,
    /// The host name has no address.
    Unresolved,
    /// The address is not public.
    Forbidden,
    /// There was no connection.
    Connect,
    /// The receiver's certificate is not trusted, or it speaks no TLS.
    Tls,
    /// The connection broke.
    Broken,
    /// There was no answer in time.
    Timeout,
    /// The webhook was deleted or switched off.
    Gone,
}

/// A delivery and its last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// To whom.
    pub webhook_id: WebhookId,
    /// What.
    pub message_id: MessageId,
    /// What happened.
    pub event: Event,
    /// How far it has come.
    pub state: DeliveryState,
    /// How often it was attempted since it was last asked for.
    pub attempts: u32,
    /// When it is attempted next, while it is pending.
    pub next_attempt_at: Timestamp,
    /// When it was attempted last.
    pub last_attempt_at: Option<Timestamp>,
    /// The HTTP status of the last answer.
    pub last_status: Option<u16>,
    /// What went wrong at the last attempt.
    pub last_problem: Option<Problem>,
    /// When the message was made.
    pub created_at: Timestamp,
}

words!(DeliveryState, "delivery state", {
    Pending => "pending",
    Delivered => "delivered",
    Failed => "failed",
});

words!(Problem, "problem", {
    Status => "status",
    Unresolved => "unresolved",
    Forbidden => "forbidden",
    Connect => "connect",
    Tls => "tls",
    Broken => "broken",
    Timeout => "timeout",
    Gone => "gone",
});
