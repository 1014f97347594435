//! Outbound HTTP and the OpenAI-compatible model client on it. One client with
//! deadlines and pools for everything that leaves the process: model calls, and
//! webhooks with rules about where they may go. Nothing here follows a redirect,
//! and no error repeats an address, a credential or what the far side wrote.

mod address_rules;
mod body;
mod chat;
mod client;
mod error;
mod http_versions;
mod model;
mod origin;
mod resolver;
mod secret;
mod transport;

pub use address_rules::AddressRules;
pub use body::{Body, read_bounded};
pub use chat::{ChatAnswer, ChatRequest, Message, ResponseFormat, Role, Usage};
pub use client::HttpClient;
pub use error::OutboundError;
pub use http_versions::HttpVersions;
pub use model::{InvalidModel, MAX_ANSWER_BYTES, Model, ModelClient, ModelError};
pub use secret::SecretText;
