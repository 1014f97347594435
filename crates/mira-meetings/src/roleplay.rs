//! A roleplay session: a conversation with a model that plays a customer.

use mira_core::Timestamp;
use mira_wire::Instant;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::invalid::Invalid;
use crate::text;

/// One session of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RoleplaySession {
    pub(crate) id: Uuid,
    /// What the conversation is about.
    pub(crate) scenario: String,
    /// Whom the model plays; absent leaves it to the model.
    pub(crate) persona: Option<String>,
    /// What the session is scored by; absent also once that template is deleted.
    pub(crate) template_id: Option<Uuid>,
    pub(crate) created_at: Instant,
}

/// What a caller says to start a session.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleplayBody {
    scenario: String,
    persona: Option<String>,
    /// A text, because one that is no UUID names a template that does not exist.
    pub(crate) template_id: Option<String>,
}

impl RoleplayBody {
    /// The session that this describes, scored by `template_id`.
    pub(crate) fn start(
        self,
        id: Uuid,
        template_id: Option<Uuid>,
        now: Timestamp,
    ) -> Result<RoleplaySession, Invalid> {
        let persona = self
            .persona
            .map(|persona| text::prose("persona", persona, MAX_PERSONA));
        Ok(RoleplaySession {
            id,
            scenario: text::prose("scenario", self.scenario, MAX_SCENARIO)?,
            persona: persona.transpose()?,
            template_id,
            created_at: Instant(now),
        })
    }
}

const MAX_SCENARIO: usize = 4_000;
const MAX_PERSONA: usize = 2_000;
