//! The OpenAPI document: what no single route can say.
//!
//! Routes describe themselves. What holds for many of them is added here, so that
//! it cannot be forgotten: the ids in paths, the refusals that each kind of route
//! can answer, and how to authenticate.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_TYPE, HeaderValue};
use mira_wire::{Dialect, ErrorCode, Refusal};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::Response as Described;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required,
    ResponseBuilder,
};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;

const DESCRIPTION: &str = "Issue, change, rotate and revoke API keys, and manage the organizations, \
people and apps that own them.\n\n\
Authenticate with the session cookie of a person, or with an organization key that has the `admin` \
permission, as `Authorization: Bearer mira_live_…`. Refusals have one shape everywhere; `code` is \
stable, and stands in the header `X-Mira-Code` too. Every response names its request in \
`X-Mira-Request-Id`. With `Prefer: wait=<seconds>` a change that tightens answers 202 if it does \
not hold everywhere by then.";

const TAGS: [(&str, &str); 7] = [
    ("Sessions", "Signing in and out, and who one is."),
    ("Organizations", "The tenants and their subscriptions."),
    ("Members", "The people of an organization."),
    ("Apps", "Customers' applications and their money."),
    ("Keys", "API keys, from issue to revocation."),
    (
        "Webhooks",
        "Where an organization's events are sent, and what became of them.",
    ),
    ("Reports", "Usage and the audit trail."),
];

/// The ids in paths: name, description, example.
const PATH_IDS: [(&str, &str, &str); 6] = [
    (
        "org",
        "The organization",
        "org_019bb80b2e107c4d9a3f5e6b7c8d9e0f",
    ),
    (
        "user",
        "The member",
        "user_019bb80b31a0725b8c6d7e8f90a1b2c3",
    ),
    ("app", "The app", "app_019bb80b5c217f608b9a0c1d2e3f4a5b"),
    ("key", "The key", "key_019bb80b39c07e3a8f1d2c4b5a697887"),
    (
        "webhook",
        "The webhook",
        "wh_019bb80b5c217f608b9a0c1d2e3f4a5b",
    ),
    (
        "delivery",
        "The delivery",
        "dlv_019bb80b5c217f608b9a0c1d2e3f4a5b",
    ),
];

/// The refusals that routes share, with what is said of them.
const REFUSALS: [(ErrorCode, &str); 11] = [
    (
        ErrorCode::InvalidRequest,
        "The request is not as documented",
    ),
    (ErrorCode::Unauthenticated, "No good session or key"),
    (
        ErrorCode::InvalidCredentials,
        "The address or the password is wrong",
    ),
    (ErrorCode::Forbidden, "The caller may not do this"),
    (
        ErrorCode::NotFound,
        "It does not exist, or belongs to somebody else",
    ),
    (ErrorCode::Conflict, "The state of things does not allow it"),
    (ErrorCode::PayloadTooLarge, "The body is larger than 1 MiB"),
    (
        ErrorCode::UnsupportedMediaType,
        "The body is not `application/json`",
    ),
    (
        ErrorCode::TooManyRequests,
        "Too many requests; see `Retry-After`",
    ),
    (ErrorCode::Internal, "A fault on our side"),
    (
        ErrorCode::Unavailable,
        "It cannot be known or confirmed now; see `Retry-After`",
    ),
];

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new().routes(routes!(show_document))
}

/// Show this document
#[utoipa::path(get, path = "/v1/openapi.json", tag = "Reports", security(()),
    responses((status = 200, description = "The document", body = Object,
        content_type = "application/json", example = json!({"openapi": "3.1.0"}))))]
async fn show_document(State(api): State<Arc<Api>>) -> Response {
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (headers, Body::from(api.document.clone())).into_response()
}

