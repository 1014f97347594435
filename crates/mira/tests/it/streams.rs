//! Verification streams, and their end.

use std::time::Duration;

use http::StatusCode;
use mira_testkit::{Server, ServerOptions};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::{demo, new_app_key, signed_in};

#[tokio::test]
async fn verification_streams_the_documented_events_in_order() {
    let server = demo();
    let verify = server.client().with_key(&server.demo().keys.verify);
    let body = json!({"fact": "Paris is the capital of France. 2 + 2 = 5."});
    let events = verify.post_for_events("/verify/v1/stream", &body).await;
    assert_eq!(events.status(), StatusCode::OK);
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let request_id = events.headers()["x-mira-request-id"]
        .to_str()
        .unwrap()
        .to_owned();
    let events = events.all().await;
    let names: Vec<&str> = events.iter().map(|event| event.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "starting",
            "extracting_claims",
            "claims_extracted",
            "verifying_claims",
            "verifying_claim",
            "claim_verified",
            "verifying_claim",
            "claim_verified",
            "completed",
        ]
    );
    assert_eq!(events[3].json(), json!({"totalClaims": 2}));
    assert_eq!(events[5].json()["assessment"], "TRUE");
    assert_eq!(events[7].json()["assessment"], "FALSE");
    let completed = events[8].json();
    assert_eq!(completed["requestId"], request_id);
    assert_eq!(completed["results"][1]["consensus_answer"], "B");
}

#[tokio::test]
async fn published_sample_fact_runs_to_its_end() {
    let server = demo();
    let verify = server.client().with_key(&server.demo().keys.verify);
    let body = json!({"fact": "Your fact to verify"});
    let events = verify
        .post_for_events("/verify/v1/stream", &body)
        .await
        .all()
        .await;
    assert_eq!(events.last().unwrap().name, "completed");
}

#[tokio::test]
async fn bad_bodies_are_refused_before_any_event() {
    let server = demo();
    let verify = server.client().with_key(&server.demo().keys.verify);
    for body in [
        json!({}),
        json!({"fact": "   "}),
        json!({"fact": "x".repeat(10_001)}),
        json!({"fact": "x", "domain": "medical"}),
        json!({"fact": "x", "minRequired": 4}),
        json!({"fact": "x", "totalModels": 8}),
        json!({"fact": "x", "totalModels": 2, "minRequired": 3}),
        json!({"fact": "x", "surprise": true}),
    ] {
        let answer = verify.post("/verify/v1/stream", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.json()["error"], "Bad Request");
    }
}

/// A model server that accepts and never answers, so that a stream stays open.
async fn with_silent_model() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut first = [0];
            stream.read_exact(&mut first).await.ok();
            held.push(stream);
        }
    });
    let config = format!(
        "[[model]]\nid = \"silent/a\"\nbase_url = \"http://{address}/v1\"\n\
         prompt_usd_per_million = 1\ncompletion_usd_per_million = 1\n\
         [[model]]\nid = \"silent/b\"\nbase_url = \"http://{address}/v1\"\n\
         prompt_usd_per_million = 1\ncompletion_usd_per_million = 1\n",
    );
    let options = ServerOptions {
        demo: true,
        config: Some(config),
        ..ServerOptions::default()
    };
    Server::start(env!("CARGO_BIN_EXE_mira"), options)
}

#[tokio::test]
async fn open_stream_dies_with_its_key_within_a_second() {
    let server = with_silent_model().await;
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let root = signed_in(&server, "superadmin").await;
    let organization = format!("/v1/organizations/{}", facts.organization_id);
    for (cut, message) in [
        ("revoke", "API key has been revoked"),
        ("suspend", "API key is suspended"),
        ("organization", "API key is suspended"),
    ] {
        let (id, key) = new_app_key(&admin, &facts.app_id, "verify").await;
        let client = server.client().with_key(&key);
        let body = json!({"fact": "The Earth orbits the Sun"});
        let mut events = client.post_for_events("/verify/v1/stream", &body).await;
        assert_eq!(events.next().await.unwrap().name, "starting");
        assert_eq!(events.next().await.unwrap().name, "extracting_claims");
        let settled = match cut {
            "organization" => {
                root.patch(&organization, &json!({"state": "suspended"}))
                    .await
            }
            step => {
                admin
                    .post(&format!("/v1/keys/{id}/{step}"), &json!({}))
                    .await
            }
        };
        assert_eq!(settled.expect(StatusCode::OK).json()["effective"], true);
        let answered_at = Instant::now();
        let last = events.next().await.unwrap();
        assert_eq!(
            (last.name.as_str(), last.json()),
            ("error", json!({"message": message}))
        );
        assert!(last.at.saturating_duration_since(answered_at) < Duration::from_secs(1));
        assert!(events.next().await.is_none());
        root.patch(&organization, &json!({"state": "active"}))
            .await
            .expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn open_stream_ends_when_its_key_expires() {
    let server = with_silent_model().await;
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (id, key) = new_app_key(&admin, &facts.app_id, "verify").await;
    let rotate = admin
        .post(
            &format!("/v1/keys/{id}/rotate"),
            &json!({"grace_period_secs": 1}),
        )
        .await;
    rotate.expect(StatusCode::CREATED);
    let client = server.client().with_key(&key);
    let body = json!({"fact": "The Earth orbits the Sun"});
    let mut events = client.post_for_events("/verify/v1/stream", &body).await;
    assert_eq!(events.next().await.unwrap().name, "starting");
    assert_eq!(events.next().await.unwrap().name, "extracting_claims");
    let last = tokio::time::timeout(Duration::from_secs(3), events.next())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(last.json(), json!({"message": "API key has been revoked"}));
}
