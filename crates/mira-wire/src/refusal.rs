//! One refusal, and the one table that says how it reads.

use std::borrow::Cow;

use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use mira_core::{Denial, Denied, Quota, Timestamp};

use crate::{Dialect, ErrorCode, quota_headers};

const CODE_HEADER: HeaderName = HeaderName::from_static("x-mira-code");

/// Why a request was not carried out, before a dialect gives it a body.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    text: Cow<'static, str>,
    /// What the Mira API says instead of `text`.
    mira_api_text: Option<String>,
    /// What is added to the two members of the other shapes.
    addition: Option<Box<(&'static str, serde_json::Value)>>,
    challenge: Option<Cow<'static, str>>,
    retry_after_secs: Option<u64>,
    allow: Option<String>,
    quota: Option<Quota>,
}

/// A row of the table: status, challenge error, title, text.
type Row = (
    StatusCode,
    Option<&'static str>,
    &'static str,
    Cow<'static, str>,
);

impl Refusal {
    /// The refusal of a request that was decided against at `now`.
    pub fn denied(denied: &Denied, now: Timestamp) -> Self {
        let (status, challenge_error, title, text) = row(&denied.denial);
        let mut refusal = Self {
            challenge: Some(challenge(challenge_error, &denied.denial)),
            quota: denied.quota,
            ..Self::bare(status, denied.denial.code(), title, text)
        };
        match denied.denial {
            Denial::InsufficientBalance(balance) => {
                refusal.addition = Some(Box::new(("balance", balance_number(balance))));
            }
            Denial::RateLimitedMinute(quota) | Denial::RateLimitedDay(quota) => {
                let secs = quota.retry_after_secs(now);
                refusal.retry_after_secs = Some(secs);
                refusal.addition = Some(Box::new(("resetAt", quota.reset.as_secs().into())));
                refusal.mira_api_text = Some(format!(
                    "Rate limit exceeded. Please retry after {secs} seconds."
                ));
            }
            _ => {}
        }
        refusal
    }

    /// "We could not know": never a yes, and never a 401 that makes clients
    /// throw good keys away.
    pub fn unavailable() -> Self {
        Self {
            challenge: Some(Cow::Borrowed(BARE_CHALLENGE)),
            ..Self::error(ErrorCode::Unavailable)
        }
    }

    /// An error with its usual text.
    pub fn error(code: ErrorCode) -> Self {
        let challenge =
            (code.status() == StatusCode::UNAUTHORIZED).then_some(Cow::Borrowed(BARE_CHALLENGE));
        let retry_after_secs = (code.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        Self {
            challenge,
            retry_after_secs,
            ..Self::bare(
                code.status(),
                code.as_str(),
                code.title(),
                code.text().into(),
            )
        }
    }

    /// An error with a text that says what exactly was wrong. The text must not
    /// repeat a secret.
    pub fn because(code: ErrorCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            text: text.into(),
            ..Self::error(code)
        }
    }

    /// The path exists, with the methods `allow` (RFC 9110 §10.2.1).
    pub fn method_not_allowed(allow: String) -> Self {
        Self {
            allow: Some(allow),
            ..Self::error(ErrorCode::MethodNotAllowed)
        }
    }

    /// Bad input, with what was wrong.
    pub fn invalid(text: impl Into<Cow<'static, str>>) -> Self {
        Self::because(ErrorCode::InvalidRequest, text)
    }

    /// The same refusal with a `Retry-After`, in seconds.
    pub fn retry_after(self, secs: u64) -> Self {
        Self {
            retry_after_secs: Some(secs),
            ..self
        }
    }

