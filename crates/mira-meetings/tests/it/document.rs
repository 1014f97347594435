//! The OpenAPI document says what the API does, in full.

use std::collections::BTreeSet;

use mira_meetings::{OPERATIONS, PREFIX, openapi};
use serde_json::Value;

use crate::house::{House, grant, organization};

fn document() -> Value {
    serde_json::from_str(openapi()).unwrap()
}

/// Every operation: its method, its path, and what the document says.
fn described(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let item = item.as_object().unwrap().iter();
            item.map(|(method, said)| (method.to_uppercase(), path.clone(), said))
        })
        .collect()
}

#[test]
fn committed_document_is_the_one_that_is_made() {
    let committed = include_str!("../../../../docs/mira-api.json");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/mira-api.json");
    let is_current =
        serde_json::from_str(committed).is_ok_and(|it| sorted(it) == sorted(document()));
    if !is_current {
        std::fs::write(path, openapi()).unwrap();
    }
    assert!(
        is_current,
        "docs/mira-api.json was stale and has been written anew"
    );
}

/// The same in one order: that of members, and of the names of those that are
/// required, depends on what else is built, and says nothing.
fn sorted(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                *member = sorted(member.take());
                if let (true, Value::Array(names)) = (name == "required", member) {
                    names.sort_by_key(ToString::to_string);
                }
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| *item = sorted(item.take())),
        _ => {}
    }
    value
}

#[test]
fn every_operation_is_described_and_no_other() {
    let document = document();
    let described: BTreeSet<(String, String)> = described(&document)
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let offered: BTreeSet<(String, String)> = OPERATIONS
        .iter()
        .map(|operation| {
            (
                operation.method.to_owned(),
                format!("{PREFIX}{}", operation.path),
            )
        })
        .collect();
    assert_eq!(described, offered);
}

#[test]
fn nothing_is_left_out_of_an_operation() {
    let document = document();
    for (method, path, said) in described(&document) {
        let place = format!("{method} {path}");
        for member in ["operationId", "summary", "description"] {
            assert!(
                !said[member].as_str().unwrap().is_empty(),
                "{place}: {member}"
            );
        }
        let names: Vec<&str> = said["parameters"].as_array().map_or_else(Vec::new, |all| {
            all.iter().map(|it| it["name"].as_str().unwrap()).collect()
        });
        assert_eq!(path.contains("{id}"), names.contains(&"id"), "{place}");
        for parameter in said["parameters"].as_array().into_iter().flatten() {
            assert!(
                !parameter["description"].as_str().unwrap().is_empty(),
                "{place}"
            );
            assert!(!parameter["example"].is_null(), "{place}: {parameter}");
        }
        let sends = ["POST", "PUT", "PATCH"].contains(&method.as_str());
        assert_eq!(said.get("requestBody").is_some(), sends, "{place}");
        let responses = said["responses"].as_object().unwrap();
        for status in ["200", "401", "403", "429", "500", "503"] {
            assert!(responses.contains_key(status), "{place}: {status}");
        }
        assert!(!sends || responses.contains_key("400"), "{place}");
        let success = &responses["200"]["content"]["application/json"];
        assert!(
            !success["example"].is_null() && !success["example"]["data"].is_null()
                || path.ends_with("json"),
            "{place}"
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, value: &Value, seen: &mut usize) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(target)) = members.get("$ref") {
                    *seen += 1;
                    let target = target.strip_prefix('#').unwrap();
                    assert!(document.pointer(target).is_some(), "{target}");
                }
                members
                    .values()
                    .for_each(|value| walk(document, value, seen));
            }
            Value::Array(values) => values.iter().for_each(|value| walk(document, value, seen)),
            _ => {}
        }
    }
    let document = document();
    let mut seen = 0;
    walk(&document, &document, &mut seen);
    assert!(seen > 100, "{seen}");
}

#[tokio::test]
async fn examples_of_bodies_are_taken() {
    let house = House::open();
    let caller = grant(organization(1));
    let document = document();
    let example = |path: &str, method: &str| {
        let pointer = format!("/paths/~1api~1v1{}/{method}", path.replace('/', "~1"));
        let content = &document.pointer(&pointer).unwrap()["requestBody"]["content"];
        content["application/json"]["example"].to_string()
    };
    for (path, id) in [
        ("/meetings", "/meetings/{id}"),
        ("/templates", "/templates/{id}"),
        ("/roleplay/sessions", "/roleplay/sessions/{id}"),
    ] {
        let made = house
            .send(&caller, "POST", path, &example(path, "post"))
            .await
            .data();
        let at = id.replace("{id}", made["id"].as_str().unwrap());
        house.get(&caller, &at).await.data();
        if path == "/templates" {
            house
                .send(&caller, "PATCH", &at, &example(id, "patch"))
                .await
                .data();
        }
    }
}
