//! Asking about a key.

use serde_json::{Value, json};

use crate::scene::{Reply, Scene};

async fn ask(scene: &Scene, body: Value) -> Reply {
    scene.post(&scene.admin, "/v1/keys/verify", body).await
}

async fn organization_key(scene: &Scene, mut body: Value) -> (String, String) {
    body["name"] = json!("CI");
    let path = format!("/v1/organizations/{}/keys", scene.acme.id);
    let made = scene.post(&scene.admin, &path, body).await.expect(201);
    (made.text_of("id"), made.text_of("key"))
}

async fn code(scene: &Scene, body: Value) -> String {
    let reply = ask(scene, body).await.expect(200);
    let json = reply.json();
    let code = json["code"].as_str().unwrap().to_owned();
    assert_eq!(json["valid"], code == "valid");
    assert_eq!(
        json.get("key_id").is_some(),
        code == "valid",
        "{}",
        reply.text
    );
    code
}

#[tokio::test]
async fn good_key_is_described() {
    let scene = Scene::new().await;
    let permissions = json!({"permissions": ["read", "write"]});
    let (id, key) = organization_key(&scene, permissions).await;
    let reply = ask(&scene, json!({"key": key})).await.expect(200);
    let wanted = format!(
        concat!(
            r#"{{"valid":true,"code":"valid","key_id":"{}","organization_id":"{}","#,
            r#""app_id":null,"service":null,"environment":"production","#,
            r#""permissions":["read","write"],"limit":100,"remaining":99,"reset":1767225660,"#,
            r#""request_id":"{}"}}"#
        ),
        id, scene.acme.id, "00000000-0000-7000-8000-000000000000"
    );
    assert_eq!(reply.text, wanted);
    assert!(
        !reply.headers.contains_key("x-ratelimit-limit"),
        "the window is not the caller's"
    );
}

#[tokio::test]
async fn only_what_is_asked_for_is_checked() {
    let scene = Scene::new().await;
    let body = json!({"environment": "staging", "ip_allowlist": ["203.0.113.0/24"]});
    let (id, key) = organization_key(&scene, body).await;
    let of = |more: Value| {
        let mut body = json!({"key": key});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        code(&scene, body)
    };
    assert_eq!(of(json!({})).await, "valid");
    assert_eq!(of(json!({"permission": "read"})).await, "valid");
    assert_eq!(
        of(json!({"permission": "write"})).await,
        "missing_permission"
    );
    assert_eq!(of(json!({"environment": "staging"})).await, "valid");
    assert_eq!(
        of(json!({"environment": "production"})).await,
        "wrong_environment"
    );
    assert_eq!(of(json!({"remote_addr": "203.0.113.7"})).await, "valid");
    assert_eq!(
        of(json!({"remote_addr": "::ffff:203.0.113.7"})).await,
        "valid"
    );
    assert_eq!(
        of(json!({"remote_addr": "198.51.100.7"})).await,
        "address_not_allowed"
    );
    assert_eq!(of(json!({"service": "verify"})).await, "wrong_service");
    assert_eq!(of(json!({"service": "unheard-of"})).await, "wrong_service");
    let path = format!("/v1/keys/{id}/suspend");
    scene.post(&scene.admin, &path, json!({})).await.expect(200);
    assert_eq!(of(json!({})).await, "suspended_key");
    let path = format!("/v1/keys/{id}/revoke");
    scene.post(&scene.admin, &path, json!({})).await.expect(200);
    assert_eq!(of(json!({})).await, "revoked_key");
}

#[tokio::test]
async fn key_of_a_metered_service_needs_a_balance_there() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let path = format!("/v1/apps/{}/keys", app.id);
    let made = scene
        .post(&scene.admin, &path, json!({"service": "verify"}))
        .await
        .expect(201);
    let key = made.text_of("key");
    assert_eq!(
        code(&scene, json!({"key": key, "service": "verify"})).await,
        "valid"
    );
    let path = format!("/v1/apps/{}/adjustments", app.id);
    let all = json!({"amount": -1, "reason": "Used up"});
    scene.post(&scene.root, &path, all).await.expect(201);
    let denied = code(&scene, json!({"key": key, "service": "verify"})).await;
    assert_eq!(denied, "insufficient_balance");
    assert_eq!(code(&scene, json!({"key": key})).await, "valid");
}