/// The document before there are routes in it.
pub(crate) fn frame() -> OpenApi {
    let mut components = Components::new();
    let cookie = ApiKeyValue::with_description(
        "mira_session",
        "A person's session; `__Host-mira_session` over https.",
    );
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("mira_live_…")
        .description(Some("An organization key with the `admin` permission."));
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    components.add_security_scheme("key", SecurityScheme::Http(bearer.build()));
    components
        .schemas
        .insert("Refusal".to_owned(), refusal_schema().into());
    for (code, description) in REFUSALS {
        let response = refusal_response(code, description);
        components
            .responses
            .insert(code.as_str().to_owned(), response.into());
    }
    let scheme = |name: &str| SecurityRequirement::new(name, Vec::<String>::new());
    let tags = TAGS.map(|(name, description)| {
        TagBuilder::new()
            .name(name)
            .description(Some(description))
            .build()
    });
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Mira console API")
                .version("v1")
                .description(Some(DESCRIPTION)),
        )
        .tags(Some(tags))
        .security(Some([scheme("session"), scheme("key")]))
        .components(Some(components))
        .build()
}

/// The document as JSON, once every route is in it.
pub(crate) fn complete(mut document: OpenApi) -> String {
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            unwrap_optional_body(operation);
            add_path_ids(operation, path);
            add_refusals(operation, path);
        }
    }
    // Its values are strings, numbers and maps with string keys.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [
        &mut item.get,
        &mut item.put,
        &mut item.post,
        &mut item.patch,
        &mut item.delete,
    ]
    .into_iter()
    .flatten()
}

/// A body that may be left out is described as one that may be null, which it
/// may not.
fn unwrap_optional_body(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else {
        return;
    };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        if let Some(RefOr::T(Schema::OneOf(either))) = &content.schema {
            content.schema = either.items.first().cloned();
        }
    }
}

fn add_path_ids(operation: &mut Operation, path: &str) {
    let named = PATH_IDS
        .iter()
        .filter(|(name, ..)| path.contains(&format!("{{{name}}}")))
        .map(|(name, description, example)| {
            let parameter: Parameter = ParameterBuilder::new()
                .name(*name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description(Some(*description))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
                .example(Some((*example).into()))
                .build();
            RefOr::from(parameter)
        });
    let parameters = operation.parameters.take().unwrap_or_default();
    let all: Vec<_> = named.chain(parameters).collect();
    operation.parameters = (!all.is_empty()).then_some(all);
}

/// Adds what a route of this kind can be refused with, and gives the refusals
/// that it describes itself their body.
fn add_refusals(operation: &mut Operation, path: &str) {
    let is_document = path.ends_with("/openapi.json");
    let is_sign_in = path == "/v1/sessions";
    let has_caller = !is_document && !is_sign_in;
    let has_body = operation.request_body.is_some();
    let has_query = operation.parameters.iter().flatten().any(is_query);
    let applies = |code: ErrorCode| match code {
        ErrorCode::InvalidRequest => has_body || has_query,
        ErrorCode::InvalidCredentials => is_sign_in,
        ErrorCode::TooManyRequests | ErrorCode::Internal | ErrorCode::Unavailable => !is_document,
        ErrorCode::Unauthenticated | ErrorCode::Forbidden => has_caller,
        ErrorCode::NotFound => path.contains('{'),
        ErrorCode::PayloadTooLarge | ErrorCode::UnsupportedMediaType => has_body,
        _ => false,
    };
    let responses = &mut operation.responses.responses;
    for (code, _) in REFUSALS {
        let status = code.status().as_str().to_owned();
        match responses.get_mut(&status) {
            Some(RefOr::T(described)) if described.content.is_empty() => {
                *described = refusal_response(code, &described.description);
            }
            None if applies(code) => {
                let reference = Ref::from_response_name(code.as_str());
                responses.insert(status, reference.into());
            }
            _ => {}
        }
    }
}

fn is_query(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query)
}

fn refusal_response(code: ErrorCode, description: &str) -> Described {
    let body = Refusal::error(code).body(Dialect::Console);
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Refusal")))
        .example(serde_json::from_slice(&body).ok())
        .build();
    ResponseBuilder::new()
        .description(description)
        .content("application/json", content)
        .build()
}

fn refusal_schema() -> Object {
    let text = |description: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(description))
    };
    ObjectBuilder::new()
        .description(Some("Why a request was not carried out."))
        .property("error", text("The title of its status."))
        .property("message", text("What was wrong, for people."))
        .property("code", text("What was wrong, for programs; stable."))
        .required("error")
        .required("message")
        .required("code")
        .examples([serde_json::json!({
            "error": "Not Found", "message": "Key not found", "code": "not_found",
        })])
        .build()
}
