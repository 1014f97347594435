//! A revoked key is dead when the revoke call answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{Method, StatusCode};
use serde_json::json;

use crate::{demo_without_limits, new_key, signed_in};

#[tokio::test]
async fn revoked_key_is_refused_on_the_very_next_request_of_the_same_connection() {
    let server = demo_without_limits();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    for _ in 0..50 {
        let (id, key) = new_key(&admin, &facts.organization_id, json!({"name": "doomed"})).await;
        let client = server.client().with_key(&key);
        let mut connection = client.connect().await;
        let request = || client.request(Method::GET, "/api/v1/meetings");
        connection.send(request()).await.expect(StatusCode::OK);
        let revoked = admin
            .post(
                &format!("/v1/keys/{id}/revoke"),
                &json!({"reason": "leaked"}),
            )
            .await;
        let revoked = revoked.expect(StatusCode::OK).json();
        assert_eq!(
            (&revoked["effective"], &revoked["proof"]),
            (&json!(true), &json!("local"))
        );
        let answer = connection.send(request()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.text(),
            r#"{"data":null,"error":"API key has been revoked","meta":null}"#
        );
    }
}

#[tokio::test]
async fn no_request_sent_after_the_answer_is_accepted_under_load() {
    let server = demo_without_limits();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let mut sent_before = 0_u32;
    for _ in 0..20 {
        let (id, key) = new_key(&admin, &facts.organization_id, json!({"name": "hammered"})).await;
        let is_revoked = Arc::new(AtomicBool::new(false));
        let hammers: Vec<_> = (0..4)
            .map(|_| {
                let client = server.client().with_key(&key);
                let is_revoked = Arc::clone(&is_revoked);
                tokio::spawn(async move {
                    let mut connection = client.connect().await;
                    let (mut before, mut after) = (0, 0);
                    while after < 20 {
                        let sent_after = is_revoked.load(Ordering::SeqCst);
                        let request = client.request(Method::GET, "/api/v1/meetings?limit=1");
                        let answer = connection.send(request).await;
                        if sent_after {
                            after += 1;
                            assert_eq!(answer.code(), Some("revoked_key"));
                        } else {
                            before += 1;
                        }
                    }
                    before
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let revoked = admin
            .post(&format!("/v1/keys/{id}/revoke"), &json!({}))
            .await;
        is_revoked.store(true, Ordering::SeqCst);
        assert_eq!(revoked.expect(StatusCode::OK).json()["effective"], true);
        for hammer in hammers {
            sent_before += hammer.await.unwrap();
        }
    }
    assert!(
        sent_before > 100,
        "the key was hardly in use when it was revoked"
    );
}

#[tokio::test]
async fn deleting_an_app_revokes_its_keys() {
    let server = demo_without_limits();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let models = server.client().with_key(&facts.keys.inference);
    models
        .get("/inference/v1/models")
        .await
        .expect(StatusCode::OK);
    let app = format!("/v1/apps/{}", facts.app_id);
    let deleted = admin.delete(&app).await;
    assert_eq!(deleted.expect(StatusCode::OK).json()["effective"], true);
    assert_eq!(
        models.get("/inference/v1/models").await.code(),
        Some("revoked_key")
    );
    // Whoever missed the answer asks again, and learns that it holds.
    let again = admin.delete(&app).await.expect(StatusCode::OK).json();
    assert_eq!(again["effective"], true);
    assert_eq!(again["id"], facts.app_id.as_str());
    admin.get(&app).await.expect(StatusCode::NOT_FOUND);
    let unknown = admin.delete("/v1/apps/app_019bb80b2e107c4d9a3f5e6b7c8d9e0f");
    unknown.await.expect(StatusCode::NOT_FOUND);
    let member = signed_in(&server, "member").await;
    member.delete(&app).await.expect(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn suspended_organization_has_no_working_key_until_it_is_active_again() {
    let server = demo_without_limits();
    let facts = server.demo();
    let root = signed_in(&server, "superadmin").await;
    let path = format!("/v1/organizations/{}", facts.organization_id);
    let admin = signed_in(&server, "admin").await;
    let (id, revoked) = new_key(&admin, &facts.organization_id, json!({"name": "one"})).await;
    admin
        .post(&format!("/v1/keys/{id}/revoke"), &json!({}))
        .await
        .expect(StatusCode::OK);

    let code = async |key: &str, path: &str| {
        let answer = server.client().with_key(key).get(path).await;
        answer.code().unwrap_or("none").to_owned()
    };
    root.patch(&path, &json!({"state": "suspended"}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(
        code(&facts.keys.read, "/api/v1/meetings").await,
        "suspended_key"
    );
    assert_eq!(
        code(&facts.keys.inference, "/inference/v1/models").await,
        "suspended_key"
    );
    root.patch(&path, &json!({"state": "active"}))
        .await
        .expect(StatusCode::OK);
    assert_eq!(code(&facts.keys.read, "/api/v1/meetings").await, "none");
    assert_eq!(code(&revoked, "/api/v1/meetings").await, "revoked_key");
}

#[tokio::test]
async fn revoke_whose_caller_hung_up_holds_all_the_same() {
    use std::io::Write as _;
    let server = demo_without_limits();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let mut committed = 0;
    for pause_micros in (0..40).map(|step| step * 100) {
        let (id, key) = new_key(&admin, &facts.organization_id, json!({"name": "left"})).await;
        let client = server.client().with_key(&key);
        let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
        let request = format!(
            "POST /v1/keys/{id}/revoke HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
             Content-Length: 2\r\n\r\n{{}}",
            server.address(),
            facts.keys.admin
        );
        stream.write_all(request.as_bytes()).unwrap();
        tokio::time::sleep(std::time::Duration::from_micros(pause_micros)).await;
        drop(stream);
        for _ in 0..100 {
            let record = admin.get(&format!("/v1/keys/{id}")).await.json();
            if record["state"] == "revoked" {
                committed += 1;
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        // What the store says and what the verifier says must be one.
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        let record = admin.get(&format!("/v1/keys/{id}")).await.json();
        let answer = client.get("/api/v1/meetings?limit=1").await;
        let expected = (record["state"] == "revoked").then_some("revoked_key");
        assert_eq!(answer.code(), expected, "after {pause_micros} µs");
    }
    assert!(committed > 5, "hardly any revoke was committed");
}
