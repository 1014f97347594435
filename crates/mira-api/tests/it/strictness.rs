//! Bodies are read strictly: nobody assigns what is not theirs to say.

use axum::body::Body;
use http::{Method, Request};
use serde_json::json;

use crate::rows::{Targets, rows};
use crate::scene::{Scene, Who};

/// Members that records have and no request may say, or not on every route.
const READ_ONLY: [&str; 12] = [
    "id",
    "key_id",
    "organization_id",
    "app_id",
    "user_id",
    "prefix",
    "kind",
    "balance",
    "created_at",
    "created_by",
    "revoked_at",
    "bogus",
];

#[tokio::test]
async fn unknown_and_read_only_members_are_refused_on_every_route() {
    let scene = Scene::new().await;
    let targets = Targets::new(&scene).await;
    for row in rows() {
        let Some(body) = row.body.clone() else {
            continue;
        };
        let path = targets.path(&scene, row.path);
        for member in READ_ONLY {
            let mut body = body.clone();
            body[member] = json!("x");
            let reply = scene.ask(&scene.root, row.method, &path, Some(body)).await;
            assert_eq!(
                reply.status, 400,
                "{} {path} {member}: {}",
                row.method, reply.text
            );
            assert_eq!(reply.json()["code"], "invalid_request");
        }
    }
}

#[tokio::test]
async fn refused_assignment_changes_nothing() {
    let scene = Scene::new().await;
    let targets = Targets::new(&scene).await;
    let organization = format!("/v1/organizations/{}", scene.acme.id);
    let app = format!("/v1/apps/{}", targets.app.id);
    let key = format!("/v1/keys/{}", targets.key.facts.id);
    for (path, body) in [
        (
            &organization,
            json!({"name": "Mine", "subscription": {"plan": "enterprise"}}),
        ),
        (&app, json!({"name": "Mine", "balance": 1000})),
        (
            &app,
            json!({"name": "Mine", "organization_id": scene.globex.id.to_string()}),
        ),
        (&key, json!({"name": "Mine", "state": "active"})),
        (&key, json!({"name": "Mine", "service": "inference"})),
        (
            &key,
            json!({"name": "Mine", "organization_id": scene.globex.id.to_string()}),
        ),
    ] {
        let before = scene.get(&scene.admin, path).await.text;
        scene.patch(&scene.admin, path, body).await.expect(400);
        assert_eq!(scene.get(&scene.admin, path).await.text, before);
    }
}

#[tokio::test]
async fn bodies_that_are_not_a_json_object_are_refused() {
    let scene = Scene::new().await;
    let path = format!("/v1/organizations/{}/apps", scene.acme.id);
    for (text, kind, status) in [
        ("{\"name\":\"A\"", "application/json", 400),
        ("[\"A\"]", "application/json", 400),
        ("{\"name\":\"A\",\"name\":\"B\"}", "application/json", 400),
        ("", "application/json", 400),
        ("name=A", "application/x-www-form-urlencoded", 415),
        ("{\"name\":\"A\"}", "text/plain", 415),
        ("{\"name\":\"A\"}", "application/json; charset=utf-8", 201),
    ] {
        let request = Request::builder()
            .method(Method::POST)
            .uri(&path)
            .header("content-type", kind)
            .body(Body::from(text))
            .unwrap();
        let reply = scene.send(&scene.admin, request).await;
        assert_eq!(reply.status, status, "{text}: {}", reply.text);
    }
    let large = json!({"name": "x".repeat(1 << 20)});
    let reply = scene.post(&scene.admin, &path, large).await.expect(413);
    assert_eq!(reply.json()["code"], "payload_too_large");
}

#[tokio::test]
async fn refusals_never_repeat_a_secret_from_a_body() {
    let scene = Scene::new().await;
    let secret = "mira_live_00000000000000000000000000000000";
    let misplaced = json!({"key": {"name": secret}});
    let reply = scene
        .post(&scene.admin, "/v1/keys/verify", misplaced)
        .await
        .expect(400);
    assert!(!reply.text.contains(secret));
    let misplaced = json!({"email": "a@example.com", "password": [secret]});
    let reply = scene
        .post(&Who::Nobody, "/v1/sessions", misplaced)
        .await
        .expect(400);
    assert!(!reply.text.contains(secret));
}
