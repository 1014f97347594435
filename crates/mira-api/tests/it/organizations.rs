//! Organizations and their subscriptions.

use serde_json::{Value, json};

use crate::scene::Scene;

fn acme(scene: &Scene) -> String {
    format!("/v1/organizations/{}", scene.acme.id)
}

#[tokio::test]
async fn new_organization_is_active_and_without_a_subscription() {
    let scene = Scene::new().await;
    let made = scene
        .post(
            &scene.root,
            "/v1/organizations",
            json!({"name": " Initech "}),
        )
        .await;
    let made = made.expect(201);
    let wanted = format!(
        concat!(
            r#"{{"id":"{}","name":"Initech","state":"active","#,
            r#""subscription":{{"plan":"pay_as_you_go","status":"active","#,
            r#""current_period_end":null}},"created_at":"2026-01-01T00:00:00.000Z"}}"#
        ),
        made.text_of("id")
    );
    assert_eq!(made.text, wanted);
}

#[tokio::test]
async fn admins_rename_their_organization_and_do_not_suspend_it() {
    let scene = Scene::new().await;
    let renamed = scene
        .patch(&scene.admin, &acme(&scene), json!({"name": "Acme 2"}))
        .await;
    let renamed = renamed.expect(200).json();
    assert_eq!(renamed["name"], "Acme 2");
    assert!(renamed.get("effective").is_none());
    for body in [
        json!({"state": "suspended"}),
        json!({"name": "Mine", "state": "suspended"}),
    ] {
        scene
            .patch(&scene.admin, &acme(&scene), body)
            .await
            .expect(403);
    }
    let shown = scene.get(&scene.admin, &acme(&scene)).await.json();
    assert_eq!(shown["name"], "Acme 2");
    assert_eq!(shown["state"], "active");
}

#[tokio::test]
async fn superadmin_changes_name_and_state_in_one_step() {
    let scene = Scene::new().await;
    let body = json!({"name": "Acme 3", "state": "suspended"});
    let changed = scene
        .patch(&scene.root, &acme(&scene), body)
        .await
        .expect(200)
        .json();
    assert_eq!(changed["name"], "Acme 3");
    assert_eq!(changed["state"], "suspended");
    assert_eq!(changed["effective"], true);
    let back = scene
        .patch(&scene.root, &acme(&scene), json!({"state": "active"}))
        .await;
    assert_eq!(back.expect(200).json()["state"], "active");
    let same = scene
        .patch(&scene.root, &acme(&scene), json!({}))
        .await
        .expect(200)
        .json();
    assert_eq!(same["name"], "Acme 3");
    for body in [
        json!({"name": null}),
        json!({"state": null}),
        json!({"state": "gone"}),
    ] {
        scene
            .patch(&scene.root, &acme(&scene), body)
            .await
            .expect(400);
    }
}

#[tokio::test]
async fn subscription_is_set_wholly_and_says_since_when_it_holds() {
    let scene = Scene::new().await;
    let path = format!("{}/subscription", acme(&scene));
    let put = async |body: Value| scene.ask(&scene.root, "PUT", &path, Some(body)).await;
    let body = json!({
        "plan": "enterprise", "status": "active", "current_period_end": "2027-01-01T00:00:00.000Z",
    });
    let changed = put(body.clone()).await.expect(200).json();
    assert_eq!(changed["subscription"], body);
    assert_eq!(changed["effective"], true);
    // An end in the past is taken and is a lapse.
    let past = json!({"plan": "business", "status": "active", "current_period_end": "2020-01-01"});
    put(past).await.expect(200);
    let without_end = json!({"plan": "business", "status": "past_due"});
    let changed = put(without_end).await.expect(200).json();
    assert_eq!(changed["subscription"]["current_period_end"], Value::Null);
    for bad in [
        json!({"plan": "business"}),
        json!({"status": "active"}),
        json!({"plan": "gold", "status": "active"}),
        json!({"plan": "business", "status": "paid"}),
        json!({"plan": "business", "status": "active", "current_period_end": "soon"}),
    ] {
        put(bad).await.expect(400);
    }
}
