//! Apps and their money.

use serde_json::json;

use crate::scene::Scene;

#[tokio::test]
async fn app_begins_with_nothing_and_takes_another_name() {
    let scene = Scene::new().await;
    let path = format!("/v1/organizations/{}/apps", scene.acme.id);
    let made = scene
        .post(&scene.admin, &path, json!({"name": "Helpdesk"}))
        .await
        .expect(201);
    let id = made.text_of("id");
    let wanted = format!(
        concat!(
            r#"{{"id":"{}","organization_id":"{}","name":"Helpdesk","balance":0,"#,
            r#""created_at":"2026-01-01T00:00:00.000Z"}}"#
        ),
        id, scene.acme.id
    );
    assert_eq!(made.text, wanted);
    let path = format!("/v1/apps/{id}");
    let renamed = scene
        .patch(&scene.admin, &path, json!({"name": "Desk"}))
        .await
        .expect(200);
    assert_eq!(renamed.text_of("name"), "Desk");
    scene
        .patch(&scene.admin, &path, json!({"name": null}))
        .await
        .expect(400);
    let same = scene
        .patch(&scene.admin, &path, json!({}))
        .await
        .expect(200);
    assert_eq!(same.text, renamed.text);
}

#[tokio::test]
async fn deleting_an_app_revokes_its_keys() {
    let scene = Scene::new().await;
    let app = format!("/v1/apps/{}", scene.app().await.id);
    let keys = format!("{app}/keys");
    let key = scene
        .post(&scene.admin, &keys, json!({"service": "verify"}))
        .await
        .expect(201);
    let deleted = scene
        .ask(&scene.admin, "DELETE", &app, None)
        .await
        .expect(200)
        .json();
    assert_eq!(deleted["effective"], true);
    assert_eq!(deleted["proof"], "local");
    let path = format!("/v1/keys/{}", key.text_of("id"));
    let record = scene.get(&scene.admin, &path).await.expect(200).json();
    assert_eq!(record["state"], "revoked");
    let asked = json!({"key": key.text_of("key")});
    let verdict = scene
        .post(&scene.admin, "/v1/keys/verify", asked)
        .await
        .expect(200);
    assert_eq!(verdict.text, r#"{"valid":false,"code":"revoked_key"}"#);
    for path in [&app, &keys] {
        scene
            .get(&scene.admin, path)
            .await
            .expect_refusal(404, "not_found", "App not found");
    }
    scene
        .ask(&scene.admin, "DELETE", &app, None)
        .await
        .expect(404);
}

#[tokio::test]
async fn money_moves_in_dollars_and_the_ledger_says_why() {
    let scene = Scene::new().await;
    let app = format!("/v1/apps/{}", scene.app().await.id);
    let topup = json!({"amount": 25, "reason": "Invoice 1042"});
    let paid = scene
        .post(&scene.root, &format!("{app}/topups"), topup)
        .await
        .expect(201);
    let wanted = format!(
        concat!(
            r#"{{"id":"{}","type":"topup","amount":25,"balance":26,"request_id":null,"#,
            r#""description":"Invoice 1042","created_at":"2026-01-01T00:00:00.000Z"}}"#
        ),
        paid.text_of("id")
    );
    assert_eq!(paid.text, wanted);
    let without_reason = json!({"amount": 0.5});
    scene
        .post(&scene.root, &format!("{app}/topups"), without_reason)
        .await
        .expect(201);
    let adjustment = json!({"amount": -0.000_001, "reason": "Rounding"});
    let path = format!("{app}/adjustments");
    let adjusted = scene
        .post(&scene.root, &path, adjustment)
        .await
        .expect(201)
        .json();
    assert_eq!(adjusted["type"], "adjustment");
    assert_eq!(adjusted["amount"], -0.000_001);
    assert_eq!(adjusted["balance"], 26.499_999);

    let ledger = scene
        .get(&scene.member, &format!("{app}/transactions"))
        .await
        .json();
    assert_eq!(ledger["items"][0], adjusted);
    let shown = scene.get(&scene.member, &app).await.json();
    assert_eq!(shown["balance"], 26.499_999);
}

#[tokio::test]
async fn bad_amounts_move_nothing() {
    let scene = Scene::new().await;
    let app = format!("/v1/apps/{}", scene.app().await.id);
    let digits = "The body is not as documented: an amount is in dollars, below a billion, \
                  with at most six decimal places";
    for (route, body, text) in [
        ("topups", json!({"amount": 0}), "amount is more than 0"),
        ("topups", json!({"amount": -1}), "amount is more than 0"),
        ("topups", json!({"amount": 0.000_000_1}), digits),
        ("topups", json!({"amount": 1e15}), digits),
        (
            "topups",
            json!({"amount": "1"}),
            "The body has a member of the wrong type: expected f64",
        ),
        (
            "adjustments",
            json!({"amount": 0, "reason": "x"}),
            "amount is not 0",
        ),
        (
            "adjustments",
            json!({"amount": 1}),
            "The body is not as documented: missing field `reason`",
        ),
    ] {
        let reply = scene
            .post(&scene.root, &format!("{app}/{route}"), body)
            .await;
        reply.expect_refusal(400, "invalid_request", text);
    }
    assert_eq!(scene.get(&scene.root, &app).await.json()["balance"], 1);
}
