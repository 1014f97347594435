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
            r#""low_balance_threshold":null,"is_balance_low":false,"#,
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
    assert!(
        verdict
            .text
            .starts_with(r#"{"valid":false,"code":"revoked_key","#)
    );
    for path in [&app, &keys] {
        scene
            .get(&scene.admin, path)
            .await
            .expect_refusal(404, "not_found", "App not found");
    }
    // Whoever lost the first answer asks again, and learns that it holds.
    let again = scene.ask(&scene.admin, "DELETE", &app, None).await;
    assert_eq!(again.expect(200).json()["effective"], true);
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

#[tokio::test]
async fn balance_is_low_below_its_threshold_and_not_at_it() {
    let scene = Scene::new().await;
    let app = format!("/v1/apps/{}", scene.app().await.id);
    let set = async |threshold| {
        let body = json!({"low_balance_threshold": threshold});
        scene
            .patch(&scene.admin, &app, body)
            .await
            .expect(200)
            .json()
    };
    for (threshold, is_low) in [
        (json!(1), false),
        (json!(1.000_001), true),
        (json!(0.5), false),
        (json!(null), false),
    ] {
        let app = set(threshold.clone()).await;
        assert_eq!(app["low_balance_threshold"], threshold);
        assert_eq!(app["is_balance_low"], is_low, "{threshold}");
    }
    for bad in [json!(0), json!(-1)] {
        let body = json!({"low_balance_threshold": bad});
        let reply = scene.patch(&scene.admin, &app, body).await;
        reply.expect_refusal(
            400,
            "invalid_request",
            "low_balance_threshold is more than 0",
        );
    }
}

#[tokio::test]
async fn one_environment_of_an_app_is_revoked_at_once_after_a_look() {
    let scene = Scene::new().await;
    let app = format!("/v1/apps/{}", scene.app().await.id);
    let other = format!("/v1/apps/{}", scene.app().await.id);
    let make = async |app: &str, service: &str, environment: &str| {
        let body = json!({"service": service, "environment": environment});
        let made = scene.post(&scene.admin, &format!("{app}/keys"), body).await;
        made.expect(201).text_of("id")
    };
    let production = make(&app, "verify", "production").await;
    let elsewhere = make(&other, "verify", "staging").await;
    let console = make(&app, "console", "staging").await;
    let verify = make(&app, "verify", "staging").await;
    let suspended = make(&app, "verify", "staging").await;
    let revoked = make(&app, "verify", "staging").await;
    let step = |id: &str, step: &str| format!("/v1/keys/{id}/{step}");
    for path in [step(&suspended, "suspend"), step(&revoked, "revoke")] {
        scene.post(&scene.admin, &path, json!({})).await.expect(200);
    }
    let state = async |id: &str| {
        scene
            .get(&scene.admin, &format!("/v1/keys/{id}"))
            .await
            .json()["state"]
            .clone()
    };
    let revoke = async |body| {
        let path = format!("{app}/keys/revoke");
        scene
            .post(&scene.admin, &path, body)
            .await
            .expect(200)
            .json()
    };
    let ids = |group: &serde_json::Value| -> Vec<String> {
        let keys = group["keys"].as_array().unwrap().iter();
        keys.map(|key| key["id"].as_str().unwrap().to_owned())
            .collect()
    };

    let look = revoke(json!({"environment": "staging", "dry_run": true})).await;
    assert_eq!(look["count"], 3);
    assert!(look.get("effective").is_none());
    assert_eq!(state(&verify).await, "active");

    let part = revoke(json!({"environment": "staging", "service": "console"})).await;
    assert_eq!(ids(&part), std::slice::from_ref(&console));
    let rest = revoke(json!({"environment": "staging", "reason": "Broken into"})).await;
    let mut found = ids(&rest);
    found.sort();
    let mut wanted = [verify.clone(), suspended.clone()];
    wanted.sort();
    assert_eq!(found, wanted);
    assert_eq!(
        (&rest["effective"], &rest["proof"]),
        (&json!(true), &json!("local"))
    );
    for (id, wanted) in [
        (&production, "active"),
        (&elsewhere, "active"),
        (&console, "revoked"),
        (&verify, "revoked"),
        (&suspended, "revoked"),
    ] {
        assert_eq!(state(id).await, wanted);
    }
    let again = revoke(json!({"environment": "staging"})).await;
    assert_eq!(
        (&again["count"], &again["effective"]),
        (&json!(0), &json!(true))
    );

    let path = format!(
        "/v1/organizations/{}/audit-events?action=key.revoked",
        scene.acme.id
    );
    let events = scene.get(&scene.admin, &path).await.expect(200).json();
    let events = events["items"].as_array().unwrap();
    assert_eq!(events.len(), 4, "one for each key");
    assert_eq!(events[0]["details"]["environment"], "staging");
    assert_eq!(events[0]["details"]["reason"], "Broken into");
    for body in [
        json!({}),
        json!({"environment": "test"}),
        json!({"environment": "staging", "x": 1}),
    ] {
        let path = format!("{app}/keys/revoke");
        scene.post(&scene.admin, &path, body).await.expect(400);
    }
}
