//! Signing in and out.

use std::time::Duration;

use mira_console::Token;
use serde_json::{Value, json};

use crate::scene::{PASSWORD, Reply, Scene, Who};

async fn sign_in(scene: &Scene, email: &str, password: &str) -> Reply {
    let body = json!({"email": email, "password": password});
    scene.post(&Who::Nobody, "/v1/sessions", body).await
}

/// The token in a reply's cookie.
fn token(reply: &Reply) -> String {
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(
        attributes,
        "HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000"
    );
    pair.strip_prefix("mira_session=").unwrap().to_owned()
}

#[tokio::test]
async fn signing_in_gives_a_new_session_each_time() {
    let scene = Scene::new().await;
    let first = sign_in(&scene, "root@example.com", PASSWORD)
        .await
        .expect(201);
    let user = &first.json()["user"];
    assert_eq!(user["email"], "root@example.com");
    assert_eq!(user["role"], "superadmin");
    let mut members: Vec<_> = user.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(
        members,
        [
            "created_at",
            "email",
            "id",
            "name",
            "organization_id",
            "role"
        ]
    );
    let second = sign_in(&scene, " Root@Example.com ", PASSWORD)
        .await
        .expect(201);
    assert_ne!(token(&first), token(&second));
    for reply in [&first, &second] {
        let session = scene
            .console
            .session(&Token::presented(&token(reply)))
            .await;
        assert_eq!(session.unwrap().unwrap().email, "root@example.com");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_takes_the_cookie_away() {
    let scene = Scene::new().await;
    let signed_in = sign_in(&scene, "root@example.com", PASSWORD)
        .await
        .expect(201);
    let token = token(&signed_in);
    let cookie = format!("other=1; mira_session={token}");
    let path = "/v1/sessions/current";
    let headers = [("cookie", cookie.as_str())];
    let reply = scene
        .ask_with(&scene.root, "DELETE", path, None, &headers)
        .await
        .expect(204);
    assert_eq!(reply.text, "");
    let cleared = "mira_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0";
    assert_eq!(reply.headers["set-cookie"], cleared);
    let session = scene.console.session(&Token::presented(&token)).await;
    assert!(session.unwrap().is_none());
}

#[tokio::test]
async fn key_has_no_session_to_end_even_beside_a_cookie() {
    let scene = Scene::new().await;
    let signed_in = sign_in(&scene, "root@example.com", PASSWORD)
        .await
        .expect(201);
    let token = token(&signed_in);
    let cookie = format!("mira_session={token}");
    let headers = [("cookie", cookie.as_str())];
    let path = "/v1/sessions/current";
    let reply = scene
        .ask_with(&scene.admin_key, "DELETE", path, None, &headers)
        .await;
    reply.expect_refusal(404, "not_found", "Session not found");
    let session = scene.console.session(&Token::presented(&token)).await;
    assert!(session.unwrap().is_some());
}

#[tokio::test]
async fn wrong_passwords_and_unknown_accounts_read_the_same() {
    let scene = Scene::new().await;
    let wrong = sign_in(&scene, "root@example.com", "not the password").await;
    let unknown = sign_in(&scene, "nobody@example.com", PASSWORD).await;
    assert_eq!(wrong.text, unknown.text);
    for reply in [wrong, unknown] {
        assert_eq!(reply.headers["www-authenticate"], "Bearer realm=\"mira\"");
        let text = "Email or password is wrong";
        reply.expect_refusal(401, "invalid_credentials", text);
    }
}

#[tokio::test]
async fn ten_failures_stop_further_attempts_for_fifteen_minutes() {
    let scene = Scene::new().await;
    for _ in 0..10 {
        sign_in(&scene, "root@example.com", "not the password")
            .await
            .expect(401);
    }
    let refused = sign_in(&scene, "root@example.com", PASSWORD).await;
    assert_eq!(refused.headers["retry-after"], "900");
    let text = "Too many attempts; wait a few minutes and try again";
    refused.expect_refusal(429, "rate_limited_minute", text);
    scene.time.advance(Duration::from_secs(901));
    sign_in(&scene, "root@example.com", PASSWORD)
        .await
        .expect(201);
}

#[tokio::test]
async fn me_is_a_person_or_a_key_with_its_organization() {
    let scene = Scene::new().await;
    let person = scene.get(&scene.member, "/v1/me").await.expect(200).json();
    assert_eq!(person["user"]["role"], "member");
    assert_eq!(person["key_id"], Value::Null);
    assert_eq!(person["role"], "member");
    assert_eq!(person["organization"]["name"], "Acme");

    let Who::Key(key) = &scene.admin_key else {
        panic!("a key")
    };
    let me = scene
        .get(&scene.admin_key, "/v1/me")
        .await
        .expect(200)
        .json();
    assert_eq!(me["user"], Value::Null);
    assert_eq!(me["key_id"], key.facts.id.to_string());
    assert_eq!(me["role"], "admin");
    assert_eq!(me["organization"]["id"], scene.acme.id.to_string());
}
