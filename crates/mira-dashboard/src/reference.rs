//! The reference of the Mira API, rendered from its OpenAPI document, for whoever
//! has a key or wants one.

#![expect(
    clippy::indexing_slicing,
    reason = "a JSON value gives null where there is nothing"
)]

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use maud::{Markup, html};
use serde_json::Value;

use crate::Dashboard;
use crate::layout::{self, Section};
use crate::viewer::{NoViewer, Viewer};

pub(crate) fn routes() -> Router<Dashboard> {
    Router::new().route("/docs/mira-api", get(show))
}

/// Nobody need be signed in.
async fn show(State(dashboard): State<Dashboard>, viewer: Result<Viewer, NoViewer>) -> Markup {
    let document = &dashboard.config.mira_api;
    let title = text(&document["info"]["title"]);
    let body = html! {
        (layout::heading(
            &html! { (title) },
            &html! {
                "The OpenAPI document is at "
                a href="/docs/mira-api.json" { code { "/docs/mira-api.json" } } "."
            },
            &html! {},
        ))
        @for paragraph in text(&document["info"]["description"]).split("\n\n") {
            p { (prose(paragraph)) }
        }
        @for tag in list(&document["tags"]) { (tagged(document, tag)) }
    };
    match viewer {
        Ok(viewer) => layout::page(&viewer, Section::Reference, title, &body),
        Err(_) => layout::open(title, &body),
    }
}

/// The operations of one tag.
fn tagged(document: &Value, tag: &Value) -> Markup {
    let name = text(&tag["name"]);
    let paths = document["paths"].as_object().into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.map(move |(method, said)| (method.to_uppercase(), path, said))
    });
    let of_tag = operations.filter(|(_, _, said)| said["tags"][0] == tag["name"]);
    html! {
        section aria-labelledby={ "tag-" (name) } {
            div.section-head { h2 id={ "tag-" (name) } { (name) } }
            p.muted { (text(&tag["description"])) }
            @for (method, path, said) in of_tag { (operation(document, &method, path, said)) }
        }
    }
}

fn operation(document: &Value, method: &str, path: &str, said: &Value) -> Markup {
    let body = &said["requestBody"]["content"]["application/json"];
    let success = &said["responses"]["200"]["content"]["application/json"]["example"];
    html! {
        details.panel.operation id=(text(&said["operationId"])) {
            summary { code { strong { (method) } " " (path) } " " span.muted { (text(&said["summary"])) } }
            p { (prose(text(&said["description"]))) }
            @if said["parameters"].is_array() {
                h3 { "Parameters" }
                (members(list(&said["parameters"]).map(|parameter| Member {
                    name: text(&parameter["name"]),
                    kind: kind(&parameter["schema"]),
                    is_required: parameter["required"] == true,
                    description: text(&parameter["description"]),
                })))
            }
            @if body.is_object() {
                h3 { "Body" }
                (members(properties(resolved(document, &body["schema"]))))
                pre tabindex="0" { code { (pretty(&body["example"])) } }
            }
            h3 { "Answer" }
            pre tabindex="0" { code { (pretty(success)) } }
            h3 { "Refusals" }
            ul {
                @for (status, response) in said["responses"].as_object().into_iter().flatten() {
                    @if status != "200" {
                        li { code { (status) } " " (text(&resolved(document, response)["description"])) }
                    }
                }
            }
        }
    }
}

/// One row of a table of members.
struct Member<'d> {
    name: &'d str,
    kind: String,
    is_required: bool,
    description: &'d str,
}

fn members<'d>(members: impl Iterator<Item = Member<'d>>) -> Markup {
    html! {
        div.table {
            table {
                thead { tr { th scope="col" { "Name" } th scope="col" { "Type" } th scope="col" { "What it is" } } }
                tbody {
                    @for member in members {
                        tr {
                            td data-label="Name" {
                                code { (member.name) }
                                @if member.is_required { " " span.tag { "required" } }
                            }
                            td data-label="Type" { (member.kind) }
                            td.wide-cell data-label="What it is" { (prose(member.description)) }
                        }
                    }
                }
            }
        }
    }
}

/// The members of an object's schema.
fn properties(schema: &Value) -> impl Iterator<Item = Member<'_>> {
    let required = list(&schema["required"]).map(text).collect::<Vec<_>>();
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties.map(move |(name, schema)| Member {
        name,
        kind: kind(schema),
        is_required: required.contains(&name.as_str()),
        description: described(schema),
    })
}

/// What a schema says of itself, or of the one thing that it may be beside null.
fn described(schema: &Value) -> &str {
    match text(&schema["description"]) {
        "" => list(&schema["oneOf"])
            .map(described)
            .find(|text| !text.is_empty())
            .unwrap_or_default(),
        text => text,
    }
}

/// A type in a word or two.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or_default().to_owned();
    }
    if schema["enum"].is_array() {
        return list(&schema["enum"])
            .map(text)
            .collect::<Vec<_>>()
            .join(" | ");
    }
    if schema["oneOf"].is_array() {
        return list(&schema["oneOf"])
            .map(kind)
            .collect::<Vec<_>>()
            .join(" or ");
    }
    let name = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind => text(kind).to_owned(),
    };
    match (name.as_str(), schema["format"].as_str()) {
        ("array", _) => format!("array of {}", kind(&schema["items"])),
        (_, Some(format)) => format!("{name} ({format})"),
        (_, None) => name,
    }
}

/// The value itself, or what it refers to.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let target = value["$ref"]
        .as_str()
        .and_then(|target| target.strip_prefix('#'));
    target
        .and_then(|target| document.pointer(target))
        .unwrap_or(value)
}

/// Text in which back quotes mean code.
fn prose(text: &str) -> Markup {
    html! {
        @for (number, part) in text.split('`').enumerate() {
            @if number % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
