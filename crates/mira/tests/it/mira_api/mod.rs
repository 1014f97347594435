//! The contract of the Mira API, line by line, over HTTP with real keys.

mod records;

use http::{Method, StatusCode};
use mira_testkit::{Answer, Client, DemoKeys, Server};
use serde_json::{Value, json};

use crate::{demo_without_limits, signed_in};

const ABSENT: &str = "00000000-0000-7000-8000-000000000000";

fn template() -> Value {
    json!({
        "name": "Discovery", "prompt_template": "Coach the call.",
        "grading_criteria": [{"name": "Questions", "weight": 1}],
    })
}

fn meeting() -> Value {
    json!({
        "title": "Discovery: Nordwind", "started_at": "2026-03-02T12:00:00Z",
        "user_id": ABSENT, "call_type": "discovery", "attendees": ["Ann", "Ben"],
        "meeting_url": "https://meet.example.com/a",
        "transcript": {"format": "srt",
            "content": "1\n00:00:00,000 --> 00:00:02,500\nAnn: How do you plan?\n"},
    })
}

async fn send(client: &Client, method: &str, path: &str, body: &Value) -> Answer {
    let method: Method = method.parse().unwrap();
    let path = format!("/api/v1{path}");
    let request = if body.is_null() {
        client.request(method, &path)
    } else {
        client.json_request(method, &path, body)
    };
    client.send(request).await
}

/// The whole answer of a request that is good.
async fn good(client: &Client, method: &str, path: &str, body: &Value) -> Value {
    let answer = send(client, method, path, body).await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let json = answer.expect(StatusCode::OK).json();
    let envelope = json.as_object().unwrap();
    let mut members: Vec<&String> = envelope.keys().collect();
    members.sort();
    assert_eq!(members, ["data", "error", "meta"], "{method} {path}");
    assert_eq!(json["error"], Value::Null, "{method} {path}");
    json
}

/// Status and text of a refusal in the shape of the Mira API.
fn refusal(answer: &Answer) -> (u16, String) {
    let json = answer.json();
    let text = json["error"].as_str().unwrap().to_owned();
    assert_eq!(json, json!({"data": null, "error": text, "meta": null}));
    (answer.status.as_u16(), text)
}

fn id_of(answer: &Value) -> String {
    answer["data"]["id"].as_str().unwrap().to_owned()
}

struct Ids {
    meeting: String,
    template: String,
    session: String,
}

async fn make(admin: &Client) -> Ids {
    let meeting = good(admin, "POST", "/meetings", &meeting()).await;
    let template = good(admin, "POST", "/templates", &template()).await;
    let scenario = json!({"scenario": "A renewal"});
    let session = good(admin, "POST", "/roleplay/sessions", &scenario).await;
    Ids {
        meeting: id_of(&meeting),
        template: id_of(&template),
        session: id_of(&session),
    }
}

/// Every operation, with the least that opens it; what deletes comes last.
fn operations(ids: &Ids) -> Vec<(&'static str, String, Value, &'static str)> {
    let Ids {
        meeting: met,
        template: taught,
        session,
    } = ids;
    let session = format!("/roleplay/sessions/{session}");
    let none = || Value::Null;
    vec![
        ("GET", "/openapi.json".to_owned(), none(), "any"),
        ("GET", "/meetings".to_owned(), none(), "read"),
        ("GET", format!("/meetings/{met}"), none(), "read"),
        ("GET", format!("/meetings/{met}/report"), none(), "read"),
        ("GET", "/templates".to_owned(), none(), "read"),
        ("GET", format!("/templates/{taught}"), none(), "read"),
        ("POST", "/templates".to_owned(), template(), "write"),
        (
            "PATCH",
            format!("/templates/{taught}"),
            json!({"name": "N"}),
            "write",
        ),
        ("DELETE", format!("/templates/{taught}"), none(), "write"),
        ("GET", "/team/stats".to_owned(), none(), "read"),
        ("GET", "/insights".to_owned(), none(), "read"),
        (
            "POST",
            "/roleplay/sessions".to_owned(),
            json!({"scenario": "S"}),
            "write",
        ),
        (
            "POST",
            format!("{session}/messages"),
            json!({"content": "Hi."}),
            "write",
        ),
        ("POST", format!("{session}/complete"), json!({}), "write"),
        ("GET", "/roleplay/sessions".to_owned(), none(), "read"),
        ("GET", session, none(), "read"),
        ("POST", "/meetings".to_owned(), meeting(), "admin"),
        ("DELETE", format!("/meetings/{met}"), none(), "admin"),
    ]
}

fn client(server: &Server, keys: &DemoKeys, permission: &str) -> Client {
    server.client().with_key(match permission {
        "write" => &keys.write,
        "admin" => &keys.admin,
        _ => &keys.read,
    })
}

#[tokio::test]
async fn every_operation_of_the_mira_api_is_opened_by_its_permission_and_no_other() {
    let server = demo_without_limits();
    let keys = server.demo().keys;
    let ids = make(&server.client().with_key(&keys.admin)).await;
    for (method, path, body, permission) in operations(&ids) {
        let nobody = send(&server.client(), method, &path, &body).await;
        assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(refusal(&nobody).1, "Invalid or missing API key");
        for key in ["read", "write"] {
            let is_open = [key, "any"].contains(&permission);
            if is_open {
                continue;
            }
            let answer = send(&client(&server, &keys, key), method, &path, &body).await;
            let text = format!("API key lacks the {permission} permission");
            assert_eq!(refusal(&answer), (403, text), "{method} {path}");
            assert_eq!(answer.code(), Some("missing_permission"));
            let challenge = answer.header("www-authenticate").unwrap();
            assert!(
                challenge.ends_with(&format!("scope=\"{permission}\"")),
                "{challenge}"
            );
        }
        let app = send(
            &server.client().with_key(&keys.verify),
            method,
            &path,
            &body,
        )
        .await;
        assert_eq!(
            refusal(&app),
            (401, "API key not authorized for this service".to_owned())
        );

        let opened = send(&client(&server, &keys, permission), method, &path, &body).await;
        assert_eq!(
            opened.status,
            StatusCode::OK,
            "{method} {path}: {}",
            opened.text()
        );
        let cache = opened.header("cache-control");
        assert!(
            [Some("private"), Some("no-store")].contains(&cache),
            "{method} {path}: {cache:?}"
        );
        assert!(opened.header("x-mira-request-id").is_some());
        assert!(
            opened.header("x-ratelimit-limit").is_none(),
            "limits are off"
        );
    }
}

