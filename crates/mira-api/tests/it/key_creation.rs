//! Issuing keys.

use mira_core::{Plan, Subscription, SubscriptionStatus};
use serde_json::{Value, json};

use crate::scene::{Reply, Scene, Who, caller};

fn keys_of(scene: &Scene) -> String {
    format!("/v1/organizations/{}/keys", scene.acme.id)
}

fn user_id(who: &Who) -> String {
    let Who::Person(user) = who else {
        panic!("a person")
    };
    user.id.to_string()
}

async fn issue_twice(scene: &Scene, path: &str, first: Value, second: Value) -> (Reply, Reply) {
    let header = [("Idempotency-Key", "once")];
    let admin = &scene.admin;
    let first = scene
        .ask_with(admin, "POST", path, Some(first), &header)
        .await;
    let second = scene
        .ask_with(admin, "POST", path, Some(second), &header)
        .await;
    (first.expect(201), second)
}

#[tokio::test]
async fn organization_key_record_has_just_the_documented_members_in_their_order() {
    let scene = Scene::new().await;
    let body = json!({
        "name": "  CI/CD ",
        "permissions": ["write", "read", "read"],
        "environment": "staging",
        "expires_at": "2026-06-01T12:00:00+02:00",
        "ip_allowlist": ["203.0.113.0/24", "2001:db8::1"],
        "rate_limit": {"per_day": 5},
    });
    let reply = scene
        .post(&scene.admin, &keys_of(&scene), body)
        .await
        .expect(201);
    assert_eq!(reply.headers["cache-control"], "no-store");
    let (id, prefix, key) = (
        reply.text_of("id"),
        reply.text_of("prefix"),
        reply.text_of("key"),
    );
    assert!(key.starts_with(&prefix) && prefix.len() == "mira_live_a1B2".len());
    assert_eq!(key.len(), "mira_live_".len() + 32);
    let (org, admin) = (scene.acme.id, user_id(&scene.admin));
    let record = format!(
        r#"{{"id":"{id}","name":"CI/CD","prefix":"{prefix}","kind":"organization","#
    ) + &format!(
        concat!(
            r#""organization_id":"{}","app_id":null,"service":null,"environment":"staging","#,
            r#""permissions":["read","write"],"state":"active","#,
            r#""created_at":"2026-01-01T00:00:00.000Z","#,
            r#""created_by":{{"kind":"user","id":"{}"}},"#,
            r#""expires_at":"2026-06-01T10:00:00.000Z","last_used_at":null,"retires_at":null,"#,
            r#""revoked_at":null,"revoked_by":null,"rotated_from":null,"rotated_to":null,"#,
            r#""ip_allowlist":["203.0.113.0/24","2001:db8::1/128"],"#,
            r#""rate_limit":{{"per_minute":null,"per_day":5}}"#,
        ),
        org, admin
    );
    assert_eq!(reply.text, format!(r#"{record},"key":"{key}"}}"#));

    let shown = scene
        .get(&scene.member, &format!("/v1/keys/{id}"))
        .await
        .expect(200);
    assert_eq!(shown.text, format!("{record}}}"));
}

#[tokio::test]
async fn app_key_record_names_its_app_and_service() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let path = format!("/v1/apps/{}/keys", app.id);
    let reply = scene
        .post(&scene.admin_key, &path, json!({"service": "verify"}))
        .await;
    let reply = reply.expect(201);
    let record = reply.json();
    assert!(reply.text_of("key").starts_with("mk_verify_"));
    assert_eq!(record["name"], "verify key");
    assert_eq!(record["kind"], "app");
    assert_eq!(record["app_id"], app.id.to_string());
    assert_eq!(record["organization_id"], scene.acme.id.to_string());
    assert_eq!(record["service"], "verify");
    assert_eq!(record["permissions"], json!([]));
    assert_eq!(record["environment"], "production");
    assert_eq!(record["ip_allowlist"], Value::Null);
    assert_eq!(record["rate_limit"], Value::Null);
    let Who::Key(maker) = &scene.admin_key else {
        panic!("a key")
    };
    let maker = json!({"kind": "key", "id": maker.facts.id.to_string()});
    assert_eq!(record["created_by"], maker);
}

#[tokio::test]
async fn defaults_are_read_and_production_and_null_is_absent() {
    let scene = Scene::new().await;
    let nulls = json!({
        "name": "CI", "permissions": null, "environment": null, "expires_at": null,
        "ip_allowlist": null, "rate_limit": null,
    });
    for body in [json!({"name": "CI"}), nulls] {
        let record = scene
            .post(&scene.admin, &keys_of(&scene), body)
            .await
            .expect(201)
            .json();
        assert_eq!(record["permissions"], json!(["read"]));
        assert_eq!(record["environment"], "production");
        assert_eq!(record["expires_at"], Value::Null);
    }
}

#[tokio::test]
async fn bad_keys_are_refused_with_a_clear_text() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let for_app = format!("/v1/apps/{}/keys", app.id);
    let of = |member: &str, value: Value| {
        let mut body = json!({"name": "CI"});
        body[member] = value;
        body
    };
    for (body, text) in [
        (
            json!({}),
            "The body is not as documented: missing field `name`",
        ),
        (json!({"name": " "}), "A name has 1 to 100 characters"),
        (json!({"name": "a\nb"}), "A name has no control characters"),
        (
            of("permissions", json!(["owner"])),
            "The body is not as documented: permission is one of read, write, admin",
        ),
        (
            of("permissions", json!([])),
            "permissions has at least one of read, write, admin",
        ),
        (
            of("permissions", json!("read")),
            "The body has a member of the wrong type: expected a sequence",
        ),
        (
            of("environment", json!("prod")),
            "The body is not as documented: environment is one of development, staging, production",
        ),
        (
            of("expires_at", json!("2025-12-31T23:59:59Z")),
            "expires_at lies in the past",
        ),
        (
            of("expires_at", json!("tomorrow")),
            "The body is not as documented: an instant is written as in 2026-01-15T10:30:00Z (RFC 3339)",
        ),
        (
            of("ip_allowlist", json!([])),
            "The body is not as documented: an ip_allowlist has at least one entry; \
             null means any address",
        ),
        (
            of("ip_allowlist", json!(["10.0.0.0/33"])),
            "The body is not as documented: \"10.0.0.0/33\" is not an IP address or a network \
             such as 203.0.113.0/24",
        ),
        (
            of("rate_limit", json!({"per_minute": 0})),
            "The body is not as documented: a rate is a whole number from 1 to 4294967295",
        ),
    ] {
        let reply = scene.post(&scene.admin, &keys_of(&scene), body).await;
        reply.expect_refusal(400, "invalid_request", text);
    }
    for (body, text) in [
        (
            json!({"service": "inference"}),
            "There is no service called inference",
        ),
        (
            json!({"service": "Not One"}),
            "The body is not as documented: a service name is 2 to 31 characters of a-z, 0-9 \
             and -, and starts with a letter",
        ),
    ] {
        let reply = scene.post(&scene.admin, &for_app, body).await;
        reply.expect_refusal(400, "invalid_request", text);
    }
}

