//! The refusals of a running server, byte for byte.

use http::{Method, StatusCode};
use serde_json::json;

use crate::{demo, new_app_key, new_key, signed_in};

#[tokio::test]
async fn published_refusals_are_byte_exact() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (id, revoked) = new_app_key(&admin, &facts.app_id, "verify").await;
    admin
        .post(&format!("/v1/keys/{id}/revoke"), &json!({}))
        .await
        .expect(StatusCode::OK);
    let fact = json!({"fact": "Your fact to verify"});

    for (key, body, code) in [
        (
            None,
            r#"{"error":"Unauthorized","message":"Invalid or missing API key"}"#,
            "missing_key",
        ),
        (
            Some("mk_verify_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"),
            r#"{"error":"Unauthorized","message":"Invalid or missing API key"}"#,
            "invalid_key",
        ),
        (
            Some(facts.keys.inference.as_str()),
            r#"{"error":"Unauthorized","message":"API key not authorized for this service"}"#,
            "wrong_service",
        ),
        (
            Some(facts.keys.read.as_str()),
            r#"{"error":"Unauthorized","message":"API key not authorized for this service"}"#,
            "wrong_service",
        ),
        (
            Some(revoked.as_str()),
            r#"{"error":"Unauthorized","message":"API key has been revoked"}"#,
            "revoked_key",
        ),
    ] {
        let client = server.client();
        let client = key.map_or(client, |key| server.client().with_key(key));
        let answer = client.post("/verify/v1/stream", &fact).await;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (StatusCode::UNAUTHORIZED, body)
        );
        assert_eq!(answer.code(), Some(code));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(
            answer
                .header("www-authenticate")
                .unwrap()
                .starts_with(r#"Bearer realm="mira""#)
        );
        assert!(answer.header("x-mira-request-id").is_some());
    }
}

#[tokio::test]
async fn mira_api_refuses_in_its_own_shape() {
    let server = demo();
    let facts = server.demo();
    for (key, status, body) in [
        (
            "",
            401,
            r#"{"data":null,"error":"Invalid or missing API key","meta":null}"#,
        ),
        (
            facts.keys.verify.as_str(),
            401,
            r#"{"data":null,"error":"API key not authorized for this service","meta":null}"#,
        ),
        (
            facts.keys.write.as_str(),
            403,
            r#"{"data":null,"error":"API key lacks the read permission","meta":null}"#,
        ),
    ] {
        let answer = server.client().with_key(key).get("/api/v1/meetings").await;
        assert_eq!(
            (answer.status.as_u16(), answer.text().as_str()),
            (status, body)
        );
    }
}

