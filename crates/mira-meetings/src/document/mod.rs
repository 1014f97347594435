//! The OpenAPI document of the Mira API, made from the types and the operations of
//! this crate: what is not described does not pass the tests.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON object that was just made takes any member"
)]

mod described;
mod examples;
mod parameters;
mod refusals;
mod schemas;

use std::sync::LazyLock;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use self::described::{DESCRIBED, Data, Described};
use crate::operations::{OPERATIONS, PREFIX};

/// Where the document is without a key.
pub const DOCUMENT_PATH: &str = "/docs/mira-api.json";

/// The OpenAPI document of the Mira API, as JSON.
pub fn openapi() -> &'static str {
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
        // Maps with string keys and plain values always have a JSON form.
        serde_json::to_string_pretty(&document()).unwrap_or_default() + "\n"
    });
    &DOCUMENT
}

/// The document at [`DOCUMENT_PATH`], for everybody.
pub fn document_router() -> Router {
    Router::new().route(DOCUMENT_PATH, get(show))
}

/// `GET /openapi.json`
pub(crate) async fn show() -> Response {
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (headers, openapi()).into_response()
}

fn document() -> Value {
    let mut paths = Map::new();
    for described in DESCRIBED {
        let path = paths
            .entry(format!("{PREFIX}{}", described.path))
            .or_insert_with(|| json!({}));
        path[described.method.to_lowercase()] = operation(described);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Mira API",
            "version": "v1",
            "description": DESCRIPTION,
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This installation"}],
        "security": [{"key": []}],
        "tags": TAGS.map(|(name, description)| json!({"name": name, "description": description})),
        "paths": paths,
        "components": {
            "schemas": schemas::all(),
            "responses": refusals::responses(),
            "securitySchemes": {"key": {
                "type": "http", "scheme": "bearer", "bearerFormat": "mira_live_…",
                "description": "An organization key. Each operation names the permission that \
                    the key needs; `admin` includes the others, `write` does not include `read`.",
            }},
        },
    })
}

fn operation(described: &Described) -> Value {
    let permission = OPERATIONS
        .iter()
        .find(|operation| operation.method == described.method && operation.path == described.path)
        .and_then(|operation| operation.permission);
    let needs = permission.map_or_else(
        || "Any good key may ask.".to_owned(),
        |permission| format!("Needs the `{}` permission.", permission.as_str()),
    );
    let mut operation = json!({
        "operationId": described.id,
        "summary": described.summary,
        "description": format!("{} {needs}", described.description).trim_start(),
        "tags": [described.tag],
        "responses": responses(described),
    });
    let parameters = parameters::of(described);
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = described.body {
        operation["requestBody"] = json!({
            "required": body.is_required,
            "content": {"application/json": {
                "schema": reference(body.schema),
                "example": examples::body(body.schema),
            }},
        });
    }
    operation
}

fn responses(described: &Described) -> Value {
    let mut success = json!({
        "description": described.success,
        "headers": {
            "X-Mira-Request-Id": header("Names the request.", "string"),
            "X-RateLimit-Limit": header("Requests in the window.", "integer"),
            "X-RateLimit-Remaining": header("How many of them are left.", "integer"),
            "X-RateLimit-Reset": header("When the window ends, in Unix seconds.", "integer"),
        },
        "content": {"application/json": content(described)},
    });
    if described.is_versioned {
        success["headers"]["ETag"] = header("The version, for `If-Match`.", "string");
    }
    let mut responses = refusals::of(described);
    responses.insert("200".to_owned(), success);
    responses.into()
}

fn header(description: &str, kind: &str) -> Value {
    json!({"description": description, "schema": {"type": kind}})
}

/// The envelope of a success, with its example.
fn content(described: &Described) -> Value {
    let list = |name| json!({"type": "array", "items": reference(name)});
    let (data, meta, example) = match described.data {
        Data::Document => {
            let example = json!({"openapi": "3.1.0"});
            return json!({"schema": {"type": "object"}, "example": example});
        }
        Data::One(name) => (
            reference(name),
            json!({"type": "null"}),
            examples::data(name),
        ),
        Data::All(name) => (
            list(name),
            json!({"type": "null"}),
            json!([examples::data(name)]),
        ),
        Data::Page(name) => (list(name), reference("Meta"), json!([examples::data(name)])),
    };
    let meta_example = match described.data {
        Data::Page(_) => json!({"page": 1, "limit": 20, "total": 1, "total_pages": 1}),
        _ => Value::Null,
    };
    json!({
        "schema": {
            "type": "object",
            "required": ["data", "error", "meta"],
            "additionalProperties": false,
            "properties": {"data": data, "error": {"type": "null"}, "meta": meta},
        },
        "example": {"data": example, "error": null, "meta": meta_example},
    })
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

const DESCRIPTION: &str = "Meetings and their coaching: bring transcripts, read reports, manage \
the templates that score them, see how a team does, and rehearse.\n\n\
Authenticate every request with an organization key: `Authorization: Bearer mira_live_…`. Keys \
need an active Business or Enterprise subscription. Every answer has the members `data`, `error` \
and `meta`; the stable code of a refusal is in the header `X-Mira-Code`. Instants are RFC 3339 in \
UTC with milliseconds, ids are UUIDs, and what belongs to another organization does not exist.";

const TAGS: [(&str, &str); 5] = [
    ("Meetings", "Meetings, their transcripts and their reports."),
    ("Templates", "What meetings are scored by."),
    ("Team", "What many meetings come to."),
    ("Roleplay", "Rehearsals with a model as the customer."),
    ("Document", "This document."),
];
