//! A roleplay session: a conversation with a model that plays a customer, judged
//! when it is over.

use mira_core::Timestamp;
use mira_wire::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::invalid::Invalid;
use crate::report::Verdict;
use crate::text;
use crate::word::{Word, words};

/// One session of an organization.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RoleplaySession {
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: Uuid,
    /// What the conversation is about.
    pub(crate) scenario: String,
    /// Whom the model plays; null leaves it to the model.
    pub(crate) persona: Option<String>,
    /// What the session is scored by; null also once that template is deleted.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) template_id: Option<Uuid>,
    pub(crate) status: RoleplayStatus,
    /// What the model has judged; null until the session is completed.
    pub(crate) result: Option<Verdict>,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Instant,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) completed_at: Option<Instant>,
}

/// A session as one is shown, with all that was said.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct RoleplayTranscript {
    #[serde(flatten)]
    pub(crate) session: RoleplaySession,
    pub(crate) messages: Vec<RoleplayMessage>,
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RoleplayMessage {
    pub(crate) role: RoleplayRole,
    pub(crate) content: String,
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: Instant,
}

/// A message, and what the counterpart said to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RoleplayExchange {
    pub(crate) message: RoleplayMessage,
    pub(crate) reply: RoleplayMessage,
}

words! {
    /// Whether a session goes on.
    RoleplayStatus {
        /// It goes on.
        Active => "active",
        /// It is over, and was judged.
        Completed => "completed",
    }
}

words! {
    /// Who speaks in a session.
    RoleplayRole {
        /// The one who rehearses.
        User => "user",
        /// The customer, whom a model plays.
        Counterpart => "counterpart",
    }
}

/// What a caller says to start a session.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRoleplaySession, example = json!({
    "scenario": "A renewal at twice the price", "persona": "A buyer who is short of time",
}))]
pub(crate) struct RoleplayBody {
    /// What the conversation is about.
    #[schema(min_length = 1, max_length = 4_000)]
    scenario: String,
    /// Whom the model plays.
    #[schema(min_length = 1, max_length = 2_000)]
    persona: Option<String>,
    /// The template that the session is scored by.
    // A text, because one that is no UUID names a template that does not exist.
    #[schema(value_type = Option<String>, format = Uuid)]
    pub(crate) template_id: Option<String>,
}

/// What a caller says to the customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRoleplayMessage, example = json!({"content": "What would a late van cost you?"}))]
pub(crate) struct MessageBody {
    /// What is said.
    #[schema(min_length = 1, max_length = 4_000)]
    content: String,
}

/// How a session is ended: with nothing to say.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RoleplayCompletion, example = json!({}))]
pub(crate) struct CompletionBody {}

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
            scenario: text::prose("scenario", self.scenario, MAX_TEXT)?,
            persona: persona.transpose()?,
            template_id,
            status: RoleplayStatus::Active,
            result: None,
            created_at: Instant(now),
            completed_at: None,
        })
    }
}

impl MessageBody {
    /// The message, said at `now`.
    pub(crate) fn check(self, now: Timestamp) -> Result<RoleplayMessage, Invalid> {
        Ok(RoleplayMessage {
            role: RoleplayRole::User,
            content: text::prose("content", self.content, MAX_TEXT)?,
            created_at: Instant(now),
        })
    }
}

const MAX_TEXT: usize = 4_000;
const MAX_PERSONA: usize = 2_000;
