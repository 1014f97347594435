//! Balances: checked before work starts, charged once at its end.

use http::StatusCode;
use serde_json::json;

use crate::{demo, new_app_key, signed_in};

#[tokio::test]
async fn used_tokens_are_charged_once_and_stand_in_the_ledger() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let verify = server.client().with_key(&facts.keys.verify);
    let body = json!({"fact": "2 + 2 = 4"});
    let events = verify
        .post_for_events("/verify/v1/stream", &body)
        .await
        .all()
        .await;
    let completed = events.last().unwrap().json();
    let usage = &completed["tokenUsage"];
    let (prompt, completion) = (
        usage["promptTokens"].as_i64().unwrap(),
        usage["completionTokens"].as_i64().unwrap(),
    );

    let path = format!("/v1/apps/{}/transactions", facts.app_id);
    let transactions = admin.get(&path).await.expect(StatusCode::OK).json();
    let charge = &transactions["items"][0];
    assert_eq!(
        (&charge["type"], &charge["request_id"]),
        (&json!("usage"), &completed["requestId"])
    );
    // Practice models cost 1 and 2 dollars a million tokens: 1 and 2 micro-dollars each.
    let micros = prompt + 2 * completion;
    let amount = (charge["amount"].as_f64().unwrap() * -1e6).round();
    assert!((amount - f64::from(i32::try_from(micros).unwrap())).abs() < 0.5);
    assert_eq!(transactions["items"].as_array().unwrap().len(), 2);
    let app = admin
        .get(&format!("/v1/apps/{}", facts.app_id))
        .await
        .json();
    assert_eq!(app["balance"], charge["balance"]);
}

#[tokio::test]
async fn app_without_a_balance_pays_first() {
    let server = demo();
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let root = signed_in(&server, "superadmin").await;
    let apps = format!("/v1/organizations/{}/apps", facts.organization_id);
    let app = admin
        .post(&apps, &json!({"name": "Empty"}))
        .await
        .expect(StatusCode::CREATED)
        .json();
    let app = app["id"].as_str().unwrap();
    let (_, key) = new_app_key(&admin, app, "verify").await;
    let client = server.client().with_key(&key);
    let body = json!({"fact": "2 + 2 = 4"});
    let refused = client.post("/verify/v1/stream", &body).await;
    assert_eq!(refused.status, StatusCode::PAYMENT_REQUIRED);
    assert_eq!(
        refused.text(),
        r#"{"error":"Payment Required","message":"Insufficient balance","balance":0}"#
    );
    let top_up = json!({"amount": 5.0, "reason": "first payment"});
    admin
        .post(&format!("/v1/apps/{app}/topups"), &top_up)
        .await
        .expect(StatusCode::FORBIDDEN);
    root.post(&format!("/v1/apps/{app}/topups"), &top_up)
        .await
        .expect(StatusCode::CREATED);
    client
        .post("/verify/v1/stream", &body)
        .await
        .expect(StatusCode::OK);
}