#[tokio::test]
async fn questions_count_on_the_key_that_is_asked_about() {
    let scene = Scene::new().await;
    let limit = json!({"rate_limit": {"per_minute": 10}});
    let (_, key) = organization_key(&scene, limit).await;
    let left = async |cost: u32| ask(&scene, json!({"key": key, "cost": cost})).await.json();
    assert_eq!(left(4).await["remaining"], 6);
    assert_eq!(left(0).await["remaining"], 6);
    let refused = left(7).await;
    assert_eq!(refused["code"], "rate_limited_minute");
    assert_eq!(
        (&refused["limit"], &refused["remaining"]),
        (&json!(10), &json!(6))
    );
    assert_eq!(left(6).await["remaining"], 0);
    assert_eq!(left(1).await["valid"], false);
    assert_eq!(
        left(0).await["valid"],
        false,
        "what one request would be answered"
    );
}

#[tokio::test]
async fn key_of_another_organization_is_one_that_nobody_issued() {
    let scene = Scene::new().await;
    let (_, key) = organization_key(&scene, json!({"rate_limit": {"per_minute": 1}})).await;
    for _ in 0..3 {
        for who in [&scene.stranger, &scene.root] {
            let reply = scene
                .post(who, "/v1/keys/verify", json!({"key": key}))
                .await;
            expect_invalid(&reply);
        }
    }
    for nonsense in ["", "x", "mira_live_00000000000000000000000000000000"] {
        expect_invalid(&ask(&scene, json!({"key": nonsense})).await);
    }
    // None of that counted on the key's window.
    assert_eq!(code(&scene, json!({"key": key})).await, "valid");
}

/// Nothing but that nobody issued it.
fn expect_invalid(reply: &Reply) {
    let json = reply.json();
    let mut members: Vec<_> = json.as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["code", "refusal", "request_id", "valid"]);
    assert_eq!(
        (&json["valid"], &json["code"]),
        (&json!(false), &json!("invalid_key"))
    );
}

#[tokio::test]
async fn refusal_can_be_passed_on_as_it_is() {
    let scene = Scene::new().await;
    let limit = json!({"rate_limit": {"per_minute": 1}});
    let (id, key) = organization_key(&scene, limit).await;
    let refusal = async || ask(&scene, json!({"key": key})).await.json()["refusal"].clone();
    assert_eq!(refusal().await, json!(null));
    let limited = refusal().await;
    assert_eq!(limited["status"], 429);
    let body = json!({
        "error": "Rate Limit Exceeded", "message": "Too many requests per minute",
        "resetAt": 1_767_225_660,
    });
    assert_eq!(limited["body"], body);
    let headers = &limited["headers"];
    assert_eq!(headers["retry-after"], "60");
    assert_eq!(headers["x-ratelimit-limit"], "1");
    assert_eq!(headers["x-mira-code"], "rate_limited_minute");
    let path = format!("/v1/keys/{id}/revoke");
    scene.post(&scene.admin, &path, json!({})).await.expect(200);
    let reply = ask(&scene, json!({"key": key})).await;
    let body = r#""body":{"error":"Unauthorized","message":"API key has been revoked"}"#;
    assert!(reply.text.contains(body), "{}", reply.text);
    let challenge = &reply.json()["refusal"]["headers"]["www-authenticate"];
    assert_eq!(challenge, r#"Bearer realm="mira", error="invalid_token""#);
}

#[tokio::test]
async fn bad_questions_are_refused() {
    let scene = Scene::new().await;
    for body in [
        json!({}),
        json!({"key": null}),
        json!({"key": "x", "cost": 1001}),
        json!({"key": "x", "cost": -1}),
        json!({"key": "x", "remote_addr": "localhost"}),
        json!({"key": "x", "remote_addr": "203.0.113.0/24"}),
        json!({"key": "x", "permission": "owner"}),
        json!({"key": "x", "environment": "prod"}),
        json!({"key": "x", "service": "Not One"}),
    ] {
        let reply = ask(&scene, body.clone()).await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.text);
    }
}
