//! The contract of the Mira Network, line by line, over HTTP with real keys.

use std::path::Path;

use http::{StatusCode, Version};
use mira_testkit::{Answer, End, MODEL_SECRET, ModelServer, Reply, Server, ServerOptions, claim};
use serde_json::{Value, json};

use crate::{created, demo_with, new_app_key, signed_in};

const VERIFY: &str = "/verify/v1/stream";
const CHAT: &str = "/inference/v1/chat/completions";
const LIMITS: &str = "[limits]\napp_key_per_minute = 0\napp_key_per_day = 0\n\
                      console_per_minute = 0\n";
const CHUNK: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}\n\n";

/// Says that every claim but `two` is true.
async fn model() -> ModelServer {
    ModelServer::new(|question| match claim(question) {
        _ if question["stream"] == true => {
            Reply::Events(vec![CHUNK, "data: [DONE]\n\n"], End::Close)
        }
        Some("two") => Reply::text("B"),
        Some(_) => Reply::text("A"),
        None if question["model"] == "x/broken" => Reply::Status(500),
        None => Reply::text(r#"{"claims":["one","two"]}"#),
    })
    .await
}

fn server(model: &ModelServer, models: &[&str]) -> Server {
    let tables: String = models.iter().map(|id| model.table(id)).collect();
    demo_with(&format!("{LIMITS}{tables}"))
}

/// Status, code, and the two members of a refusal in the shape of the network.
fn refusal(answer: &Answer) -> (u16, String, String) {
    let json = answer.json();
    let text = |member: &str| json[member].as_str().unwrap().to_owned();
    assert_eq!(json.as_object().unwrap().len(), 2, "{json}");
    (answer.status.as_u16(), text("error"), text("message"))
}

fn members(record: &Value) -> Vec<&str> {
    let members = record.as_object().unwrap().keys();
    let mut members: Vec<&str> = members.map(String::as_str).collect();
    members.sort_unstable();
    members
}

#[tokio::test]
async fn verification_tells_every_step_in_the_agreed_members() {
    let model = model().await;
    let server = server(&model, &["x/a", "x/b", "x/c"]);
    let verify = server.client().with_key(&server.demo().keys.verify);
    let body = json!({"fact": " one and two ", "domain": "legal", "minRequired": 3});
    let events = verify.post_for_events(VERIFY, &body).await;
    assert_eq!(events.headers()["content-type"], "text/event-stream");
    let request_id = events.headers()["x-mira-request-id"].clone();
    let events = events.all().await;
    let answers = |letter: &str| {
        let answer = |model: &str| json!({"model": model, "answer": letter});
        json!([answer("x/a"), answer("x/b"), answer("x/c")])
    };
    let expected = [
        ("starting", json!({"status": "starting"})),
        ("extracting_claims", json!({"status": "extracting_claims"})),
        (
            "claims_extracted",
            json!({"claims": ["one", "two"], "count": 2}),
        ),
        ("verifying_claims", json!({"totalClaims": 2})),
        ("verifying_claim", json!({"claimIndex": 0, "claim": "one"})),
        (
            "claim_verified",
            json!({"claimIndex": 0, "claim": "one", "assessment": "TRUE",
                "consensus_answer": "A", "model_answers": answers("A")}),
        ),
        ("verifying_claim", json!({"claimIndex": 1, "claim": "two"})),
        (
            "claim_verified",
            json!({"claimIndex": 1, "claim": "two", "assessment": "FALSE",
                "consensus_answer": "B", "model_answers": answers("B")}),
        ),
    ];
    assert_eq!(events.len(), expected.len() + 1);
    for (event, (name, data)) in events.iter().zip(expected) {
        assert_eq!((event.name.as_str(), event.json()), (name, data));
    }
    let last = events.last().unwrap();
    let completed = last.json();
    assert_eq!(last.name, "completed");
    assert_eq!(
        members(&completed),
        [
            "minRequired",
            "original_fact",
            "requestId",
            "results",
            "timestamp",
            "tokenUsage"
        ]
    );
    assert_eq!(completed["requestId"], request_id.to_str().unwrap());
    assert_eq!(completed["original_fact"], " one and two ");
    assert_eq!(completed["minRequired"], 3);
    let result = &completed["results"][0];
    assert_eq!(
        members(result),
        [
            "assessment",
            "claim",
            "claimed_answer",
            "consensus_answer",
            "id",
            "model_answers",
            "original_options",
            "original_question"
        ]
    );
    assert_eq!(result["claimed_answer"], "A");
    assert_eq!(
        result["original_options"],
        json!({"A": "True", "B": "False", "C": "Cannot be determined"})
    );
    // One call that extracts and six that judge, of 10 and 5 tokens each.
    assert_eq!(
        completed["tokenUsage"],
        json!({"promptTokens": 70, "completionTokens": 35, "totalTokens": 105, "modelUsage": [
            {"model": "x/a", "totalTokens": 45},
            {"model": "x/b", "totalTokens": 30},
            {"model": "x/c", "totalTokens": 30},
        ]})
    );
}

#[tokio::test]
async fn bodies_of_a_verification_are_checked_before_any_event_or_charge() {
    let model = model().await;
    let server = server(&model, &["x/a", "x/b"]);
    let facts = server.demo();
    let verify = server.client().with_key(&facts.keys.verify);
    for body in [
        json!({}),
        json!([]),
        json!({"fact": 1}),
        json!({"fact": "   "}),
        json!({"fact": "x".repeat(10_001)}),
        json!({"fact": "x", "domain": "medical"}),
        json!({"fact": "x", "minRequired": 1}),
        json!({"fact": "x", "minRequired": 4}),
        json!({"fact": "x", "totalModels": 1}),
        json!({"fact": "x", "totalModels": 8}),
        // More than there are models.
        json!({"fact": "x", "totalModels": 3}),
        json!({"fact": "x", "totalModels": 2, "minRequired": 3}),
        json!({"fact": "x", "surprise": true}),
    ] {
        let answer = verify.post(VERIFY, &body).await;
        let (status, title, _) = refusal(&answer);
        assert_eq!((status, title.as_str()), (400, "Bad Request"), "{body}");
        assert_eq!(answer.code(), Some("invalid_request"));
    }
    let admin = signed_in(&server, "admin").await;
    let path = format!("/v1/apps/{}/transactions", facts.app_id);
    let ledger = admin.get(&path).await.expect(StatusCode::OK).json();
    assert!(
        ledger["items"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["type"] != "usage")
    );
    // What is not said shrinks to the models that there are.
    for body in [
        json!({"fact": "x".repeat(10_000)}),
        json!({"fact": "x", "minRequired": 2}),
    ] {
        let events = verify.post_for_events(VERIFY, &body).await.all().await;
        let completed = events.last().unwrap().json();
        assert_eq!(
            completed["tokenUsage"]["modelUsage"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
    }
}

#[tokio::test]
async fn completions_pass_through_in_openais_form() {
    let mut model = model().await;
    let server = server(&model, &["x/a", "x/broken"]);
    let keys = server.demo().keys;
    let client = server.client().with_key(&keys.inference);
    let body = json!({
        "model": "x/a", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5,
        "seed": 7, "x_unknown": {"a": [1]},
    });
    let answer = client.post(CHAT, &body).await.expect(StatusCode::OK).json();
    assert_eq!(answer["object"], "chat.completion");
    assert_eq!(answer["usage"]["total_tokens"], 15);
    let asked: Value = serde_json::from_slice(&model.asked().await).unwrap();
    assert_eq!(asked, body);

    let body = json!({"model": "x/a", "messages": [], "stream": true});
    let events = client.post_for_events(CHAT, &body).await;
    assert_eq!(events.status(), StatusCode::OK);
    let events = events.all().await;
    assert_eq!(events.last().unwrap().data, "[DONE]");

    for (body, status, text) in [
        (
            json!({"model": "x/none", "messages": []}),
            404,
            "Model not found",
        ),
        (json!({"model": "x/broken", "messages": []}), 502, ""),
        (json!({"messages": []}), 400, ""),
    ] {
        let answer = client.post(CHAT, &body).await;
        let told = refusal(&answer);
        assert_eq!(told.0, status, "{body}");
        assert!(told.2.contains(text), "{told:?}");
        assert!(!answer.text().contains(MODEL_SECRET), "{told:?}");
    }
    let list = client
        .get("/inference/v1/models")
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(list["object"], "list");
    let ids: Vec<&Value> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert_eq!(ids, ["x/a", "x/broken"]);
    for path in ["/verify/v1/health", "/inference/v1/health"] {
        let health = server.client().get(path).await.expect(StatusCode::OK);
        assert_eq!(health.text(), r#"{"status":"ok"}"#);
    }
}

#[tokio::test]
async fn provider_is_spoken_to_by_http_2_where_the_operator_says_so() {
    let mut model = model().await;
    let tables = ["x/a", "x/b"].map(|id| model.table(id) + "http2 = true\n");
    let server = demo_with(&format!("{LIMITS}{}", tables.concat()));
    let keys = server.demo().keys;
    let verify = server.client().with_key(&keys.verify);
    let body = json!({"fact": "one and two"});
    let events = verify.post_for_events(VERIFY, &body).await.all().await;
    assert_eq!(events.last().unwrap().name, "completed");
    let client = server.client().with_key(&keys.inference);
    for stream in [false, true] {
        let body = json!({"model": "x/a", "messages": [], "stream": stream});
        if stream {
            let events = client.post_for_events(CHAT, &body).await.all().await;
            assert_eq!(events.last().unwrap().data, "[DONE]");
        } else {
            client.post(CHAT, &body).await.expect(StatusCode::OK);
        }
    }
    // The extraction, two claims for two models, and two completions.
    for _ in 0..7 {
        assert_eq!(model.asked_by().await.0, Version::HTTP_2);
    }
}

fn over(data: &Path, demo: bool) -> Server {
    let options = ServerOptions {
        demo,
        data: Some(data.to_owned()),
        ..ServerOptions::default()
    };
    Server::start(env!("CARGO_BIN_EXE_mira"), options)
}

#[tokio::test]
async fn checks_come_in_order_key_balance_limit_model_body() {
    let folder = tempfile::tempdir().unwrap();
    let first = over(folder.path(), true);
    let facts = first.demo();
    let admin = signed_in(&first, "admin").await;
    let apps = format!("/v1/organizations/{}/apps", facts.organization_id);
    let app = admin.post(&apps, &json!({"name": "Empty"})).await;
    let app = app.expect(StatusCode::CREATED).json();
    for member in ["id", "organization_id", "name", "balance", "created_at"] {
        assert!(members(&app).contains(&member), "{app}");
    }
    let empty = app["id"].as_str().unwrap();
    let (_, poor) = new_app_key(&admin, empty, "verify").await;
    let (_, lister) = new_app_key(&admin, empty, "inference").await;
    let limited = json!({"service": "verify", "rate_limit": {"per_day": 1}});
    let path = format!("/v1/apps/{}/keys", facts.app_id);
    let limited = admin
        .post(&path, &limited)
        .await
        .expect(StatusCode::CREATED);
    let (_, limited) = created(&limited.json());
    first.stop();

    // Without --demo there is no model.
    let server = over(folder.path(), false);
    let bad = json!({"fact": ""});
    for (key, status, code) in [
        ("mk_verify_nobody", 401, "invalid_key"),
        (poor.as_str(), 402, "insufficient_balance"),
        (limited.as_str(), 503, "no_model"),
        (limited.as_str(), 429, "rate_limited_day"),
        (facts.keys.verify.as_str(), 503, "no_model"),
    ] {
        let answer = server.client().with_key(key).post(VERIFY, &bad).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (status, Some(code))
        );
    }
    let chat = json!({"model": "x/a", "messages": []});
    let client = server.client().with_key(&facts.keys.inference);
    let answer = client.post(CHAT, &chat).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (503, Some("no_model"))
    );
    // Asking for the models needs no balance.
    let list = server
        .client()
        .with_key(&lister)
        .get("/inference/v1/models")
        .await;
    assert_eq!(list.expect(StatusCode::OK).json()["data"], json!([]));
}
