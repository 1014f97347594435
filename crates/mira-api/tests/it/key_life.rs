//! Rotate, suspend, resume, revoke.

use std::time::Duration;

use mira_core::{KeyId, KeyRecord};
use serde_json::{Value, json};

use crate::scene::{Reply, Scene};

const HOUR: Duration = Duration::from_hours(1);

#[derive(Debug, Clone, Copy)]
enum State {
    Active,
    Retiring,
    Suspended,
    SuspendedInGrace,
    Revoked,
    Expired,
    Retired,
}

const STATES: [State; 7] = [
    State::Active,
    State::Retiring,
    State::Suspended,
    State::SuspendedInGrace,
    State::Revoked,
    State::Expired,
    State::Retired,
];

/// A key that has come into `state`.
async fn key_in(scene: &Scene, state: State) -> KeyId {
    let id = scene.key().await.facts.id;
    let act = |step: &'static str, body: Value| async move {
        step_of(scene, id, step, body).await;
    };
    match state {
        State::Active => {}
        State::Retiring => act("rotate", json!({"grace_period_secs": 7200})).await,
        State::Suspended => act("suspend", json!({})).await,
        State::SuspendedInGrace => {
            act("rotate", json!({"grace_period_secs": 7200})).await;
            act("suspend", json!({})).await;
        }
        State::Revoked => act("revoke", json!({})).await,
        State::Expired => {
            let soon = mira_wire::format_instant(scene.console.now() + HOUR);
            let path = format!("/v1/keys/{id}");
            let changed = scene
                .patch(&scene.admin, &path, json!({"expires_at": soon}))
                .await;
            changed.expect(200);
            scene.time.advance(HOUR);
        }
        State::Retired => {
            act("rotate", json!({"grace_period_secs": 3600})).await;
            scene.time.advance(HOUR);
        }
    }
    id
}

async fn step_of(scene: &Scene, id: KeyId, step: &str, body: Value) -> Reply {
    let path = format!("/v1/keys/{id}/{step}");
    scene.post(&scene.admin, &path, body).await
}

/// What a step answers, and the state that the key then reads as.
fn wanted(state: State, step: &str) -> (u16, &'static str) {
    use State::{Active, Expired, Retired, Retiring, Revoked, Suspended, SuspendedInGrace};
    match (state, step) {
        (_, "revoke") => (200, "revoked"),
        (Active, "rotate") => (201, "retiring"),
        (Active, "resume" | "change") | (Suspended, "resume") => (200, "active"),
        (Retiring, "resume" | "change") | (SuspendedInGrace, "resume") => (200, "retiring"),
        (Active | Retiring, "suspend") | (Suspended | SuspendedInGrace, "suspend" | "change") => {
            (200, "suspended")
        }
        (Active, _) => unreachable!("an active key takes every step"),
        (Retiring, _) => (409, "retiring"),
        (Suspended | SuspendedInGrace, _) => (409, "suspended"),
        (Revoked | Retired, _) => (409, "revoked"),
        (Expired, _) => (409, "expired"),
    }
}

#[tokio::test]
async fn every_step_from_every_state_is_taken_or_refused_as_documented() {
    let scene = Scene::new().await;
    for state in STATES {
        for step in ["rotate", "suspend", "resume", "revoke", "change"] {
            let id = key_in(&scene, state).await;
            let path = format!("/v1/keys/{id}");
            let reply = match step {
                "change" => scene.patch(&scene.admin, &path, json!({"name": "B"})).await,
                step => step_of(&scene, id, step, json!({})).await,
            };
            let (status, read_as) = wanted(state, step);
            assert_eq!(
                reply.status, status,
                "{step} from {state:?}: {}",
                reply.text
            );
            if status == 409 {
                assert_eq!(reply.json()["code"], "conflict");
            }
            let shown = scene.get(&scene.admin, &path).await.json();
            assert_eq!(shown["state"], read_as, "{step} from {state:?}");
        }
    }
}

