//! What is the same for every operation.

use axum::body::Body;
use http::{Request, StatusCode};
use mira_core::Permission;
use mira_meetings::{OPERATIONS, PREFIX};

use crate::house::{House, grant, id, organization};

suite! {
    router_answers_exactly_the_operations,
    wrong_method_says_which_are_right,
    unknown_path_is_not_found,
    malformed_ids_are_ids_of_nothing,
    head_is_get_without_a_body,
    answers_are_json_that_nobody_stores,
    without_a_grant_nothing_is_answered,
    closed_database_is_unavailable,
}

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

async fn router_answers_exactly_the_operations(house: House) {
    let caller = grant(organization(1));
    for path in OPERATIONS.iter().map(|operation| operation.path) {
        for method in METHODS {
            let offered = OPERATIONS
                .iter()
                .any(|operation| operation.path == path && operation.method == method);
            let sent = path.replace("{id}", &id(99).to_string());
            let reply = house.send(&caller, method, &sent, "").await;
            let refused = reply.status == StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(refused, !offered, "{method} {path}");
            assert_ne!(reply.text, not_found("Not found"), "{method} {path}");
        }
    }
}

#[test]
fn operations_ask_for_the_documented_permissions() {
    for operation in OPERATIONS {
        let expected = match (operation.method, operation.path) {
            (_, "/openapi.json") => None,
            ("GET", _) => Some(Permission::Read),
            (_, path) if path.starts_with("/meetings") => Some(Permission::Admin),
            _ => Some(Permission::Write),
        };
        assert_eq!(operation.permission, expected, "{operation:?}");
        assert!(!operation.is_public && !operation.is_metered);
    }
}

async fn wrong_method_says_which_are_right(house: House) {
    let reply = house
        .send(&grant(organization(1)), "PUT", "/templates", "")
        .await;
    assert_eq!(reply.refusal(), (405, "Method not allowed".to_owned()));
    assert_eq!(reply.headers["allow"], "GET,HEAD,POST");
    assert_eq!(reply.headers["x-mira-code"], "method_not_allowed");
}

async fn unknown_path_is_not_found(house: House) {
    let caller = grant(organization(1));
    for path in [
        "",
        "/",
        "/nothing",
        "/meetings/",
        "/meetings/a/b",
        "/Meetings",
    ] {
        let reply = house.get(&caller, path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(reply.text, not_found("Not found"), "{path}");
    }
    let elsewhere = Request::get("/meetings").body(Body::empty()).unwrap();
    assert_eq!(
        house.send_as_is(elsewhere).await.text,
        not_found("Not found")
    );
}

async fn malformed_ids_are_ids_of_nothing(house: House) {
    house.add_meeting(organization(1), 1, "Here", 0).await;
    let caller = grant(organization(1));
    let id = id(1);
    for (path, noun) in [
        ("/meetings/1".to_owned(), "Meeting"),
        ("/meetings/%FF".to_owned(), "Meeting"),
        (format!("/meetings/{}", id.simple()), "Meeting"),
        (format!("/meetings/%7B{id}%7D"), "Meeting"),
        ("/meetings/x/report".to_owned(), "Meeting"),
        ("/templates/'--".to_owned(), "Template"),
        ("/roleplay/sessions/x".to_owned(), "Roleplay session"),
    ] {
        let reply = house.get(&caller, &path).await;
        assert_eq!(
            reply.text,
            not_found(&format!("{noun} not found")),
            "{path}"
        );
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
    }
}

async fn head_is_get_without_a_body(house: House) {
    let reply = house
        .send(&grant(organization(1)), "HEAD", "/meetings", "")
        .await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.text, "");
    assert_eq!(reply.headers["content-type"], "application/json");
}

async fn answers_are_json_that_nobody_stores(house: House) {
    let reply = house.get(&grant(organization(1)), "/meetings").await;
    assert_eq!(
        reply.text,
        r#"{"data":[],"error":null,"meta":{"page":1,"limit":20,"total":0,"total_pages":0}}"#
    );
    assert_eq!(reply.headers["content-type"], "application/json");
    assert_eq!(reply.headers["cache-control"], "no-store");
}

async fn without_a_grant_nothing_is_answered(house: House) {
    // The document is nobody's.
    for operation in &OPERATIONS[1..] {
        let request = Request::builder()
            .method(operation.method)
            .uri(format!("{PREFIX}{}", operation.path))
            .body(Body::empty())
            .unwrap();
        let reply = house.send_as_is(request).await;
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        assert_eq!(reply.status, status, "{operation:?}");
    }
}

async fn closed_database_is_unavailable(house: House) {
    house.database.clone().close().await.unwrap();
    let caller = grant(organization(1));
    let reply = house.get(&caller, "/meetings").await;
    let expected = (503, "Service temporarily unavailable".to_owned());
    assert_eq!(reply.refusal(), expected);
    assert_eq!(reply.headers["retry-after"], "1");
    let path = format!("/meetings/{}", id(1));
    assert_eq!(house.delete(&caller, &path).await.refusal(), expected);
}

fn not_found(text: &str) -> String {
    format!(r#"{{"data":null,"error":"{text}","meta":null}}"#)
}