#[tokio::test]
async fn lists_pages_and_filters_of_the_mira_api_are_as_agreed() {
    let server = demo_without_limits();
    let keys = server.demo().keys;
    let admin = server.client().with_key(&keys.admin);
    for day in 1..=3 {
        let started_at = format!("2031-03-0{day}T00:00:00Z");
        let body = json!({"title": format!("Day {day}"), "started_at": started_at});
        let made = good(&admin, "POST", "/meetings", &body).await;
        assert_eq!(made["data"]["status"], "pending");
    }
    // Newest first; from is inside and to outside; a bare date is its midnight.
    for (query, titles, meta) in [
        (
            "?from=2031-03-01",
            vec!["Day 3", "Day 2", "Day 1"],
            (1, 20, 3, 1),
        ),
        (
            "?from=2031-03-01&limit=2",
            vec!["Day 3", "Day 2"],
            (1, 2, 3, 2),
        ),
        (
            "?from=2031-03-01&limit=2&page=2",
            vec!["Day 1"],
            (2, 2, 3, 2),
        ),
        (
            "?from=2031-03-01&limit=101",
            vec!["Day 3", "Day 2", "Day 1"],
            (1, 100, 3, 1),
        ),
        (
            "?from=2031-03-01&to=2031-03-03",
            vec!["Day 2", "Day 1"],
            (1, 20, 2, 1),
        ),
        (
            "?from=2031-03-01T00:00:00.001Z",
            vec!["Day 3", "Day 2"],
            (1, 20, 2, 1),
        ),
        (
            "?from=2031-03-01&status=pending&page=9",
            vec![],
            (9, 20, 3, 1),
        ),
        ("?from=2031-03-01&status=completed", vec![], (1, 20, 0, 0)),
    ] {
        let list = good(&admin, "GET", &format!("/meetings{query}"), &Value::Null).await;
        let listed = list["data"].as_array().unwrap().iter();
        let listed: Vec<&str> = listed.map(|one| one["title"].as_str().unwrap()).collect();
        assert_eq!(listed, titles, "{query}");
        let (page, limit, total, total_pages) = meta;
        let meta =
            json!({"page": page, "limit": limit, "total": total, "total_pages": total_pages});
        assert_eq!(list["meta"], meta, "{query}");
    }
    for path in [
        "/meetings?page=0",
        "/meetings?page=x",
        "/meetings?limit=0",
        "/meetings?status=done",
        "/meetings?user_id=42",
        "/meetings?from=yesterday",
        "/meetings?to=2026-02-30",
        "/templates?is_active=yes",
        "/templates?limit=-1",
        "/team/stats?from=2026-03-02&to=2026-03-01",
        "/insights?from=soon",
    ] {
        let answer = send(&admin, "GET", path, &Value::Null).await;
        assert_eq!(refusal(&answer).0, 400, "{path}");
        assert_eq!(answer.code(), Some("invalid_request"));
    }
}

#[tokio::test]
async fn ids_that_are_absent_malformed_or_foreign_are_not_found() {
    let server = demo_without_limits();
    let admin = server.client().with_key(&server.demo().keys.admin);
    for (noun, path) in [
        ("Meeting", "/meetings/{}"),
        ("Meeting", "/meetings/{}/report"),
        ("Template", "/templates/{}"),
        ("Roleplay session", "/roleplay/sessions/{}"),
    ] {
        for id in [ABSENT, "no-uuid", &server.demo().organization_id] {
            let path = path.replace("{}", id);
            let answer = send(&admin, "GET", &path, &Value::Null).await;
            assert_eq!(
                refusal(&answer),
                (404, format!("{noun} not found")),
                "{path}"
            );
        }
    }
    let elsewhere = server.client().with_key(&stranger(&server).await);
    let ids = make(&admin).await;
    for (noun, path) in [
        ("Meeting", format!("/meetings/{}", ids.meeting)),
        ("Template", format!("/templates/{}", ids.template)),
        (
            "Roleplay session",
            format!("/roleplay/sessions/{}", ids.session),
        ),
    ] {
        let answer = send(&elsewhere, "GET", &path, &Value::Null).await;
        assert_eq!(refusal(&answer), (404, format!("{noun} not found")));
    }
}

/// The admin key of another organization.
async fn stranger(server: &Server) -> String {
    let root = signed_in(server, "superadmin").await;
    let other = root
        .post("/v1/organizations", &json!({"name": "Other"}))
        .await;
    let other = other.expect(StatusCode::CREATED).json();
    let path = format!("/v1/organizations/{}", other["id"].as_str().unwrap());
    let plan = json!({"plan": "enterprise", "status": "active"});
    root.put(&format!("{path}/subscription"), &plan)
        .await
        .expect(StatusCode::OK);
    let key = json!({"name": "K", "permissions": ["admin"]});
    let key = root.post(&format!("{path}/keys"), &key).await;
    key.expect(StatusCode::CREATED).json()["key"]
        .as_str()
        .unwrap()
        .to_owned()
}