#[tokio::test]
async fn repeated_request_gets_the_record_and_no_secret() {
    let scene = Scene::new().await;
    let app = scene.app().await;
    let routes = [
        (
            keys_of(&scene),
            json!({"name": "CI"}),
            json!({"name": "CD"}),
        ),
        (
            format!("/v1/apps/{}/keys", app.id),
            json!({"service": "verify"}),
            json!({"service": "console"}),
        ),
    ];
    for (path, body, other) in routes {
        let (first, second) = issue_twice(&scene, &path, body.clone(), body).await;
        let mut record = first.json();
        assert!(record.as_object_mut().unwrap().remove("key").is_some());
        assert_eq!(second.expect(200).json(), record);

        let header = [("Idempotency-Key", "once")];
        let reply = scene
            .ask_with(&scene.admin, "POST", &path, Some(other), &header)
            .await;
        let text = "This Idempotency-Key was used with another body";
        reply.expect_refusal(409, "conflict", text);
    }
}

#[tokio::test]
async fn idempotency_keys_belong_to_one_actor_one_route_and_one_day() {
    let scene = Scene::new().await;
    let body = json!({"name": "CI"});
    let (first, _) = issue_twice(&scene, &keys_of(&scene), body.clone(), body.clone()).await;
    let header = [("Idempotency-Key", "once")];
    let path = keys_of(&scene);
    let ask = |who: &Who| {
        let (scene, who, path, body) = (&scene, who.clone(), path.clone(), body.clone());
        async move {
            scene
                .ask_with(&who, "POST", &path, Some(body), &header)
                .await
        }
    };
    let by_root = ask(&scene.root).await.expect(201);
    assert_ne!(by_root.text_of("id"), first.text_of("id"));
    scene.time.advance(std::time::Duration::from_secs(86_401));
    let next_day = ask(&scene.admin).await.expect(201);
    assert_ne!(next_day.text_of("id"), first.text_of("id"));
}

#[tokio::test]
async fn unreadable_idempotency_keys_are_refused() {
    let scene = Scene::new().await;
    let body = json!({"name": "CI"});
    for headers in [
        &[("Idempotency-Key", "")][..],
        &[("Idempotency-Key", "a b")],
        &[("Idempotency-Key", "a"), ("Idempotency-Key", "a")],
    ] {
        let path = keys_of(&scene);
        let reply = scene
            .ask_with(&scene.admin, "POST", &path, Some(body.clone()), headers)
            .await;
        assert_eq!(reply.expect(400).json()["code"], "invalid_request");
    }
}

#[tokio::test]
async fn organization_keys_take_an_active_subscription_and_app_keys_do_not() {
    let scene = Scene::new().await;
    let (app, key) = (scene.app().await, scene.key().await);
    let root = caller(&scene.root);
    let business = |status, current_period_end| Subscription {
        plan: Plan::Business,
        status,
        current_period_end,
    };
    let ended = scene.console.now();
    for lapse in [
        Subscription::NONE,
        business(SubscriptionStatus::PastDue, None),
        business(SubscriptionStatus::Active, Some(ended)),
    ] {
        scene
            .console
            .set_subscription(&root, scene.acme.id, lapse)
            .await
            .unwrap();
        let rotate = format!("/v1/keys/{}/rotate", key.facts.id);
        for (path, body) in [
            (keys_of(&scene), json!({"name": "CI"})),
            (rotate, json!({})),
        ] {
            let reply = scene.post(&scene.admin, &path, body).await;
            let text = "API access requires an active Business or Enterprise subscription";
            reply.expect_refusal(403, "subscription_required", text);
        }
        let path = format!("/v1/apps/{}/keys", app.id);
        let made = scene
            .post(&scene.admin, &path, json!({"service": "verify"}))
            .await;
        made.expect(201);
    }
    let again = business(SubscriptionStatus::Active, None);
    scene
        .console
        .set_subscription(&root, scene.acme.id, again)
        .await
        .unwrap();
    let made = scene
        .post(&scene.admin, &keys_of(&scene), json!({"name": "CI"}))
        .await;
    made.expect(201);
}
