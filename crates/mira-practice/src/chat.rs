//! The chat completion format: the parts of a question the rules look at, and
//! the answer as one object, as stream chunks, or as an error.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// 2026-01-01T00:00:00Z: a fixed instant keeps answers equal to the byte.
const CREATED: u64 = 1_767_225_600;

#[derive(Deserialize)]
pub(crate) struct Question {
    pub(crate) model: String,
    pub(crate) messages: Vec<Message>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    max_tokens: Option<usize>,
    max_completion_tokens: Option<usize>,
}

#[derive(Deserialize)]
pub(crate) struct Message {
    pub(crate) role: String,
    #[serde(default)]
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
    Nothing(()),
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// A finished answer, ready to be written in either form.
pub(crate) struct Answer {
    id: String,
    model: &'static str,
    text: String,
    finish_reason: &'static str,
    usage: Usage,
}

#[derive(Clone, Copy, Serialize)]
#[expect(clippy::struct_field_names, reason = "the names on the wire")]
struct Usage {
    prompt_tokens: usize,
    completion_tokens: usize,
    total_tokens: usize,
}

impl Question {
    pub(crate) fn wants_stream(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    /// Whether the counts shall come in a chunk of their own, without choices.
    pub(crate) fn wants_usage_chunk(&self) -> bool {
        self.stream_options
            .as_ref()
            .and_then(|options| options.include_usage)
            .unwrap_or(false)
    }

    fn max_tokens(&self) -> usize {
        self.max_completion_tokens
            .or(self.max_tokens)
            .unwrap_or(usize::MAX)
    }

    /// FNV-1a over everything the answer depends on.
    fn id(&self) -> String {
        let said = self
            .messages
            .iter()
            .flat_map(|message| [message.role.clone(), message.text()]);
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let hash = said
            .chain([self.model.clone()])
            .fold(0xcbf2_9ce4_8422_2325, |hash, text| {
                // A byte that UTF-8 never has keeps neighbors apart.
                text.bytes().chain([0xff]).fold(hash, fold)
            });
        format!("chatcmpl-practice-{hash:016x}")
    }
}

impl Message {
    pub(crate) fn text(&self) -> String {
        match &self.content {
            Content::Text(text) => text.clone(),
            Content::Parts(parts) => {
                let texts: Vec<&str> = parts
                    .iter()
                    .filter_map(|part| part.text.as_deref())
                    .collect();
                texts.join("\n")
            }
            Content::Nothing(()) => String::new(),
        }
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::Nothing(())
    }
}

impl Answer {
    pub(crate) fn new(question: &Question, model: &'static str, mut text: String) -> Self {
        let end = end_of_words(&text, question.max_tokens());
        let finish_reason = if end < text.trim_end().len() {
            "length"
        } else {
            "stop"
        };
        text.truncate(end);
        let prompt_tokens = question
            .messages
            .iter()
            .map(|message| tokens(&message.text()))
            .sum();
        let completion_tokens = tokens(&text);
        let total_tokens = prompt_tokens + completion_tokens;
        let usage = Usage {
            prompt_tokens,
            completion_tokens,
            total_tokens,
        };
        Self {
            id: question.id(),
            model,
            text,
            finish_reason,
            usage,
        }
    }

    /// The answer as one object.
    pub(crate) fn completion(&self) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion",
            "created": CREATED,
            "model": self.model,
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": self.text},
                "finish_reason": self.finish_reason,
            }],
            "usage": self.usage,
        })
    }

    /// The answer as chunks, a word each. The counts are in the last chunk: the
    /// one with the finish reason, or one of their own if the caller asked.
    pub(crate) fn into_chunks(self, usage_chunk: bool) -> impl Iterator<Item = Value> {
        let words: Vec<String> = self
            .text
            .split_inclusive(char::is_whitespace)
            .map(str::to_owned)
            .collect();
        let start = choice(&json!({"role": "assistant", "content": ""}), None);
        let mut end = choice(&json!({}), Some(self.finish_reason));
        let mut counts = None;
        if usage_chunk {
            counts = Some(json!({"choices": [], "usage": self.usage}));
        } else if let Some(members) = end.as_object_mut() {
            members.insert("usage".to_owned(), json!(self.usage));
        }
        let words = words
            .into_iter()
            .map(|word| choice(&json!({"content": word}), None));
        let chunks = [start].into_iter().chain(words).chain([end]).chain(counts);
        chunks.map(move |mut chunk| {
            if let Some(members) = chunk.as_object_mut() {
                members.insert("id".to_owned(), json!(self.id));
                members.insert("object".to_owned(), json!("chat.completion.chunk"));
                members.insert("created".to_owned(), json!(CREATED));
                members.insert("model".to_owned(), json!(self.model));
            }
            chunk
        })
    }
}

fn choice(delta: &Value, finish_reason: Option<&str>) -> Value {
    json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})
}

/// The error object of the format.
pub(crate) fn error(message: &str, code: Option<&str>) -> Value {
    let kind = "invalid_request_error";
    json!({"error": {"message": message, "type": kind, "param": null, "code": code}})
}

/// Tokens of a text: its words.
fn tokens(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Where the first `count` words of a text end; the whole length if it has no
/// more.
fn end_of_words(text: &str, count: usize) -> usize {
    let mut in_word = false;
    let mut ended = 0;
    for (at, c) in text.char_indices() {
        if in_word && c.is_whitespace() {
            ended += 1;
        }
        if ended == count {
            return at;
        }
        in_word = !c.is_whitespace();
    }
    text.len()
}
