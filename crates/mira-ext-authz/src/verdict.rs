//! The answer to a call.

use http::header::COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};
use mira_tower::{is_for_mira, remove_session};
use mira_wire::{Dialect, REQUEST_ID_HEADER, Refusal, RequestId};

use crate::message::{
    AppendAction, CheckResponse, DeniedHttpResponse, HeaderValue as Field, HeaderValueOption,
    HttpResponse, HttpStatus, OkHttpResponse, Status,
};

/// gRPC's `OK` and `PERMISSION_DENIED`.
const GO_ON: i32 = 0;
const STOP: i32 = 7;

const WINDOWS: &str = "x-ratelimit-";

/// A yes that `yes` says, to a request with the fields `given`: the upstream hears
/// who it is and not by which key, and the caller how much is left.
pub(crate) fn allowed(yes: &HeaderMap, given: &HeaderMap, request_id: RequestId) -> CheckResponse {
    let is_identity = |(name, _): &(&HeaderName, _)| is_for_mira(name.as_str());
    let mut headers: Vec<_> = yes.iter().filter(is_identity).map(set).collect();
    let mut headers_to_remove: Vec<String> = given
        .keys()
        // Envoy removes after it has set.
        .filter(|name| is_for_mira(name.as_str()) && !yes.contains_key(*name))
        .map(ToString::to_string)
        .collect();
    let mut without_session = given.clone();
    remove_session(&mut without_session);
    match without_session.get(COOKIE) {
        Some(cookie) if given.get(COOKIE) != Some(cookie) => headers.push(set((&COOKIE, cookie))),
        None if given.contains_key(COOKIE) => headers_to_remove.push(COOKIE.to_string()),
        _ => {}
    }
    let windows = yes
        .iter()
        .filter(|(name, _)| name.as_str().starts_with(WINDOWS));
    let id = (&REQUEST_ID_HEADER, &request_id.to_header_value());
    let response_headers_to_add = windows.chain([id]).map(set).collect();
    let ok = OkHttpResponse {
        headers,
        headers_to_remove,
        response_headers_to_add,
    };
    CheckResponse {
        status: Some(Status { code: GO_ON }),
        http_response: Some(HttpResponse::Ok(ok)),
    }
}

/// A refusal, in the bytes that the caller would get from us.
pub(crate) fn denied(refusal: &Refusal, dialect: Dialect, request_id: RequestId) -> CheckResponse {
    let mut fields = refusal.headers();
    fields.insert(REQUEST_ID_HEADER, request_id.to_header_value());
    let denied = DeniedHttpResponse {
        status: Some(HttpStatus {
            code: refusal.status().as_u16().into(),
        }),
        headers: fields.iter().map(set).collect(),
        // Refusals are JSON, so text.
        body: String::from_utf8_lossy(&refusal.body(dialect)).into_owned(),
    };
    CheckResponse {
        status: Some(Status { code: STOP }),
        http_response: Some(HttpResponse::Denied(denied)),
    }
}

/// A field in place of any of its name. Fields of ours are text; a cookie that is
/// not goes as the bytes that it is.
fn set((name, value): (&HeaderName, &HeaderValue)) -> HeaderValueOption {
    let text = value.to_str().map(ToOwned::to_owned);
    let raw_value = match &text {
        Ok(_) => bytes::Bytes::new(),
        Err(_) => bytes::Bytes::copy_from_slice(value.as_bytes()),
    };
    HeaderValueOption {
        header: Some(Field {
            key: name.to_string(),
            value: text.unwrap_or_default(),
            raw_value,
        }),
        append_action: AppendAction::OverwriteIfExistsOrAdd.into(),
    }
}
