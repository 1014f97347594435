//! Refused requests whose key is known are kept, for people who ask why.

use std::collections::HashMap;
use std::time::Duration;

use http::{Method, StatusCode};
use mira_testkit::{Client, Server};
use serde_json::{Value, json};

use crate::{demo_without_limits, new_key, signed_in};

/// What is kept, as soon as anything is.
async fn kept(admin: &Client, path: &str) -> Vec<Value> {
    for _ in 0..100 {
        let page = admin.get(path).await.expect(StatusCode::OK).json();
        let items = page["items"].as_array().unwrap();
        if !items.is_empty() {
            return items.clone();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nothing is kept");
}

fn list(server: &Server, key: &str) -> String {
    let organization = server.demo().organization_id;
    format!("/v1/organizations/{organization}/refusals?key={key}")
}

#[tokio::test]
async fn refused_request_is_found_by_its_id_and_holds_nothing_that_it_carried() {
    let server = demo_without_limits();
    let admin = signed_in(&server, "admin").await;
    let organization = server.demo().organization_id;
    let (id, key) = new_key(&admin, &organization, json!({"name": "reader"})).await;
    let client = server.client().with_key(&key);
    let client = client.with_header("user-agent", "an-agent-to-forget");
    let body = json!({"name": "a-body-to-forget"});
    let refused = client
        .post("/api/v1/templates?q=a-query-to-forget", &body)
        .await;
    assert_eq!(refused.code(), Some("missing_permission"));
    // A key that nobody issued belongs to nobody who could be told.
    server
        .client()
        .with_key("mira_live_x")
        .get("/api/v1/templates")
        .await;

    let items = kept(&admin, &list(&server, &id)).await;
    let [item] = items.as_slice() else {
        panic!("{items:?}")
    };
    assert_eq!(
        item["request_id"],
        refused.header("x-mira-request-id").unwrap()
    );
    assert_eq!(item["code"], "missing_permission");
    let access = &item["access"];
    assert_eq!(
        (&access["kind"], &access["permission"]),
        (&json!("organization"), &json!("write"))
    );
    assert_eq!(access["address"], "127.0.0.1");
    let text = item.to_string();
    assert!(
        !text.contains("to-forget") && !text.contains(&key),
        "{text}"
    );

    let page = admin
        .get(&format!("/keys/{id}"))
        .await
        .expect(StatusCode::OK)
        .text();
    assert!(page.contains("Recent refusals") && page.contains("missing_permission"));
    let member = signed_in(&server, "member").await;
    let page = member
        .get(&format!("/keys/{id}"))
        .await
        .expect(StatusCode::OK)
        .text();
    assert!(!page.contains("Recent refusals"));
}

#[tokio::test]
async fn ten_refusals_of_a_second_are_kept_at_every_door() {
    let server = demo_without_limits();
    let admin = signed_in(&server, "admin").await;
    let organization = server.demo().organization_id;
    let (id, key) = new_key(&admin, &organization, json!({"name": "reader"})).await;
    let client = server.client().with_key(&key);
    let client = client.with_header("x-original-method", "POST");
    let client = client.with_header("x-original-uri", "/api/v1/templates");
    let mut connection = client.connect().await;
    for path in ["/authz/nginx", "/verify/v1/stream"]
        .into_iter()
        .cycle()
        .take(200)
    {
        let answer = connection.send(client.request(Method::POST, path)).await;
        assert_ne!(answer.status, StatusCode::OK);
    }
    kept(&admin, &list(&server, &id)).await;
    // The rest is written with the next flush at the latest.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let items = kept(&admin, &list(&server, &id)).await;
    let mut seconds = HashMap::new();
    for item in &items {
        let second = item["at"].as_str().unwrap().split('.').next().unwrap();
        *seconds.entry(second).or_insert(0) += 1;
    }
    assert!(seconds.values().all(|count| *count <= 10), "{seconds:?}");
    let codes = |code: &str| items.iter().filter(|item| item["code"] == code).count();
    assert!(codes("missing_permission") > 0 && codes("wrong_service") > 0);
}