    /// The same refusal with the windows of the key in its headers.
    pub fn with_quota(self, quota: Option<Quota>) -> Self {
        Self { quota, ..self }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// What kind of refusal it is, in a word or two.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// What is said to people.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The body, in the shape of `dialect`. Members stand in the order in which
    /// the published pages print them.
    pub fn body(&self, dialect: Dialect) -> Bytes {
        let text = serde_json::Value::from(self.text.as_ref());
        let title = serde_json::Value::from(self.title);
        let body = match dialect {
            Dialect::MiraApi => {
                let text = self.mira_api_text.as_deref().unwrap_or(&self.text);
                let text = serde_json::Value::from(text);
                format!(r#"{{"data":null,"error":{text},"meta":null}}"#)
            }
            Dialect::Network | Dialect::Console => {
                let code = match dialect {
                    Dialect::Console => format!(r#","code":"{}""#, self.code),
                    _ => String::new(),
                };
                let addition = match self.addition.as_deref() {
                    Some((name, value)) => format!(r#","{name}":{value}"#),
                    None => String::new(),
                };
                format!(r#"{{"error":{title},"message":{text}{code}{addition}}}"#)
            }
        };
        Bytes::from(body)
    }

    /// The headers that go with the body.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(CODE_HEADER, HeaderValue::from_static(self.code));
        if let Some(challenge) = &self.challenge
            && let Ok(value) = HeaderValue::from_str(challenge)
        {
            headers.insert(WWW_AUTHENTICATE, value);
        }
        if let Some(allow) = &self.allow
            && let Ok(value) = HeaderValue::from_str(allow)
        {
            headers.insert(ALLOW, value);
        }
        if let Some(secs) = self.retry_after_secs {
            headers.insert(RETRY_AFTER, HeaderValue::from(secs));
        }
        if let Some(quota) = self.quota {
            quota_headers(&mut headers, quota);
        }
        headers
    }

    fn bare(
        status: StatusCode,
        code: &'static str,
        title: &'static str,
        text: Cow<'static, str>,
    ) -> Self {
        Self {
            status,
            code,
            title,
            text,
            mira_api_text: None,
            addition: None,
            challenge: None,
            retry_after_secs: None,
            allow: None,
            quota: None,
        }
    }
}

const BARE_CHALLENGE: &str = r#"Bearer realm="mira""#;

/// The table. RFC 6750 would answer 403 for a key of another service; the
/// published pages say 401, and this is the one place that knows.
fn row(denial: &Denial) -> Row {
    const INVALID_TOKEN: Option<&str> = Some("invalid_token");
    let (status, challenge_error, text) = match denial {
        Denial::MissingKey => (401, None, "Invalid or missing API key"),
        Denial::InvalidKey => (401, INVALID_TOKEN, "Invalid or missing API key"),
        Denial::AmbiguousCredentials => (400, Some("invalid_request"), "Ambiguous credentials"),
        Denial::RevokedKey => (401, INVALID_TOKEN, "API key has been revoked"),
        Denial::ExpiredKey => (401, INVALID_TOKEN, "API key has expired"),
        Denial::SuspendedKey => (401, INVALID_TOKEN, "API key is suspended"),
        Denial::WrongService => (
            401,
            INVALID_TOKEN,
            "API key not authorized for this service",
        ),
        Denial::WrongEnvironment => (
            401,
            INVALID_TOKEN,
            "API key not authorized for this environment",
        ),
        Denial::AddressNotAllowed => (403, None, "API key not allowed from this address"),
        Denial::SubscriptionRequired => (
            403,
            None,
            "API access requires an active Business or Enterprise subscription",
        ),
        Denial::MissingPermission(permission) => {
            let text = format!("API key lacks the {permission} permission");
            return (
                StatusCode::FORBIDDEN,
                Some("insufficient_scope"),
                "Forbidden",
                text.into(),
            );
        }
        Denial::InsufficientBalance(_) => (402, None, "Insufficient balance"),
        Denial::RateLimitedMinute(_) => (429, None, "Too many requests per minute"),
        Denial::RateLimitedDay(_) => (429, None, "Daily request limit exceeded"),
    };
    let (status, title) = match status {
        400 => (StatusCode::BAD_REQUEST, "Bad Request"),
        402 => (StatusCode::PAYMENT_REQUIRED, "Payment Required"),
        403 => (StatusCode::FORBIDDEN, "Forbidden"),
        429 => (StatusCode::TOO_MANY_REQUESTS, "Rate Limit Exceeded"),
        _ => (StatusCode::UNAUTHORIZED, "Unauthorized"),
    };
    (status, challenge_error, title, text.into())
}

/// The challenge of RFC 6750 §3: an error only where a credential was presented.
fn challenge(error: Option<&str>, denial: &Denial) -> Cow<'static, str> {
    match (error, denial) {
        (None, _) => Cow::Borrowed(BARE_CHALLENGE),
        (Some(error), Denial::MissingPermission(permission)) => {
            format!(r#"{BARE_CHALLENGE}, error="{error}", scope="{permission}""#).into()
        }
        (Some(error), _) => format!(r#"{BARE_CHALLENGE}, error="{error}""#).into(),
    }
}

/// Dollars as a JSON number; whole dollars without a fraction, as the pages print `0`.
fn balance_number(balance: mira_core::MicroUsd) -> serde_json::Value {
    if balance.as_micros() % 1_000_000 == 0 {
        (balance.as_micros() / 1_000_000).into()
    } else {
        balance.as_dollars().into()
    }
}

impl IntoResponse for Refusal {
    /// A response that carries the refusal to [`finish`](crate::finish), which
    /// gives it its body.
    fn into_response(self) -> axum::response::Response {
        let mut response = axum::response::Response::new(axum::body::Body::empty());
        *response.status_mut() = self.status;
        response.extensions_mut().insert(self);
        response
    }
}
