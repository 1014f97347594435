//! What an operation can be refused with, each with the body that it then has.

use mira_wire::{Dialect, ErrorCode, Refusal};
use serde_json::{Map, Value, json};

use super::described::Described;

/// The refusals that have an error code, with what is said of them.
const ERRORS: [(ErrorCode, &str); 11] = [
    (
        ErrorCode::InvalidRequest,
        "The request is not as documented",
    ),
    (
        ErrorCode::NotFound,
        "It does not exist, or belongs to another organization",
    ),
    (ErrorCode::Conflict, "The state of things does not allow it"),
    (
        ErrorCode::PreconditionFailed,
        "It is another version than `If-Match` names",
    ),
    (ErrorCode::PayloadTooLarge, "The body is too large"),
    (
        ErrorCode::UnsupportedMediaType,
        "The body is not `application/json`",
    ),
    (ErrorCode::Internal, "A fault on our side"),
    (ErrorCode::BadGateway, "The model gave no usable answer"),
    (ErrorCode::NoModel, "No model is configured"),
    (
        ErrorCode::Unavailable,
        "It cannot be known or done now; see `Retry-After`",
    ),
    (ErrorCode::GatewayTimeout, "The model took too long"),
];

/// The refusals of keys: name, description, text.
const KEYS: [(&str, &str, &str); 3] = [
    (
        "unauthorized",
        "No good organization key",
        "Invalid or missing API key",
    ),
    (
        "forbidden",
        "The key lacks the permission, may not be used from this address, or its organization \
         has no active Business or Enterprise subscription",
        "API key lacks the write permission",
    ),
    (
        "rate_limited",
        "Too many requests with this key or from this address; see `Retry-After`",
        "Rate limit exceeded. Please retry after 60 seconds.",
    ),
];

/// All of them, by their names.
pub(super) fn responses() -> Map<String, Value> {
    let mut responses = Map::new();
    for (code, description) in ERRORS {
        let body = Refusal::error(code).body(Dialect::MiraApi);
        let example: Value = serde_json::from_slice(&body).unwrap_or_default();
        responses.insert(code.as_str().to_owned(), response(description, &example));
    }
    for (name, description, text) in KEYS {
        let example = json!({"data": null, "error": text, "meta": null});
        responses.insert(name.to_owned(), response(description, &example));
    }
    responses
}

/// Those of an operation, by status. Two of one status share the description of the
/// more particular one.
pub(super) fn of(described: &Described) -> Map<String, Value> {
    let has_body = described.body.is_some();
    let is_refused = |code: ErrorCode| match code {
        ErrorCode::InvalidRequest => {
            has_body || !described.query.is_empty() || described.path.contains('{')
        }
        ErrorCode::NotFound => described.path.contains('{') || described.refusals.contains(&code),
        ErrorCode::PayloadTooLarge | ErrorCode::UnsupportedMediaType => has_body,
        ErrorCode::Internal | ErrorCode::Unavailable => true,
        code => described.refusals.contains(&code),
    };
    let mut refusals = Map::new();
    for (status, name) in [
        ("401", "unauthorized"),
        ("403", "forbidden"),
        ("429", "rate_limited"),
    ] {
        refusals.insert(status.to_owned(), reference(name));
    }
    for (code, _) in ERRORS {
        if is_refused(code) {
            let status = code.status().as_str().to_owned();
            refusals
                .entry(status)
                .or_insert_with(|| reference(code.as_str()));
        }
    }
    refusals
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/responses/{name}")})
}

fn response(description: &str, example: &Value) -> Value {
    json!({
        "description": description,
        "headers": {"X-Mira-Code": {
            "description": "What was wrong, for programs; stable.",
            "schema": {"type": "string"},
        }},
        "content": {"application/json": {
            "schema": super::reference("Refusal"),
            "example": example,
        }},
    })
}
