//! Organization keys live and lapse with the subscription.

use http::StatusCode;
use mira_testkit::{Client, Server};
use serde_json::{Value, json};

use crate::{demo, new_key, signed_in};

async fn subscribe(server: &Server, root: &Client, subscription: Value) -> Value {
    let path = format!(
        "/v1/organizations/{}/subscription",
        server.demo().organization_id
    );
    root.put(&path, &subscription)
        .await
        .expect(StatusCode::OK)
        .json()
}

#[tokio::test]
async fn lapse_refuses_creation_and_use_and_renewal_brings_the_keys_back() {
    let server = demo();
    let facts = server.demo();
    let root = signed_in(&server, "superadmin").await;
    let admin = signed_in(&server, "admin").await;
    let (_, key) = new_key(&admin, &facts.organization_id, json!({"name": "before"})).await;
    let client = server.client().with_key(&key);
    let keys = format!("/v1/organizations/{}/keys", facts.organization_id);

    for lapsed in [
        json!({"plan": "business", "status": "past_due"}),
        json!({"plan": "enterprise", "status": "canceled"}),
        json!({"plan": "pay_as_you_go", "status": "active"}),
        json!({"plan": "business", "status": "active", "current_period_end": "2020-01-01T00:00:00Z"}),
    ] {
        let settled = subscribe(&server, &root, lapsed.clone()).await;
        assert_eq!(settled["effective"], true, "{lapsed}");
        let answer = client.get("/api/v1/meetings").await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, Some("subscription_required"))
        );
        assert_eq!(
            answer.json()["error"],
            "API access requires an active Business or Enterprise subscription"
        );
        let refused = admin.post(&keys, &json!({"name": "during"})).await;
        assert_eq!(
            (refused.status.as_u16(), refused.code()),
            (403, Some("subscription_required"))
        );
        // App keys are not touched by it.
        let models = server.client().with_key(&facts.keys.inference);
        models
            .get("/inference/v1/models")
            .await
            .expect(StatusCode::OK);
    }
    for plan in ["business", "enterprise"] {
        subscribe(&server, &root, json!({"plan": plan, "status": "active"})).await;
        client.get("/api/v1/meetings").await.expect(StatusCode::OK);
        admin
            .post(&keys, &json!({"name": plan}))
            .await
            .expect(StatusCode::CREATED);
    }
}

#[tokio::test]
async fn admins_and_members_do_not_set_their_own_subscription() {
    let server = demo();
    let path = format!(
        "/v1/organizations/{}/subscription",
        server.demo().organization_id
    );
    for role in ["admin", "member"] {
        let client = signed_in(&server, role).await;
        let body = json!({"plan": "enterprise", "status": "active"});
        client.put(&path, &body).await.expect(StatusCode::FORBIDDEN);
    }
}
