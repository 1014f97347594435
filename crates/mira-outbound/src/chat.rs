//! The chat completion exchange in OpenAI's form: what a caller asks, the JSON
//! that says it, and what may come back. Only plain text answers count.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::ModelError;

/// One question to a model, answered in one piece.
#[derive(Clone, Debug, Default, Serialize)]
pub struct ChatRequest {
    /// The conversation, oldest message first.
    pub messages: Vec<Message>,
    /// Sampling temperature, 0 to 2; the provider's default if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// The longest answer, in tokens; the provider's default if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// The form of the answer; text if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<ResponseFormat>,
}

/// One message of a conversation.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

/// Who speaks in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The one who sets the task.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

/// A form the provider is asked to hold the answer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ResponseFormat {
    /// One JSON object; the messages must mention JSON too.
    JsonObject,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatAnswer {
    /// The text of the first choice; may be empty.
    pub text: String,
    /// The tokens used, if the provider says so intelligibly.
    pub usage: Option<Usage>,
}

/// Tokens used by one call, as the provider counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ReportedUsage")]
pub struct Usage {
    /// Tokens of the question.
    pub prompt_tokens: u64,
    /// Tokens of the answer.
    pub completion_tokens: u64,
    /// Both together; their sum if the provider names no total.
    pub total_tokens: u64,
}

impl Message {
    /// A message that sets the task.
    pub fn system(content: impl Into<String>) -> Self {
        Self {
            role: Role::System,
            content: content.into(),
        }
    }

    /// A message that asks.
    pub fn user(content: impl Into<String>) -> Self {
        Self {
            role: Role::User,
            content: content.into(),
        }
    }
}

impl ChatRequest {
    /// The body that asks `model` this, without streaming.
    #[expect(
        clippy::expect_used,
        reason = "strings, numbers and lists have a JSON form"
    )]
    pub(crate) fn to_body(&self, model: &str) -> Bytes {
        #[derive(Serialize)]
        struct Asked<'a> {
            model: &'a str,
            stream: bool,
            #[serde(flatten)]
            request: &'a ChatRequest,
        }
        let asked = Asked {
            model,
            stream: false,
            request: self,
        };
        serde_json::to_vec(&asked)
            .expect("a chat request has a JSON form")
            .into()
    }
}

impl ChatAnswer {
    /// Reads the body of a 2xx answer.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, ModelError> {
        let text = std::str::from_utf8(body).map_err(|_| ModelError::NotUtf8)?;
        let completion: Completion =
            serde_json::from_str(text).map_err(|_| ModelError::UnknownFormat)?;
        let choice = completion
            .choices
            .into_iter()
            .next()
            .ok_or(ModelError::NoChoice)?;
        if choice.message.calls_a_tool() {
            return Err(ModelError::ToolCall);
        }
        let text = choice.message.content.ok_or(ModelError::NoText)?;
        let usage = completion
            .usage
            .and_then(|usage| serde_json::from_value(usage).ok());
        Ok(Self { text, usage })
    }
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
    // Read apart: an odd count must not cost the answer.
    usage: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Choice {
    message: ChoiceMessage,
}

#[derive(Deserialize)]
struct ChoiceMessage {
    content: Option<String>,
    tool_calls: Option<Vec<serde_json::Value>>,
    function_call: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names on the wire")]
struct ReportedUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: Option<u64>,
}

impl ChoiceMessage {
    fn calls_a_tool(&self) -> bool {
        self.function_call.is_some()
            || self
                .tool_calls
                .as_ref()
                .is_some_and(|calls| !calls.is_empty())
    }
}

impl From<ReportedUsage> for Usage {
    fn from(reported: ReportedUsage) -> Self {
        let ReportedUsage {
            prompt_tokens,
            completion_tokens,
            total_tokens,
        } = reported;
        let sum = prompt_tokens.saturating_add(completion_tokens);
        Self {
            prompt_tokens,
            completion_tokens,
            total_tokens: total_tokens.unwrap_or(sum),
        }
    }
}
