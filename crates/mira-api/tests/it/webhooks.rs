//! Webhooks and what was sent to them.

use serde_json::json;

use crate::scene::{Reply, Scene};

#[tokio::test]
async fn a_webhook_shows_its_secret_when_it_is_made_and_rotated_and_never_else() {
    let scene = Scene::new().await;
    let path = format!("/v1/organizations/{}/webhooks", scene.acme.id);
    let body = json!({
        "url": "http://127.0.0.1:9/hooks?team=1",
        "description": " CRM ",
        "events": ["report.completed", "meeting.failed", "report.completed"],
    });
    let made = scene.post(&scene.admin, &path, body).await.expect(201);
    let secret = made.text_of("secret");
    assert!(
        secret.starts_with("whsec_") && secret.len() == 50,
        "{secret}"
    );
    let id = made.text_of("id");
    let wanted = json!({
        "id": id,
        "organization_id": scene.acme.id.to_string(),
        "url": "http://127.0.0.1:9/hooks?team=1",
        "description": "CRM",
        "events": ["report.completed", "meeting.failed"],
        "is_enabled": true,
        "created_at": "2026-01-01T00:00:00.000Z",
    });
    let one = format!("/v1/webhooks/{id}");
    assert_eq!(
        scene.get(&scene.admin, &one).await.expect(200).json(),
        wanted
    );
    let list = scene.get(&scene.admin, &path).await.expect(200).json();
    assert_eq!(list, json!({"items": [wanted], "next_cursor": null}));

    let rotate = format!("{one}/rotate-secret");
    let rotated = scene
        .ask(&scene.admin, "POST", &rotate, None)
        .await
        .expect(201);
    assert_ne!(rotated.text_of("secret"), secret);
    let trail = format!("/v1/organizations/{}/audit-events", scene.acme.id);
    let trail = scene.get(&scene.admin, &trail).await.expect(200).text;
    assert!(trail.contains("webhook.created") && trail.contains("webhook.secret_rotated"));
    assert!(!trail.contains("whsec_") && !trail.contains("team=1"));
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name() {
    let scene = Scene::new().await;
    let path = format!("/v1/webhooks/{}", scene.webhook().await.id);
    let before = scene.get(&scene.admin, &path).await.json();
    let changed = scene
        .patch(
            &scene.admin,
            &path,
            json!({"events": ["roleplay.completed"]}),
        )
        .await
        .expect(200)
        .json();
    let mut wanted = before;
    wanted["events"] = json!(["roleplay.completed"]);
    assert_eq!(changed, wanted);
    scene
        .ask(&scene.admin, "DELETE", &path, None)
        .await
        .expect(204);
    scene
        .get(&scene.admin, &path)
        .await
        .expect_refusal(404, "not_found", "Webhook not found");
}

#[tokio::test]
async fn what_cannot_be_a_webhook_is_refused_with_the_reason() {
    let scene = Scene::new().await;
    let path = format!("/v1/organizations/{}/webhooks", scene.acme.id);
    let events = json!(["report.completed"]);
    for (body, message) in [
        (
            json!({"url": "hooks", "events": events}),
            "url is an absolute https URL",
        ),
        (
            json!({"url": "https://ann:pw@127.0.0.1/", "events": events}),
            "url has no user information",
        ),
        (
            json!({"url": "http://169.254.169.254/latest", "events": events}),
            "url leads to an address that is not public and that the operator has not allowed",
        ),
        (
            json!({"url": "http://2852039166/latest", "events": events}),
            "url leads to an address that is not public and that the operator has not allowed",
        ),
        (
            json!({"url": "http://nowhere.invalid/", "events": events}),
            "url leads nowhere: its host name has no address",
        ),
        (
            json!({"url": "http://127.0.0.1/", "events": []}),
            "events names at least one event",
        ),
        (
            json!({"url": "http://127.0.0.1/", "events": ["key.revoked"]}),
            "event is one of report.completed, meeting.transcript_ready, meeting.failed, \
             roleplay.completed",
        ),
    ] {
        let reply = scene.post(&scene.admin, &path, body).await;
        reply.expect_refusal(400, "invalid_request", message);
    }
    for _ in 0..20 {
        scene.webhook().await;
    }
    let body = json!({"url": "http://127.0.0.1/", "events": events});
    scene.post(&scene.admin, &path, body).await.expect_refusal(
        409,
        "conflict",
        "An organization has up to 20 webhooks",
    );
}

#[tokio::test]
async fn a_failed_delivery_is_listed_and_can_be_asked_for_again() {
    let scene = Scene::new().await;
    let (webhook, other) = (scene.webhook().await, scene.webhook().await);
    let first = scene.delivery(webhook.id).await;
    let second = scene.delivery(webhook.id).await;
    let path = format!("/v1/webhooks/{}/deliveries", webhook.id);
    let page = scene.get(&scene.admin, &format!("{path}?limit=1")).await;
    let page = page.expect(200).json();
    assert_eq!(page["items"][0]["id"], second.to_string());
    assert_eq!(page["items"][0]["last_status"], 500);
    assert_eq!(page["items"][0]["next_attempt_at"], json!(null));
    let cursor = page["next_cursor"].as_str().unwrap();
    let next = format!("{path}?limit=1&cursor={cursor}");
    let page = scene.get(&scene.admin, &next).await.expect(200).json();
    assert_eq!(page["items"][0]["id"], first.to_string());
    assert_eq!(page["next_cursor"], json!(null));

    let again = format!("{path}/{first}/redeliver");
    let again: Reply = scene.ask(&scene.admin, "POST", &again, None).await;
    let again = again.expect(200).json();
    assert_eq!(
        (&again["state"], &again["attempts"]),
        (&json!("pending"), &json!(0))
    );
    assert_eq!(again["next_attempt_at"], "2026-01-01T00:00:00.000Z");
    let foreign = format!("/v1/webhooks/{}/deliveries/{first}/redeliver", other.id);
    let foreign = scene.ask(&scene.admin, "POST", &foreign, None).await;
    foreign.expect_refusal(404, "not_found", "Delivery not found");
}
