//! The life of a key over the console API.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;

use crate::{demo, new_key, signed_in};

#[tokio::test]
async fn fresh_key_works_at_once_and_shows_its_plaintext_once() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let body = json!({"name": "CI/CD", "permissions": ["read", "write"]});
    let (id, key) = new_key(&admin, &facts.organization_id, body).await;
    assert!(key.starts_with("mira_live_") && key.len() == 42);
    server
        .client()
        .with_key(&key)
        .get("/api/v1/meetings")
        .await
        .expect(StatusCode::OK);

    let record = admin
        .get(&format!("/v1/keys/{id}"))
        .await
        .expect(StatusCode::OK);
    assert!(!record.text().contains(&key));
    let record = record.json();
    assert_eq!(record["prefix"], key[..14]);
    assert_eq!(record["state"], "active");
    assert_eq!(record["permissions"], json!(["read", "write"]));
    let list = admin
        .get(&format!("/v1/organizations/{}/keys", facts.organization_id))
        .await;
    assert!(list.text().contains(&id) && !list.text().contains(&key));
}

#[tokio::test]
async fn rotation_keeps_the_old_key_for_its_grace_period_only() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (id, old) = new_key(&admin, &facts.organization_id, json!({"name": "rotating"})).await;
    let grace = json!({"grace_period_secs": 2});
    let rotated = admin.post(&format!("/v1/keys/{id}/rotate"), &grace).await;
    let rotated = rotated.expect(StatusCode::CREATED).json();
    let new = rotated["key"].as_str().unwrap().to_owned();
    assert_eq!(rotated["rotated_from"], id);
    for key in [&old, &new] {
        server
            .client()
            .with_key(key)
            .get("/api/v1/meetings")
            .await
            .expect(StatusCode::OK);
    }
    let record = admin.get(&format!("/v1/keys/{id}")).await.json();
    assert_eq!(
        (&record["state"], &record["rotated_to"]),
        (&json!("retiring"), &rotated["id"])
    );

    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let answer = server.client().with_key(&old).get("/api/v1/meetings").await;
    assert_eq!(answer.code(), Some("revoked_key"));
    server
        .client()
        .with_key(&new)
        .get("/api/v1/meetings")
        .await
        .expect(StatusCode::OK);
    let record = admin.get(&format!("/v1/keys/{id}")).await.json();
    assert_eq!(record["state"], "revoked");
    assert_eq!(record["revoked_at"], record["retires_at"]);
}

#[tokio::test]
async fn suspension_is_taken_back_and_revocation_is_not() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (id, key) = new_key(&admin, &facts.organization_id, json!({"name": "a key"})).await;
    let client = server.client().with_key(&key);
    let step = async |step: &str| {
        admin
            .post(&format!("/v1/keys/{id}/{step}"), &json!({}))
            .await
    };

    let suspended = step("suspend").await.expect(StatusCode::OK).json();
    assert_eq!(
        (&suspended["effective"], &suspended["proof"]),
        (&json!(true), &json!("local"))
    );
    assert_eq!(
        client.get("/api/v1/meetings").await.code(),
        Some("suspended_key")
    );
    step("suspend").await.expect(StatusCode::OK);
    step("resume").await.expect(StatusCode::OK);
    client.get("/api/v1/meetings").await.expect(StatusCode::OK);

    step("revoke").await.expect(StatusCode::OK);
    step("revoke").await.expect(StatusCode::OK);
    assert_eq!(
        client.get("/api/v1/meetings").await.code(),
        Some("revoked_key")
    );
    for forbidden in ["suspend", "resume", "rotate"] {
        step(forbidden).await.expect(StatusCode::CONFLICT);
    }
    let patch = admin
        .patch(&format!("/v1/keys/{id}"), &json!({"state": "active"}))
        .await;
    assert_eq!(patch.status, StatusCode::CONFLICT);
    assert_eq!(
        client.get("/api/v1/meetings").await.code(),
        Some("revoked_key")
    );
}

