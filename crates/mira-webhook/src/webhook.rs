//! One place that wants to be told.

use std::collections::BTreeSet;

use mira_core::{OrganizationId, Timestamp, WebhookId};

use crate::{Event, Receiver, SigningSecret};

/// A webhook of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The organization whose events it gets.
    pub organization_id: OrganizationId,
    /// Where they are sent.
    pub url: Receiver,
    /// What people call it; may be empty.
    pub description: String,
    /// Which events it gets, at least one.
    pub events: BTreeSet<Event>,
    /// Whether anything is sent now.
    pub is_enabled: bool,
    /// What signs.
    pub secrets: WebhookSecrets,
    /// When it was made.
    pub created_at: Timestamp,
}

/// The secret of a webhook, and for a while the one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookSecrets {
    pub(crate) current: SigningSecret,
    /// Signs too until this instant, which is outside.
    pub(crate) previous: Option<(SigningSecret, Timestamp)>,
}

impl WebhookSecrets {
    /// How long a secret goes on signing after it was rotated, in milliseconds: a day.
    const OVERLAP_MILLIS: i64 = 24 * 60 * 60 * 1_000;

    /// One secret.
    pub fn new(current: SigningSecret) -> Self {
        Self {
            current,
            previous: None,
        }
    }

    /// The newest.
    pub fn current(&self) -> &SigningSecret {
        &self.current
    }

    /// `next` signs from now on, and what signed until now for one more day. A
    /// secret that was on its way out is gone.
    pub fn rotate(self, next: SigningSecret, now: Timestamp) -> Self {
        let until = now.as_millis().saturating_add(Self::OVERLAP_MILLIS);
        Self {
            current: next,
            previous: Some((self.current, Timestamp::from_millis(until))),
        }
    }

    /// What signs at `now`, the newest first.
    pub(crate) fn at(&self, now: Timestamp) -> impl Iterator<Item = &SigningSecret> {
        let previous = self.previous.iter();
        let previous = previous.filter(move |(_, until)| !now.has_reached(*until));
        std::iter::once(&self.current).chain(previous.map(|(secret, _)| secret))
    }
}
