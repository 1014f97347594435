//! A configured model behind an OpenAI-compatible provider: ask it one question
//! and get the text, or pass a ready body through and get the stream.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use tokio::time::timeout;

use crate::client::is_http;
use crate::{Body, ChatAnswer, ChatRequest, HttpClient, OutboundError, SecretText, read_bounded};

/// The longest answer [`ModelClient::complete`] reads, in bytes. Short answers are
/// asked for; what a model thought aloud beside them may be longer.
pub const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// How often a question is asked at most, if the provider did nothing with it.
const MAX_ATTEMPTS: u32 = 3;

/// A model as configured.
#[derive(Clone)]
pub struct Model {
    /// The name callers of this server use, `openai/gpt-4o-mini` for example.
    pub id: String,
    /// The name the provider knows; often the same.
    pub name: String,
    /// The provider's address up to and including its version segment,
    /// `http://127.0.0.1:11434/v1` for example. No credentials, no query.
    pub base_url: String,
    /// The provider's key, sent as a bearer token.
    pub api_key: Option<SecretText>,
}

/// Why a configured model cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidModel {
    /// `id` or `name` is empty.
    #[error("a model needs a name")]
    Name,
    /// `base_url` is not an absolute `http` or `https` URL, or carries
    /// credentials or a query.
    #[error("base_url must be http(s)://host[:port]/path without credentials and query")]
    BaseUrl,
    /// The key is empty or has characters a header cannot carry.
    #[error("the API key is empty or has characters a header cannot carry")]
    ApiKey,
}

/// Why a model gave no usable answer. Says nothing of the provider's key,
/// address or text, so it may be logged and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// No complete answer came over the wire.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The provider answered with another status than 2xx; redirects count.
    #[error("the provider answered with status {}", .0.as_u16())]
    Refused(StatusCode),
    /// The answer is not UTF-8.
    #[error("the provider's answer is not UTF-8")]
    NotUtf8,
    /// The answer is not a chat completion in JSON.
    #[error("the provider's answer is not a chat completion")]
    UnknownFormat,
    /// The answer has no choices.
    #[error("the provider's answer has no choices")]
    NoChoice,
    /// The first choice has no text.
    #[error("the provider's answer has no text")]
    NoText,
    /// The first choice calls a tool instead of answering.
    #[error("the provider's answer calls a tool")]
    ToolCall,
}

/// Asks one configured model; clones share the connections of the client.
#[derive(Clone)]
pub struct ModelClient {
    http: HttpClient,
    id: String,
    name: String,
    endpoint: Uri,
    authorization: Option<HeaderValue>,
}

impl ModelClient {
    /// Checks the configuration; opens no connection.
    pub fn new(http: HttpClient, model: Model) -> Result<Self, InvalidModel> {
        let Model {
            id,
            name,
            base_url,
            api_key,
        } = model;
        if id.is_empty() || name.is_empty() {
            return Err(InvalidModel::Name);
        }
        let authorization = api_key.as_ref().map(authorization).transpose()?;
        Ok(Self {
            http,
            id,
            name,
            endpoint: endpoint(&base_url)?,
            authorization,
        })
    }

    /// The name callers of this server use.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name the provider knows; what `model` in a forwarded body must be.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks and waits for the whole answer. `deadline` covers everything from
    /// the connection to the last byte; an answer has at most
    /// [`MAX_ANSWER_BYTES`]. Dropping the future abandons the call.
    pub async fn complete(
        &self,
        request: &ChatRequest,
        deadline: Duration,
    ) -> Result<ChatAnswer, ModelError> {
        // The question is written again for another attempt, so that nobody keeps it
        // while the model thinks.
        let exchange = async {
            let response = self.send(|| request.to_body(&self.name), deadline).await?;
            Ok::<_, ModelError>(
                read_bounded(response.into_body(), MAX_ANSWER_BYTES, deadline).await?,
            )
        };
        let body = timeout(deadline, exchange)
            .await
            .map_err(|_| OutboundError::Deadline)??;
        ChatAnswer::parse(&body)
    }

    /// Sends a ready JSON body and returns the answer as it streams, plain or
    /// as events. `patience` is the longest wait for the head of the answer and
    /// then for each next frame. The status is 2xx; the other headers are the
    /// provider's and not meant for third parties. Dropping the body abandons
    /// the call.
    pub async fn forward(
        &self,
        body: Bytes,
        patience: Duration,
    ) -> Result<Response<Body>, ModelError> {
        let response = self.send(|| body.clone(), patience).await?;
        Ok(response.map(|body| body.with_silence_limit(patience)))
    }

    /// Asks again where the provider did nothing with the question.
    async fn send(
        &self,
        body: impl Fn() -> Bytes,
        deadline: Duration,
    ) -> Result<Response<Body>, ModelError> {
        let asking = async {
            let mut attempts = 1;
            loop {
                match self.http.send(self.request(body()), deadline).await {
                    Err(OutboundError::Unprocessed) if attempts < MAX_ATTEMPTS => attempts += 1,
                    answered => return answered,
                }
            }
        };
        let answered = timeout(deadline, asking).await;
        let response = answered.map_err(|_| OutboundError::Deadline)??;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(ModelError::Refused(response.status()))
        }
    }

    fn request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = self.endpoint.clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static("mira"));
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        request
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ModelClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelClient")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn endpoint(base_url: &str) -> Result<Uri, InvalidModel> {
    let address = format!("{}/chat/completions", base_url.trim_end_matches('/'));
    let uri: Uri = address.parse().map_err(|_| InvalidModel::BaseUrl)?;
    let has_credentials = uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'));
    if is_http(&uri) && !has_credentials && !address.contains(['?', '#']) {
        Ok(uri)
    } else {
        Err(InvalidModel::BaseUrl)
    }
}

fn authorization(api_key: &SecretText) -> Result<HeaderValue, InvalidModel> {
    let key = api_key.expose();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(InvalidModel::ApiKey);
    }
    let bearer = zeroize::Zeroizing::new(format!("Bearer {key}"));
    let mut value = HeaderValue::from_str(&bearer).map_err(|_| InvalidModel::ApiKey)?;
    value.set_sensitive(true);
    Ok(value)
}