#[tokio::test]
async fn final_keys_take_no_change_whatever_the_body_is() {
    let scene = Scene::new().await;
    for (state, word) in [
        (State::Revoked, "revoked"),
        (State::Expired, "expired"),
        (State::Retired, "revoked"),
    ] {
        let id = key_in(&scene, state).await;
        for body in [
            json!({}),
            json!({"bogus": 1}),
            json!({"name": ""}),
            json!([]),
        ] {
            let path = format!("/v1/keys/{id}");
            let reply = scene.patch(&scene.admin, &path, body).await;
            let text = format!("A key that is {word} cannot be changed");
            reply.expect_refusal(409, "conflict", &text);
        }
    }
}

#[tokio::test]
async fn repeated_steps_answer_the_same_and_write_no_second_event() {
    let scene = Scene::new().await;
    for step in ["suspend", "resume", "revoke"] {
        let id = scene.key().await.facts.id;
        if step == "resume" {
            step_of(&scene, id, "suspend", json!({})).await.expect(200);
        }
        let first = step_of(&scene, id, step, json!({})).await.expect(200);
        scene.time.advance(Duration::from_secs(1));
        let second = step_of(&scene, id, step, json!({})).await.expect(200);
        assert_eq!(first.json(), second.json(), "{step}");
        let action = match step {
            "suspend" => "key.suspended",
            "resume" => "key.resumed",
            _ => "key.revoked",
        };
        let events = format!(
            "/v1/organizations/{}/audit-events?target={id}&action={action}",
            scene.acme.id
        );
        let events = scene.get(&scene.admin, &events).await.expect(200).json();
        assert_eq!(events["items"].as_array().unwrap().len(), 1, "{step}");
    }
}

#[tokio::test]
async fn what_tightens_says_since_when_it_holds() {
    let scene = Scene::new().await;
    for (step, status) in [("rotate", 201), ("suspend", 200), ("revoke", 200)] {
        let id = scene.key().await.facts.id;
        let reply = step_of(&scene, id, step, json!({})).await.expect(status);
        let json = reply.json();
        assert_eq!(json["effective"], true, "{step}");
        assert_eq!(json["proof"], "local", "{step}");
        assert_eq!(json["nodes"], 1, "{step}");
        assert!(json["waited_ms"].is_u64(), "{step}");
        assert!(json.get("within_ms").is_none(), "{step}");
    }
    let id = key_in(&scene, State::Suspended).await;
    let resumed = step_of(&scene, id, "resume", json!({})).await.expect(200);
    assert!(resumed.json().get("effective").is_none());
}

#[tokio::test]
async fn revoked_key_says_when_and_by_whom_and_keeps_the_reason_in_the_trail() {
    let scene = Scene::new().await;
    let id = scene.key().await.facts.id;
    scene.time.advance(HOUR);
    let body = json!({"reason": "Found in a public repository"});
    let revoked = step_of(&scene, id, "revoke", body).await.expect(200).json();
    assert_eq!(revoked["state"], "revoked");
    assert_eq!(revoked["revoked_at"], "2026-01-01T01:00:00.000Z");
    assert_eq!(revoked["revoked_by"]["kind"], "user");
    let events = format!("/v1/organizations/{}/audit-events?limit=1", scene.acme.id);
    let events = scene.get(&scene.admin, &events).await.json();
    let event = &events["items"][0];
    assert_eq!(event["action"], "key.revoked");
    assert_eq!(
        event["target"],
        json!({"kind": "key", "id": id.to_string()})
    );
    assert_eq!(event["details"]["reason"], "Found in a public repository");

    let long = json!({"reason": "x".repeat(501)});
    step_of(&scene, id, "revoke", long).await.expect(400);
}

