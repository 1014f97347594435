//! PATCH of a key.

use std::time::Duration;

use mira_core::KeyId;
use serde_json::{Value, json};

use crate::scene::{Reply, Scene};

async fn full_key(scene: &Scene) -> (KeyId, Value) {
    let path = format!("/v1/organizations/{}/keys", scene.acme.id);
    let body = json!({
        "name": "CI", "permissions": ["read", "write"], "environment": "staging",
        "expires_at": "2026-06-01T00:00:00Z", "ip_allowlist": ["203.0.113.0/24"],
        "rate_limit": {"per_minute": 3, "per_day": 30},
    });
    let mut made = scene
        .post(&scene.admin, &path, body)
        .await
        .expect(201)
        .json();
    made.as_object_mut().unwrap().remove("key");
    (made["id"].as_str().unwrap().parse().unwrap(), made)
}

async fn change(scene: &Scene, id: KeyId, body: Value) -> Reply {
    scene
        .patch(&scene.admin, &format!("/v1/keys/{id}"), body)
        .await
}

#[tokio::test]
async fn absent_members_stay_and_null_clears() {
    let scene = Scene::new().await;
    let (id, mut key) = full_key(&scene).await;
    for (member, value) in [
        ("name", json!("CD")),
        ("permissions", json!(["read", "write", "admin"])),
        ("expires_at", json!("2026-07-01T00:00:00.000Z")),
        ("ip_allowlist", json!(["203.0.113.0/24", "10.0.0.0/8"])),
        ("expires_at", Value::Null),
        ("ip_allowlist", Value::Null),
    ] {
        let changed = change(&scene, id, json!({member: value})).await.expect(200);
        key[member] = value;
        assert_eq!(
            changed.json(),
            key,
            "{member}: a change that widens has no effect to tell"
        );
    }
    let cleared = change(&scene, id, json!({"rate_limit": null}))
        .await
        .expect(200)
        .json();
    assert_eq!(cleared["rate_limit"], Value::Null);
    let shown = scene
        .get(&scene.admin, &format!("/v1/keys/{id}"))
        .await
        .json();
    key["rate_limit"] = Value::Null;
    assert_eq!(shown, key);
}

#[tokio::test]
async fn changes_that_tighten_say_since_when_they_hold() {
    let scene = Scene::new().await;
    for body in [
        json!({"permissions": ["read"]}),
        json!({"environment": "production"}),
        json!({"expires_at": "2026-05-01"}),
        json!({"ip_allowlist": ["203.0.113.7"]}),
        json!({"rate_limit": {"per_minute": 2}}),
        json!({"name": "Both ways", "permissions": ["admin"], "ip_allowlist": ["10.0.0.1"]}),
    ] {
        let (id, _) = full_key(&scene).await;
        let first = change(&scene, id, body.clone()).await.expect(200).json();
        assert_eq!(first["effective"], true, "{body}");
        assert_eq!(first["proof"], "local", "{body}");
        // A repeat may follow a commit that was never confirmed, so it says it too.
        let second = change(&scene, id, body.clone()).await.expect(200).json();
        assert_eq!(first, second, "{body}");
    }
}

#[tokio::test]
async fn what_has_nothing_to_clear_is_not_null() {
    let scene = Scene::new().await;
    let (id, before) = full_key(&scene).await;
    for member in ["name", "permissions", "environment", "retires_at"] {
        let reply = change(&scene, id, json!({member: null})).await;
        assert_eq!(
            reply.expect(400).json()["code"],
            "invalid_request",
            "{member}"
        );
    }
    let shown = scene
        .get(&scene.admin, &format!("/v1/keys/{id}"))
        .await
        .json();
    assert_eq!(shown, before);
}

#[tokio::test]
async fn bad_changes_are_refused_and_change_nothing() {
    let scene = Scene::new().await;
    let (id, before) = full_key(&scene).await;
    for (body, text) in [
        (json!({"name": ""}), "A name has 1 to 100 characters"),
        (
            json!({"permissions": []}),
            "permissions has at least one of read, write, admin",
        ),
        (
            json!({"name": "New", "expires_at": "2025-12-31"}),
            "expires_at lies in the past",
        ),
        (
            json!({"retires_at": "2026-02-01"}),
            "Only a retiring key has a retires_at",
        ),
        (
            json!({"ip_allowlist": []}),
            "The body is not as documented: an ip_allowlist has at least one entry; \
             null means any address",
        ),
    ] {
        change(&scene, id, body)
            .await
            .expect_refusal(400, "invalid_request", text);
    }
    let shown = scene
        .get(&scene.admin, &format!("/v1/keys/{id}"))
        .await
        .json();
    assert_eq!(shown, before);
}

#[tokio::test]
async fn app_keys_take_no_permissions() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let path = format!("/v1/apps/{}/keys", app.id);
    let made = scene
        .post(&scene.admin, &path, json!({"service": "verify"}))
        .await;
    let id: KeyId = made.expect(201).text_of("id").parse().unwrap();
    let text = "An app key is authorized for its service and carries no permissions";
    let reply = change(&scene, id, json!({"permissions": ["read"]})).await;
    reply.expect_refusal(400, "invalid_request", text);
}

#[tokio::test]
async fn grace_of_a_retiring_key_can_be_moved_within_30_days() {
    let scene = Scene::new().await;
    let (id, _) = full_key(&scene).await;
    let rotate = format!("/v1/keys/{id}/rotate");
    scene
        .post(&scene.admin, &rotate, json!({}))
        .await
        .expect(201);
    scene.time.advance(Duration::from_hours(1));
    let later = change(&scene, id, json!({"retires_at": "2026-01-31T00:00:00Z"})).await;
    assert_eq!(
        later.expect(200).json()["retires_at"],
        "2026-01-31T00:00:00.000Z"
    );
    let too_late = change(
        &scene,
        id,
        json!({"retires_at": "2026-01-31T00:00:00.001Z"}),
    )
    .await;
    let text = "retires_at is at most 30 days after the rotation";
    too_late.expect_refusal(400, "invalid_request", text);
    let now = change(&scene, id, json!({"retires_at": "2026-01-01T00:30:00Z"})).await;
    let now = now.expect(200).json();
    assert_eq!(now["state"], "revoked");
    assert_eq!(now["revoked_at"], now["retires_at"]);
    assert_eq!(now["effective"], true);
}

#[tokio::test]
async fn change_without_members_changes_nothing() {
    let scene = Scene::new().await;
    let (id, before) = full_key(&scene).await;
    let changed = change(&scene, id, json!({})).await.expect(200).json();
    for (member, value) in before.as_object().unwrap() {
        assert_eq!(changed[member], *value, "{member}");
    }
    let events = format!(
        "/v1/organizations/{}/audit-events?target={id}",
        scene.acme.id
    );
    let events = scene.get(&scene.admin, &events).await.json();
    assert_eq!(
        events["items"].as_array().unwrap().len(),
        1,
        "only its creation"
    );
}
