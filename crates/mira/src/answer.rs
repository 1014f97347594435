//! What the server answered.

use bytes::Bytes;
use http::HeaderMap;
use http::header::SET_COOKIE;
use http::response::Parts;
use serde_json::Value;

use crate::error::CommandError;

/// The answer to a request that was not refused.
pub(crate) struct Answer {
    headers: HeaderMap,
    body: Bytes,
    value: Value,
}

impl Answer {
    /// Reads an answer of the server at `url`; a refusal is an error.
    pub(crate) fn read(url: &str, head: Parts, body: Bytes) -> Result<Self, CommandError> {
        let value: Option<Value> = if body.is_empty() {
            Some(Value::Null)
        } else {
            serde_json::from_slice(&body).ok()
        };
        let status = head.status.as_u16();
        let not_mira = || CommandError::NotMira {
            url: url.to_owned(),
            status,
        };
        let value = value.ok_or_else(not_mira)?;
        if head.status.is_success() {
            let headers = head.headers;
            return Ok(Self {
                headers,
                body,
                value,
            });
        }
        let field = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let message = value.get("message").and_then(Value::as_str);
        Err(CommandError::Refused {
            message: message.ok_or_else(not_mira)?.to_owned(),
            code: field("x-mira-code").unwrap_or("unknown").to_owned(),
            status,
            request_id: field("x-mira-request-id").unwrap_or("unknown").to_owned(),
        })
    }

    /// The body, as JSON; null if there is none.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// The body, byte for byte.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A member of the body that is text.
    pub(crate) fn member(&self, pointer: &str) -> Option<&str> {
        self.value.pointer(pointer)?.as_str()
    }

    /// The cookie that the server set, as it is sent back.
    pub(crate) fn cookie(&self) -> Option<&str> {
        let cookie = self.headers.get(SET_COOKIE)?.to_str().ok()?;
        cookie.split(';').next()
    }
}
