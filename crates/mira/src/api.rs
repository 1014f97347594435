//! The console API, as the environment and `mira login` say it is reached.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, USER_AGENT};
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;
use mira_core::OrganizationId;
use mira_outbound::{HttpClient, HttpVersions, OutboundError, read_bounded};
use serde_json::Value;

use crate::answer::Answer;
use crate::error::CommandError;
use crate::login::Login;

const DEFAULT_URL: &str = "http://127.0.0.1:8080";
/// Longer than the longest lease, which a revocation may have to wait for.
const DEADLINE: Duration = Duration::from_secs(90);
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The console API of one server.
pub(crate) struct Api {
    http: HttpClient,
    url: String,
    credential: Option<(HeaderName, HeaderValue)>,
}

impl Api {
    /// The server of `MIRA_URL`, of the stored session, or of this machine; as
    /// `MIRA_API_KEY` or the session that is stored for it.
    pub(crate) fn signed_in(environment: &BTreeMap<String, String>) -> Result<Self, CommandError> {
        let login = Login::read(environment)?;
        let key = environment
            .get("MIRA_API_KEY")
            .filter(|key| !key.is_empty());
        let url = set_url(environment)
            .or_else(|| login.as_ref().map(|login| login.url.clone()))
            .unwrap_or_else(|| DEFAULT_URL.to_owned());
        let credential = match (key, login) {
            (Some(key), _) => (AUTHORIZATION, secret(&format!("Bearer {}", key.trim()))?),
            (None, Some(login)) if login.url == url => (COOKIE, secret(&login.cookie)?),
            (None, _) => return Err(CommandError::NotSignedIn),
        };
        Ok(Self::new(url, Some(credential)))
    }

    /// The server of `MIRA_URL` or of this machine, as nobody.
    pub(crate) fn anonymous(environment: &BTreeMap<String, String>) -> Self {
        let url = set_url(environment).unwrap_or_else(|| DEFAULT_URL.to_owned());
        Self::new(url, None)
    }

    /// The server that `login` is for, as whoever signed in.
    pub(crate) fn of_login(login: &Login) -> Result<Self, CommandError> {
        let credential = (COOKIE, secret(&login.cookie)?);
        Ok(Self::new(login.url.clone(), Some(credential)))
    }

    fn new(url: String, credential: Option<(HeaderName, HeaderValue)>) -> Self {
        Self {
            // One request needs no connection that others could share.
            http: HttpClient::new().speaking(HttpVersions::Http1),
            url,
            credential,
        }
    }

    /// Where the server is, without a slash at its end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// GET.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, CommandError> {
        self.send(self.request(Method::GET, path, None)?).await
    }

    /// DELETE.
    pub(crate) async fn delete(&self, path: &str) -> Result<Answer, CommandError> {
        self.send(self.request(Method::DELETE, path, None)?).await
    }

    /// POST.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Answer, CommandError> {
        self.send(self.request(Method::POST, path, Some(body))?)
            .await
    }

    /// POST of a change; waits at most `secs` until it holds everywhere (RFC 7240 §4.3).
    pub(crate) async fn post_and_wait(
        &self,
        path: &str,
        body: &Value,
        secs: Option<u32>,
    ) -> Result<Answer, CommandError> {
        let mut request = self.request(Method::POST, path, Some(body))?;
        if let Some(secs) = secs {
            let wait = field(&format!("wait={secs}"))?;
            let prefer = HeaderName::from_static("prefer");
            request.headers_mut().insert(prefer, wait);
        }
        self.send(request).await
    }

    /// PATCH.
    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Result<Answer, CommandError> {
        self.send(self.request(Method::PATCH, path, Some(body))?)
            .await
    }

    /// PUT.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Answer, CommandError> {
        self.send(self.request(Method::PUT, path, Some(body))?)
            .await
    }

    /// The organization that was named, or else the caller's own.
    pub(crate) async fn organization(
        &self,
        named: Option<OrganizationId>,
    ) -> Result<String, CommandError> {
        if let Some(id) = named {
            return Ok(id.to_string());
        }
        let me = self.get("/v1/me").await?;
        let id = me.member("/organization/id");
        let id = id.ok_or_else(|| CommandError::NotMira {
            url: self.url.clone(),
            status: 200,
        });
        Ok(id?.to_owned())
    }

    /// A request to `path` with the credential.
    fn request(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Request<Full<Bytes>>, CommandError> {
        let target = format!("{}{path}", self.url);
        let uri = target
            .parse()
            .map_err(|_| self.fault(OutboundError::Address))?;
        let mut request = Request::new(Full::default());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(USER_AGENT, HeaderValue::from_static("mira-cli"));
        if let Some((name, value)) = &self.credential {
            headers.insert(name, value.clone());
        }
        if let Some(body) = body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Full::from(body.to_string());
        }
        Ok(request)
    }

    /// Sends a request and reads the whole answer.
    async fn send(&self, request: Request<Full<Bytes>>) -> Result<Answer, CommandError> {
        let answer = self.http.send(request, DEADLINE).await;
        let (head, body) = answer.map_err(|reason| self.fault(reason))?.into_parts();
        let body = read_bounded(body, MAX_ANSWER_BYTES, DEADLINE).await;
        let body = body.map_err(|reason| self.fault(reason))?;
        Answer::read(&self.url, head, body)
    }

    fn fault(&self, reason: OutboundError) -> CommandError {
        let url = self.url.clone();
        CommandError::Unreachable { url, reason }
    }
}

fn set_url(environment: &BTreeMap<String, String>) -> Option<String> {
    let url = environment.get("MIRA_URL")?.trim_end_matches('/');
    (!url.is_empty()).then(|| url.to_owned())
}

fn secret(text: &str) -> Result<HeaderValue, CommandError> {
    let mut value = field(text)?;
    value.set_sensitive(true);
    Ok(value)
}

fn field(text: &str) -> Result<HeaderValue, CommandError> {
    HeaderValue::from_str(text).map_err(|_| CommandError::UnprintableKey)
}