#[tokio::test]
async fn narrowed_permission_holds_on_the_next_request() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let body = json!({"name": "shrinking", "permissions": ["read", "write"]});
    let (id, key) = new_key(&admin, &facts.organization_id, body).await;
    let client = server.client().with_key(&key);
    client.get("/api/v1/meetings").await.expect(StatusCode::OK);
    let narrowed = admin
        .patch(
            &format!("/v1/keys/{id}"),
            &json!({"permissions": ["write"]}),
        )
        .await;
    assert_eq!(narrowed.expect(StatusCode::OK).json()["effective"], true);
    assert_eq!(
        client.get("/api/v1/meetings").await.code(),
        Some("missing_permission")
    );
}

#[tokio::test]
async fn last_use_of_a_key_is_shown_within_a_second() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (id, key) = new_key(&admin, &facts.organization_id, json!({"name": "used"})).await;
    assert!(admin.get(&format!("/v1/keys/{id}")).await.json()["last_used_at"].is_null());
    server
        .client()
        .with_key(&key)
        .get("/api/v1/meetings")
        .await
        .expect(StatusCode::OK);
    for _ in 0..40 {
        if admin.get(&format!("/v1/keys/{id}")).await.json()["last_used_at"].is_string() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the last use was not written down");
}

#[tokio::test]
async fn key_made_by_a_member_who_left_stays_and_their_session_ends() {
    let server = demo();
    let facts = server.demo();
    let root = signed_in(&server, "superadmin").await;
    let admin = signed_in(&server, "admin").await;
    let (_, key) = new_key(&admin, &facts.organization_id, json!({"name": "kept"})).await;
    let me = admin.get("/v1/me").await.expect(StatusCode::OK).json();
    let user = me["user"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/organizations/{}/members/{user}", facts.organization_id);
    root.delete(&path).await.expect(StatusCode::OK);
    assert_eq!(admin.get("/v1/me").await.status, StatusCode::UNAUTHORIZED);
    server
        .client()
        .with_key(&key)
        .get("/api/v1/meetings")
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn every_environment_has_keys_of_its_own() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let path = format!("/v1/apps/{}/keys", facts.app_id);
    let mut keys = Vec::new();
    for environment in ["development", "staging", "production"] {
        // The name is optional.
        let body = json!({"service": "inference", "environment": environment});
        let made = admin
            .post(&path, &body)
            .await
            .expect(StatusCode::CREATED)
            .json();
        assert_eq!(made["environment"], environment);
        assert!(!made["name"].as_str().unwrap().is_empty());
        keys.push(made);
    }
    let listed = admin
        .get(&format!("{path}?environment=staging"))
        .await
        .json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let staging = keys[1]["id"].as_str().unwrap();
    admin
        .post(&format!("/v1/keys/{staging}/revoke"), &json!({}))
        .await
        .expect(StatusCode::OK);
    for (key, status) in keys.iter().zip([200, 401, 200]) {
        let client = server.client().with_key(key["key"].as_str().unwrap());
        assert_eq!(
            client.get("/inference/v1/models").await.status.as_u16(),
            status
        );
    }
}

#[tokio::test]
async fn use_of_a_key_on_the_console_is_noted_and_not_counted_on_its_windows() {
    let server = demo();
    let facts = server.demo();
    let client = server.client().with_key(&facts.keys.admin);
    let me = client.get("/v1/me").await.expect(StatusCode::OK).json();
    let id = me["key_id"]
        .as_str()
        .or(me["key"]["id"].as_str())
        .unwrap()
        .to_owned();
    for _ in 0..40 {
        if client.get(&format!("/v1/keys/{id}")).await.json()["last_used_at"].is_string() {
            let answer = client.get("/api/v1/meetings").await.expect(StatusCode::OK);
            assert_eq!(answer.header("x-ratelimit-remaining"), Some("99"));
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the use was not written down");
}
