//! JSON in and out, strictly.

use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{ErrorCode, Refusal};

/// The largest body of an ordinary request: 1 MiB.
const MAX_BODY: usize = 1 << 20;

/// A request body that is one JSON document of type `T`, read strictly: media
/// type, size, syntax, unknown members and duplicates all have a clear error.
/// An empty body reads as `{}`. It has at most `MAX` bytes.
pub struct JsonBody<T, const MAX: usize = MAX_BODY>(pub T);

impl<T: DeserializeOwned, S: Send + Sync, const MAX: usize> FromRequest<S> for JsonBody<T, MAX> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let is_json = request.headers().get(CONTENT_TYPE).is_none_or(is_json);
        let body = Limited::new(request.into_body(), MAX)
            .collect()
            .await
            .map_err(|error| unread(error.as_ref()))?
            .to_bytes();
        if body.is_empty() {
            return read(b"{}").map(Self);
        }
        if !is_json {
            return Err(Refusal::error(ErrorCode::UnsupportedMediaType));
        }
        read(&body).map(Self)
    }
}

/// `value` as a JSON response that nobody may store.
pub fn json_response<T: Serialize>(status: StatusCode, value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => {
            let headers = [
                (CONTENT_TYPE, HeaderValue::from_static("application/json")),
                (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            (status, headers, body).into_response()
        }
        Err(_) => Refusal::error(ErrorCode::Internal).into_response(),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    // Serde would also read a struct from an array of its members.
    if body
        .trim_ascii_start()
        .first()
        .is_some_and(|byte| b"[\"0123456789-tfn".contains(byte))
    {
        return Err(Refusal::invalid("The body must be a JSON object"));
    }
    serde_json::from_slice(body).map_err(|error| match error.classify() {
        serde_json::error::Category::Data => Refusal::invalid(data_error(&error)),
        _ => Refusal::invalid(format!(
            "The body is not valid JSON (line {}, column {})",
            error.line(),
            error.column()
        )),
    })
}

/// What serde says of a member, without the position and without the value,
/// which may be a secret that was put in the wrong place.
fn data_error(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    match text.split_once(": ") {
        Some(("invalid type" | "invalid value" | "invalid length", rest)) => {
            let expected = rest
                .rsplit_once(", expected ")
                .map_or(rest, |(_, expected)| expected);
            format!("The body has a member of the wrong type: expected {expected}")
        }
        _ => format!("The body is not as documented: {text}"),
    }
}

fn unread(error: &(dyn std::error::Error + 'static)) -> Refusal {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Refusal::error(ErrorCode::PayloadTooLarge);
        }
        cause = error.source();
    }
    Refusal::invalid("The body ended early")
}

fn is_json(value: &HeaderValue) -> bool {
    let kind = value
        .as_bytes()
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"application/json")
}