#[tokio::test]
async fn key_comes_before_everything_else_below_a_protected_prefix() {
    let server = demo();
    let facts = server.demo();
    let nobody = server.client();
    let reader = server.client().with_key(&facts.keys.read);
    for (method, path, status) in [
        (Method::GET, "/api/v1/nothing", 404),
        (Method::GET, "/api/v1", 404),
        (Method::PUT, "/api/v1/meetings", 405),
        (Method::OPTIONS, "/api/v1/meetings", 405),
        (Method::TRACE, "/api/v1/meetings", 405),
    ] {
        let answer = nobody.send(nobody.request(method.clone(), path)).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        let answer = reader.send(reader.request(method.clone(), path)).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        assert_eq!(
            answer.header("allow").is_some(),
            status == 405,
            "{method} {path}"
        );
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    // A path that servers read differently is refused before any key is read.
    for path in [
        "/api/v1/%2e%2e/v1",
        "/api/v1/a%2fb",
        "/api/v1/a%5cb",
        "/api/v1/%00",
    ] {
        let answer = nobody.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn permissions_open_what_the_published_table_says() {
    let server = demo();
    let facts = server.demo();
    let template = json!({
        "name": "Discovery", "prompt_template": "Coach the call.",
        "grading_criteria": [{"name": "Questions", "weight": 1}],
    });
    let roleplay = json!({"scenario": "A sceptical buyer"});
    for (key, read, write, admin) in [
        (&facts.keys.read, true, false, false),
        (&facts.keys.write, false, true, false),
        (&facts.keys.admin, true, true, true),
    ] {
        let client = server.client().with_key(key);
        let is_open = |status: StatusCode| status != StatusCode::FORBIDDEN;
        for path in [
            "/api/v1/meetings",
            "/api/v1/templates",
            "/api/v1/roleplay/sessions",
        ] {
            assert_eq!(is_open(client.get(path).await.status), read, "GET {path}");
        }
        let made = client.post("/api/v1/templates", &template).await;
        assert_eq!(made.status == StatusCode::OK, write, "POST templates");
        if write {
            let path = format!(
                "/api/v1/templates/{}",
                made.json()["data"]["id"].as_str().unwrap()
            );
            client
                .patch(&path, &json!({"is_active": false}))
                .await
                .expect(StatusCode::OK);
            client.delete(&path).await.expect(StatusCode::OK);
        }
        let started = client.post("/api/v1/roleplay/sessions", &roleplay).await;
        assert_eq!(started.status == StatusCode::OK, write, "POST roleplay");
        let absent = "/api/v1/meetings/00000000-0000-7000-8000-000000000000";
        assert_eq!(
            is_open(client.delete(absent).await.status),
            admin,
            "DELETE meeting"
        );
    }
}

#[tokio::test]
async fn missing_permission_is_named_in_the_challenge() {
    let server = demo();
    let reader = server.client().with_key(&server.demo().keys.read);
    let answer = reader.post("/api/v1/templates", &json!({})).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert_eq!(
        answer.header("www-authenticate"),
        Some(r#"Bearer realm="mira", error="insufficient_scope", scope="write""#)
    );
}

#[tokio::test]
async fn address_and_expiry_of_a_key_are_enforced() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let elsewhere = json!({"name": "elsewhere", "ip_allowlist": ["203.0.113.0/24"]});
    let (_, key) = new_key(&admin, &facts.organization_id, elsewhere).await;
    let answer = server.client().with_key(&key).get("/api/v1/meetings").await;
    assert_eq!(answer.code(), Some("address_not_allowed"));
    // The header is believed from trusted proxies only.
    let forged = server
        .client()
        .with_key(&key)
        .with_header("x-forwarded-for", "203.0.113.7");
    assert_eq!(
        forged.get("/api/v1/meetings").await.code(),
        Some("address_not_allowed")
    );

    let here = json!({"name": "here", "ip_allowlist": ["127.0.0.0/8", "::1"]});
    let (id, key) = new_key(&admin, &facts.organization_id, here).await;
    let client = server.client().with_key(&key);
    client.get("/api/v1/meetings").await.expect(StatusCode::OK);
    let now = client.get("/api/v1/meetings").await;
    let reset: i64 = now.header("x-ratelimit-reset").unwrap().parse().unwrap();
    let past = json!({"expires_at": format!("{}", "2020-01-01T00:00:00Z")});
    let refused = admin.patch(&format!("/v1/keys/{id}"), &past).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(reset > 0);
}

#[tokio::test]
async fn browser_gets_a_page_and_a_program_gets_json_for_what_does_not_exist() {
    let server = demo();
    let program = server.client().get("/nothing-here").await;
    assert_eq!(
        (program.status.as_u16(), program.code()),
        (404, Some("not_found"))
    );
    assert_eq!(program.json()["error"], "Not Found");
    let browser = server.client().with_header("accept", "text/html,*/*;q=0.8");
    let page = browser
        .get("/nothing-here")
        .await
        .expect(StatusCode::NOT_FOUND);
    assert!(page.text().starts_with("<!DOCTYPE html>"));
    assert!(page.header("content-security-policy").is_some());
    let api = browser.get("/v1/me").await.expect(StatusCode::UNAUTHORIZED);
    assert_eq!(api.json()["code"], "unauthenticated");
}

#[tokio::test]
async fn browser_requests_from_another_origin_change_nothing() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let path = format!("/v1/organizations/{}/keys", facts.organization_id);
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let mut request = admin.json_request(Method::POST, &path, &json!({"name": "forged"}));
        request.headers_mut().insert(name, value.parse().unwrap());
        let refused = admin.send(request).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (403, Some("cross_origin"))
        );
    }
    let keys = admin.get(&path).await.expect(StatusCode::OK);
    assert!(!keys.text().contains("forged"));
}

#[tokio::test]
async fn authorization_counts_beside_a_cookie_and_open_routes_ask_for_no_key() {
    let server = demo();
    let admin = signed_in(&server, "admin").await;
    admin.get("/v1/me").await.expect(StatusCode::OK);
    for value in ["Basic x", "Bearer", "Bearer nonsense"] {
        let mut request = admin.request(Method::GET, "/v1/me");
        request
            .headers_mut()
            .insert("authorization", value.parse().unwrap());
        admin.send(request).await.expect(StatusCode::UNAUTHORIZED);
        let mut request = admin.request(Method::GET, "/v1/openapi.json");
        request
            .headers_mut()
            .insert("authorization", value.parse().unwrap());
        admin.send(request).await.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn sign_ins_side_by_side_do_not_tell_the_right_password() {
    let server = demo();
    let facts = server.demo();
    let user = facts.user("member");
    let attempts: Vec<_> = (0..24)
        .map(|number| {
            let client = server.client();
            let password = if number == 20 {
                user.password.clone()
            } else {
                format!("wrong {number}")
            };
            let body = json!({"email": user.email, "password": password});
            tokio::spawn(async move { client.post("/v1/sessions", &body).await.status.as_u16() })
        })
        .collect();
    let mut heard = Vec::new();
    for attempt in attempts {
        heard.push(attempt.await.unwrap());
    }
    let refused = heard.iter().filter(|status| **status == 401).count();
    assert!(
        refused <= 12,
        "many more than ten attempts were judged: {heard:?}"
    );
    assert!(
        heard.iter().all(|status| matches!(status, 201 | 401 | 429)),
        "{heard:?}"
    );
}
