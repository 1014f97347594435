//! The document against the routes.

use std::collections::BTreeSet;

use mira_api::{ROUTES, openapi};
use serde_json::Value;

use crate::scene::{Reply, Scene, Who};

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

pub(crate) fn document() -> Value {
    serde_json::from_str(&openapi()).unwrap()
}

/// Every operation, with its method and path.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            let item = item.as_object().unwrap();
            item.iter()
                .filter(|(method, _)| METHODS.contains(&method.as_str()))
                .map(|(method, operation)| (method.to_uppercase(), path.clone(), operation))
        })
        .collect()
}

/// What a `$ref` stands for, or the value itself.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    match value["$ref"].as_str() {
        Some(reference) => document
            .pointer(reference.strip_prefix('#').unwrap())
            .unwrap_or_else(|| panic!("{reference} leads nowhere")),
        None => value,
    }
}

/// Expects that `reply` is one that the document describes: its status, and all
/// the members that it requires.
pub(crate) fn expect_described(document: &Value, method: &str, path: &str, reply: &Reply) {
    let operation = &document["paths"][path][method.to_lowercase()];
    let name = format!("{method} {path} {}", reply.status);
    let response = &operation["responses"][reply.status.as_str()];
    assert!(response.is_object(), "{name} is not described");
    let content = &resolved(document, response)["content"];
    if content.is_null() {
        assert_eq!(reply.text, "", "{name}");
    } else {
        let schema = &content["application/json"]["schema"];
        expect_members(document, schema, &reply.json(), &name);
    }
}

fn expect_members(document: &Value, schema: &Value, json: &Value, name: &str) {
    let schema = resolved(document, schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        expect_members(document, part, json, name);
    }
    for member in schema["required"].as_array().into_iter().flatten() {
        let member = member.as_str().unwrap();
        assert!(json.get(member).is_some(), "{name} lacks {member}: {json}");
    }
    for (member, schema) in schema["properties"].as_object().into_iter().flatten() {
        match json.get(member) {
            Some(Value::Object(members)) => {
                let members = Value::Object(members.clone());
                expect_members(document, schema, &members, name);
            }
            Some(Value::Array(items)) => {
                for item in items {
                    expect_members(document, &schema["items"], item, name);
                }
            }
            _ => {}
        }
    }
}

#[test]
fn document_describes_exactly_the_routes() {
    let document = document();
    let described: BTreeSet<_> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let routes: BTreeSet<_> = ROUTES
        .iter()
        .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
        .collect();
    assert_eq!(described, routes);
}

#[tokio::test]
async fn router_answers_exactly_the_methods_of_the_routes() {
    let scene = Scene::new().await;
    let paths: BTreeSet<_> = ROUTES.iter().map(|(_, path)| *path).collect();
    for path in paths {
        // No route has OPTIONS, so the refusal lists what there is.
        let asked = path.replace(['{', '}'], "");
        let reply = scene.ask(&scene.root, "OPTIONS", &asked, None).await;
        assert_eq!(reply.status, 405, "{path}");
        let allowed: BTreeSet<_> = reply.headers["allow"]
            .to_str()
            .unwrap()
            .split(',')
            .collect();
        let mut wanted: BTreeSet<_> = ROUTES
            .iter()
            .filter(|(_, other)| *other == path)
            .map(|(method, _)| *method)
            .collect();
        if wanted.contains("GET") {
            wanted.insert("HEAD");
        }
        assert_eq!(allowed, wanted, "{path}");
    }
}

#[test]
fn operations_are_described_wholly() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(operation["summary"].is_string(), "{name}");
        let tag = &operation["tags"][0];
        let tags = document["tags"].as_array().unwrap();
        assert!(
            tags.iter().any(|known| known["name"] == *tag),
            "{name}: {tag}"
        );
        assert!(
            ids.insert(operation["operationId"].as_str().unwrap()),
            "{name}"
        );

        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{name}: {parameter}");
            assert!(!parameter["example"].is_null(), "{name}: {parameter}");
        }
        let body = &operation["requestBody"];
        assert_eq!(
            body.is_object(),
            ["POST", "PUT", "PATCH"].contains(&method.as_str()),
            "{name}"
        );
        if body.is_object() {
            let schema = &body["content"]["application/json"]["schema"];
            let schema = resolved(&document, schema);
            assert!(schema["example"].is_object(), "{name} has an example body");
            assert_eq!(schema["additionalProperties"], false, "{name} is strict");
        }
        let placeholders = path.matches('{').count();
        let in_path = operation["parameters"].as_array().into_iter().flatten();
        let in_path = in_path
            .filter(|parameter| parameter["in"] == "path")
            .count();
        assert_eq!(in_path, placeholders, "{name}");
    }
}

#[test]
fn responses_have_a_shape_and_an_example() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')));
        for (status, response) in responses {
            let name = format!("{method} {path} {status}");
            let response = resolved(&document, response);
            assert!(response["description"].is_string(), "{name}");
            if status == "204" {
                continue;
            }
            let content = &response["content"]["application/json"];
            let schema = &content["schema"];
            assert!(schema.is_object(), "{name}");
            if status.starts_with('2') {
                assert!(
                    has_example(&document, schema) || !content["example"].is_null(),
                    "{name}"
                );
            } else {
                assert_eq!(schema["$ref"], "#/components/schemas/Refusal", "{name}");
                assert!(content["example"]["code"].is_string(), "{name}");
            }
        }
    }
}

#[test]
fn refusals_are_described_where_they_can_happen() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let is_document = path == "/v1/openapi.json";
        let is_public = is_document || path == "/v1/sessions";
        let has = |status: &str| !operation["responses"][status].is_null();
        let name = format!("{method} {path}");
        assert_eq!(has("401"), !is_document, "{name}");
        assert_eq!(has("403"), !is_public, "{name}");
        assert_eq!(has("503"), !is_document, "{name}");
        assert!(has("404") || !path.contains('{'), "{name}");
        assert_eq!(has("415"), operation["requestBody"].is_object(), "{name}");
        let is_open = operation["security"][0]
            .as_object()
            .is_some_and(serde_json::Map::is_empty);
        assert_eq!(is_open, is_public, "{name}");
    }
}

#[test]
fn references_lead_somewhere() {
    fn walk(document: &Value, value: &Value) {
        resolved(document, value);
        match value {
            Value::Object(members) => members.values().for_each(|one| walk(document, one)),
            Value::Array(items) => items.iter().for_each(|one| walk(document, one)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
}

#[tokio::test]
async fn document_is_served_to_everybody() {
    let scene = Scene::new().await;
    let reply = scene
        .get(&Who::Nobody, "/v1/openapi.json")
        .await
        .expect(200);
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.text, openapi());
}

/// Whether `schema`, or something that it is made of, says an example.
fn has_example(document: &Value, schema: &Value) -> bool {
    let schema = resolved(document, schema);
    let parts = ["allOf", "oneOf"]
        .iter()
        .filter_map(|word| schema[*word].as_array())
        .flatten();
    let properties = schema["properties"]
        .as_object()
        .into_iter()
        .flat_map(|all| all.values());
    !schema["example"].is_null()
        || !schema["examples"].is_null()
        || parts
            .chain(properties)
            .any(|part| has_example(document, part))
        || (schema["items"].is_object() && has_example(document, &schema["items"]))
}
