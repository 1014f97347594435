//! `Idempotency-Key` on everything that is created.

use serde_json::{Value, json};

use crate::scene::{Reply, Scene, Who};

/// Routes that create, each with a body and another one.
fn creations(scene: &Scene, app: &str) -> Vec<(&'static str, String, Value, Value)> {
    let acme = format!("/v1/organizations/{}", scene.acme.id);
    vec![
        (
            "root",
            "/v1/organizations".to_owned(),
            json!({"name": "New"}),
            json!({"name": "Other"}),
        ),
        (
            "admin",
            format!("{acme}/apps"),
            json!({"name": "New"}),
            json!({"name": "Other"}),
        ),
        (
            "admin",
            format!("{acme}/members"),
            json!({"email": "new@example.com", "role": "member"}),
            json!({"email": "other@example.com", "role": "member"}),
        ),
        (
            "admin",
            format!("{acme}/members"),
            json!({"email": "p@example.com", "role": "member", "password": "correct horse battery"}),
            json!({"email": "p@example.com", "role": "admin", "password": "correct horse battery"}),
        ),
        (
            "root",
            format!("{app}/topups"),
            json!({"amount": 5}),
            json!({"amount": 6}),
        ),
        (
            "root",
            format!("{app}/adjustments"),
            json!({"amount": -0.5, "reason": "x"}),
            json!({"amount": -0.5, "reason": "y"}),
        ),
        (
            "admin",
            format!("{acme}/keys"),
            json!({"name": "CI"}),
            json!({"name": "CD"}),
        ),
        (
            "admin",
            format!("{app}/keys"),
            json!({"service": "verify"}),
            json!({"service": "console"}),
        ),
    ]
}

async fn send(scene: &Scene, who: &Who, path: &str, key: &str, body: &Value) -> Reply {
    let headers = [("idempotency-key", key)];
    scene
        .ask_with(who, "POST", path, Some(body.clone()), &headers)
        .await
}

#[tokio::test]
async fn whatever_is_created_is_created_once_for_one_key_and_body() {
    let scene = Scene::new().await;
    let app = format!("/v1/apps/{}", scene.app().await.id);
    for (number, (role, path, body, other)) in creations(&scene, &app).into_iter().enumerate() {
        let who = if role == "root" {
            &scene.root
        } else {
            &scene.admin
        };
        let key = format!("key-{number}");
        let made = send(&scene, who, &path, &key, &body)
            .await
            .expect(201)
            .json();
        let again = send(&scene, who, &path, &key, &body)
            .await
            .expect(200)
            .json();
        let mut public = made.clone();
        for secret in ["key", "invitation_url"] {
            public.as_object_mut().unwrap().remove(secret);
            assert!(again.get(secret).is_none(), "{path}");
        }
        assert_eq!(again, public, "{path}");
        let text = "This Idempotency-Key was used with another body";
        let refused = send(&scene, who, &path, &key, &other).await;
        refused.expect_refusal(409, "conflict", text);
    }
    let app = scene.get(&scene.member, &app).await.json();
    assert_eq!(
        app["balance"], 5.5,
        "a dollar, five more, and half of one less"
    );
}

#[tokio::test]
async fn key_of_one_actor_or_route_says_nothing_to_another() {
    let scene = Scene::new().await;
    let (one, two) = (scene.app().await.id, scene.app().await.id);
    let body = json!({"amount": 5});
    for app in [one, two] {
        let path = format!("/v1/apps/{app}/topups");
        send(&scene, &scene.root, &path, "same", &body)
            .await
            .expect(201);
    }
    let path = format!("/v1/organizations/{}/apps", scene.acme.id);
    let body = json!({"name": "New"});
    for who in [&scene.root, &scene.admin, &scene.admin_key] {
        send(&scene, who, &path, "same", &body).await.expect(201);
    }
}

#[tokio::test]
async fn passwords_leave_no_digest_among_the_remembered_requests() {
    let scene = Scene::new().await;
    let path = format!("/v1/organizations/{}/members", scene.acme.id);
    let with =
        |password: &str| json!({"email": "a@example.com", "role": "member", "password": password});
    let first = with("correct horse battery");
    send(&scene, &scene.admin, &path, "once", &first)
        .await
        .expect(201);
    // Two bodies that differ in the password alone cannot be told apart by what is kept.
    let second = with("battery horse correct");
    send(&scene, &scene.admin, &path, "once", &second)
        .await
        .expect(200);
}
