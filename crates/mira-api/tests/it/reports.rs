//! Usage and the audit trail.

use serde_json::{Value, json};

use crate::scene::{Scene, Who};

#[tokio::test]
async fn audit_events_say_who_did_what_to_what_in_which_request() {
    let scene = Scene::new().await;
    let path = format!("/v1/organizations/{}", scene.acme.id);
    scene
        .patch(&scene.admin, &path, json!({"name": "Acme 2"}))
        .await
        .expect(200);
    let events = scene
        .get(&scene.admin, &format!("{path}/audit-events?limit=1"))
        .await;
    let events = events.expect(200).json();
    let event = &events["items"][0];
    let Who::Person(admin) = &scene.admin else {
        panic!("a person")
    };
    assert_eq!(
        event["actor"],
        json!({"kind": "user", "id": admin.id.to_string()})
    );
    assert_eq!(event["action"], "organization.changed");
    let target = json!({"kind": "organization", "id": scene.acme.id.to_string()});
    assert_eq!(event["target"], target);
    assert_eq!(event["organization_id"], scene.acme.id.to_string());
    assert_eq!(event["request_id"], "00000000-0000-7000-8000-000000000000");
    assert_eq!(event["at"], "2026-01-01T00:00:00.000Z");
    assert_eq!(event["details"]["name"], "Acme 2");
    assert!(event["id"].as_str().unwrap().starts_with("evt_"));
}

#[tokio::test]
async fn trail_never_holds_a_secret() {
    let scene = Scene::new().await;
    let path = format!("/v1/organizations/{}", scene.acme.id);
    let made = scene
        .post(&scene.admin, &format!("{path}/keys"), json!({"name": "CI"}))
        .await;
    let key = made.expect(201).text_of("key");
    let events = scene
        .get(&scene.admin, &format!("{path}/audit-events"))
        .await
        .expect(200);
    assert!(!events.text.contains(&key));
    assert!(events.text.contains("key.created"));
}

#[tokio::test]
async fn logs_are_found_as_they_were_written() {
    let scene = Scene::new().await;
    let found = scene
        .get(&scene.root, "/v1/audit/verify")
        .await
        .expect(200)
        .json();
    for log in ["audit", "changelog"] {
        assert_eq!(found[log]["intact"], true);
        assert!(found[log]["entries"].as_u64().unwrap() > 0);
        assert_eq!(found[log]["broken_at"], Value::Null);
    }
}

#[tokio::test]
async fn usage_is_counted_by_day_and_by_key() {
    let scene = Scene::new().await;
    let organization = format!("/v1/organizations/{}", scene.acme.id);
    let keys = format!("{organization}/keys");
    let made = scene
        .post(&scene.admin, &keys, json!({"name": "CI"}))
        .await
        .expect(201);
    let asked = json!({"key": made.text_of("key")});
    scene
        .post(&scene.admin, "/v1/keys/verify", asked)
        .await
        .expect(200);
    let write = json!({"key": made.text_of("key"), "permission": "write"});
    scene
        .post(&scene.admin, "/v1/keys/verify", write)
        .await
        .expect(200);
    scene.flush().await;
    let usage = scene
        .get(&scene.member, &format!("{organization}/usage"))
        .await
        .expect(200)
        .json();
    assert_eq!(
        (&usage["from"], &usage["to"]),
        (&json!("2025-12-03"), &json!("2026-01-02"))
    );
    assert_eq!(usage["by_day"][0]["day"], "2026-01-01");
    assert_eq!(usage["by_day"][0]["allowed"], usage["total"]["allowed"]);
    assert_eq!(usage["total"], json!({"allowed": 1, "denied": 1}));
    assert_eq!(usage["by_key"][0]["key_id"], made.text_of("id"));

    for query in [
        "from=2026-01-01&to=2026-01-02",
        "from=2026-01-01T23:00:00Z&to=2026-01-01T23:30:00Z",
    ] {
        let path = format!("{organization}/usage?{query}");
        let same_day = scene.get(&scene.member, &path).await.expect(200).json();
        assert_eq!(same_day["to"], "2026-01-02");
        assert_eq!(same_day["total"], usage["total"]);
    }
    let path = format!("{organization}/usage?from=2025-12-01&to=2026-01-01");
    let before = scene.get(&scene.member, &path).await.expect(200).json();
    assert_eq!(before["total"], json!({"allowed": 0, "denied": 0}));
    assert_eq!(before["by_day"], json!([]));
}

#[tokio::test]
async fn refused_request_is_listed_with_its_id_and_what_it_asked_for() {
    let scene = Scene::new().await;
    let organization = format!("/v1/organizations/{}", scene.acme.id);
    let keys = format!("{organization}/keys");
    let made = scene
        .post(&scene.admin, &keys, json!({"name": "CI"}))
        .await
        .expect(201);
    let (id, key) = (made.text_of("id"), made.text_of("key"));
    let asked = json!({"key": key, "permission": "write", "environment": "production",
        "remote_addr": "203.0.113.7"});
    let only_asks = json!({"key": key, "permission": "write", "cost": 0});
    for body in [json!({"key": key}), only_asks, asked] {
        scene
            .post(&scene.admin, "/v1/keys/verify", body)
            .await
            .expect(200);
    }
    scene.flush().await;
    let list = format!("{organization}/refusals");
    let refusals = scene.get(&scene.admin, &list).await.expect(200);
    assert!(!refusals.text.contains(&key));
    let refused = json!({
        "request_id": "00000000-0000-7000-8000-000000000000",
        "at": "1970-01-01T00:00:00.000Z",
        "organization_id": scene.acme.id.to_string(),
        "key_id": id,
        "code": "missing_permission",
        "access": {"kind": null, "service": null, "permission": "write",
            "environments": ["production"], "address": "203.0.113.7", "metered": false},
    });
    assert_eq!(refusals.json()["items"], json!([refused]));
    let of_key = scene.get(&scene.admin, &format!("{list}?key={id}")).await;
    assert_eq!(of_key.expect(200).json()["items"], json!([refused]));
    let elsewhere = format!("/v1/organizations/{}/refusals?key={id}", scene.globex.id);
    let theirs = scene.get(&scene.stranger, &elsewhere).await.expect(200);
    assert_eq!(theirs.json()["items"], json!([]));
}