#[tokio::test]
async fn successor_inherits_everything_but_id_and_secret() {
    let scene = Scene::new().await;
    let path = format!("/v1/organizations/{}/keys", scene.acme.id);
    let body = json!({
        "name": "CI", "permissions": ["write"], "environment": "staging",
        "expires_at": "2026-06-01", "ip_allowlist": ["203.0.113.7"],
        "rate_limit": {"per_minute": 3},
    });
    let old = scene
        .post(&scene.admin, &path, body)
        .await
        .expect(201)
        .json();
    let id: KeyId = old["id"].as_str().unwrap().parse().unwrap();
    scene.time.advance(HOUR);
    let rotated = step_of(&scene, id, "rotate", json!({"grace_period_secs": 60})).await;
    let new = rotated.expect(201).json();
    for member in [
        "name",
        "kind",
        "organization_id",
        "environment",
        "permissions",
        "expires_at",
        "ip_allowlist",
        "rate_limit",
    ] {
        assert_eq!(new[member], old[member], "{member}");
    }
    for member in ["id", "key", "created_at"] {
        assert_ne!(new[member], old[member], "{member}");
    }
    assert_eq!(new["rotated_from"], old["id"]);
    assert_eq!(new["state"], "active");
    let old = scene
        .get(&scene.admin, &format!("/v1/keys/{id}"))
        .await
        .json();
    assert_eq!(old["state"], "retiring");
    assert_eq!(old["retires_at"], "2026-01-01T01:01:00.000Z");
    assert_eq!(old["rotated_to"], new["id"]);
    assert_eq!(old["revoked_at"], Value::Null);
}

#[tokio::test]
async fn key_whose_grace_is_over_reads_as_revoked_at_that_instant_by_nobody() {
    let scene = Scene::new().await;
    let id = key_in(&scene, State::Retired).await;
    let key = scene
        .get(&scene.admin, &format!("/v1/keys/{id}"))
        .await
        .json();
    assert_eq!(key["state"], "revoked");
    assert_eq!(key["revoked_at"], "2026-01-01T01:00:00.000Z");
    assert_eq!(key["retires_at"], key["revoked_at"]);
    assert_eq!(key["revoked_by"], Value::Null);
}

#[tokio::test]
async fn rotation_without_grace_revokes_at_once() {
    let scene = Scene::new().await;
    let id = scene.key().await.facts.id;
    let rotated = step_of(&scene, id, "rotate", json!({"grace_period_secs": 0})).await;
    rotated.expect(201);
    let key = scene
        .get(&scene.admin, &format!("/v1/keys/{id}"))
        .await
        .json();
    assert_eq!(key["state"], "revoked");
    assert_eq!(key["retires_at"], Value::Null);
    assert_eq!(key["revoked_by"]["kind"], "user");
}

#[tokio::test]
async fn grace_is_a_day_by_default_and_30_days_at_most() {
    let scene = Scene::new().await;
    let id = scene.key().await.facts.id;
    for bad in [json!(2_592_001), json!(-1), json!(1.5), json!("60")] {
        let reply = step_of(&scene, id, "rotate", json!({"grace_period_secs": bad})).await;
        assert_eq!(reply.expect(400).json()["code"], "invalid_request");
    }
    step_of(&scene, id, "rotate", json!({})).await.expect(201);
    let key = scene
        .get(&scene.admin, &format!("/v1/keys/{id}"))
        .await
        .json();
    assert_eq!(key["retires_at"], "2026-01-02T00:00:00.000Z");
}

#[tokio::test]
async fn repeated_rotation_gets_the_successor_without_its_secret() {
    let scene = Scene::new().await;
    let KeyRecord { facts, .. } = scene.key().await;
    let path = format!("/v1/keys/{}/rotate", facts.id);
    let header = [("Idempotency-Key", "once")];
    let rotate = async || {
        let body = Some(json!({}));
        scene
            .ask_with(&scene.admin, "POST", &path, body, &header)
            .await
    };
    let first = rotate().await.expect(201).json();
    let second = rotate().await.expect(200).json();
    assert_eq!(first["id"], second["id"]);
    assert!(second.get("key").is_none());
    assert_eq!(second["effective"], true);
    // Without the header it is a move from a state that has none.
    step_of(&scene, facts.id, "rotate", json!({}))
        .await
        .expect(409);
}
