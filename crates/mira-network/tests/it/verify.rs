//! Fact verification: events, order, faults, money.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures_util::StreamExt as _;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::edge::{APP, Edge, SOON, model, refusal, request_id, text};
use mira_network::PricedModel;
use mira_testkit::{ModelServer, Reply};

pub(crate) const STREAM: &str = "/verify/v1/stream";
pub(crate) const FACT: &str = r#"{"fact":"some text"}"#;

#[tokio::test]
async fn every_event_is_as_documented_to_the_byte() {
    let claims = &["one", "two"];
    let a = ModelServer::panelist(claims, |claim| {
        Reply::text(if claim == "one" { "A" } else { "B" })
    });
    let b = ModelServer::panelist(claims, |claim| match claim {
        "one" => Reply::text("A) True"),
        _ => Reply::Status(500),
    });
    let c = ModelServer::panelist(claims, |_| Reply::text(" B.\n"));
    let (a, b, c) = (a.await, b.await, c.await);
    let mut edge = Edge::new(&[
        ("x/a", a.base_url()),
        ("x/b", b.base_url()),
        ("x/c", c.base_url()),
    ]);
    let response = edge.post(STREAM, r#"{"fact":" some text "}"#).await;
    assert_eq!(response.status(), StatusCode::OK);
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/event-stream");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-accel-buffering"), "no");
    assert_eq!(header("x-mira-request-id"), request_id().to_string());

    let events = r#"event: starting
data: {"status":"starting"}

event: extracting_claims
data: {"status":"extracting_claims"}

event: claims_extracted
data: {"claims":["one","two"],"count":2}

event: verifying_claims
data: {"totalClaims":2}

event: verifying_claim
data: {"claimIndex":0,"claim":"one"}

event: claim_verified
data: {"claimIndex":0,"claim":"one","assessment":"TRUE","consensus_answer":"A","model_answers":[{"model":"x/a","answer":"A"},{"model":"x/b","answer":"A"},{"model":"x/c","answer":"B"}]}

event: verifying_claim
data: {"claimIndex":1,"claim":"two"}

event: claim_verified
data: {"claimIndex":1,"claim":"two","assessment":"FALSE","consensus_answer":"B","model_answers":[{"model":"x/a","answer":"B"},{"model":"x/b","answer":null},{"model":"x/c","answer":"B"}]}

event: completed
data: {"requestId":"ID","original_fact":" some text ","results":[{"id":"ID-0","claim":"one","assessment":"TRUE","original_question":"Is the following claim true? one","original_options":{"A":"True","B":"False","C":"Cannot be determined"},"claimed_answer":"A","model_answers":[{"model":"x/a","answer":"A"},{"model":"x/b","answer":"A"},{"model":"x/c","answer":"B"}],"consensus_answer":"A"},{"id":"ID-1","claim":"two","assessment":"FALSE","original_question":"Is the following claim true? two","original_options":{"A":"True","B":"False","C":"Cannot be determined"},"claimed_answer":"A","model_answers":[{"model":"x/a","answer":"B"},{"model":"x/b","answer":null},{"model":"x/c","answer":"B"}],"consensus_answer":"B"}],"timestamp":"2026-01-15T10:30:00.000Z","minRequired":2,"tokenUsage":{"promptTokens":60,"completionTokens":30,"totalTokens":90,"modelUsage":[{"model":"x/a","totalTokens":45},{"model":"x/b","totalTokens":15},{"model":"x/c","totalTokens":30}]}}

"#;
    assert_eq!(
        text(response).await,
        events.replace("ID", &request_id().to_string())
    );

    // Six calls of 10 and 5 tokens, at 1 and 2 USD per million.
    let charge = edge.charge().await;
    assert_eq!((charge.app_id, charge.request_id), (APP, request_id()));
    assert_eq!(charge.cost.as_micros(), 120);
    assert_eq!(charge.usage.total_tokens, 90);
    assert_eq!(charge.description, "Verification: 90 tokens");
    assert!(edge.charges_nothing().await);
}

#[tokio::test]
async fn practice_models_agree_on_arithmetic() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(mira_practice::serve(listener, std::future::pending()));
    let models = mira_practice::MODELS.map(|model| (model, base_url.as_str()));
    let edge = Edge::new(&models);
    for domain in ["general", "legal"] {
        let body = json!({"fact": "2 + 2 = 4. 3 + 3 = 7.", "domain": domain, "minRequired": 3});
        let completed = completed(&edge, &body.to_string()).await;
        let assessments: Vec<_> = assessments(&completed);
        assert_eq!(assessments, ["TRUE", "FALSE"]);
    }
}

#[tokio::test]
async fn bad_body_is_refused_before_any_question_and_any_charge() {
    let mut model = ModelServer::panelist(&["one"], |_| Reply::text("A")).await;
    let url = model.base_url();
    let mut edge = Edge::new(&[("a", url), ("b", url)]);
    let long = json!({"fact": "x".repeat(10_001)}).to_string();
    let table = [
        ("", "fact is required"),
        ("{}", "fact is required"),
        (r#"{"fact":"  "}"#, "fact must not be empty"),
        (&long, "fact must have at most 10,000 characters"),
        (
            r#"{"fact":"x","domain":"x"}"#,
            r#"domain must be "general" or "legal""#,
        ),
        (
            r#"{"fact":"x","minRequired":4}"#,
            "minRequired must be 2 or 3",
        ),
        (
            r#"{"fact":"x","totalModels":8}"#,
            "totalModels must be a whole number from 2 to 7",
        ),
        (
            r#"{"fact":"x","totalModels":3}"#,
            "totalModels is 3, but the number of configured models is 2",
        ),
        (
            r#"{"fact":"x","minRequired":3}"#,
            "minRequired is 3, but the number of configured models is 2",
        ),
        ("{", "The body is not valid JSON (line 1, column 1)"),
    ];
    for (body, message) in table {
        let expected = (
            StatusCode::BAD_REQUEST,
            "invalid_request".into(),
            message.to_owned(),
        );
        assert_eq!(
            refusal(edge.post(STREAM, body.to_owned()).await).await,
            expected
        );
    }
    let unknown = refusal(edge.post(STREAM, r#"{"fact":"x","model":"y"}"#).await).await;
    assert_eq!(unknown.0, StatusCode::BAD_REQUEST);
    assert!(unknown.2.contains("unknown field `model`"), "{}", unknown.2);
    assert!(edge.charges_nothing().await);
    assert_eq!(model.asked_more().await, 0);
}

#[tokio::test]
async fn without_a_model_even_a_bad_body_is_no_model() {
    let edge = Edge::new(&[]);
    let expected = (
        StatusCode::SERVICE_UNAVAILABLE,
        "no_model".into(),
        "No model configured".into(),
    );
    assert_eq!(refusal(edge.post(STREAM, "{").await).await, expected);
}

#[tokio::test]
async fn text_without_claims_completes_with_no_results() {
    let model = ModelServer::panelist(&[], |_| Reply::text("A")).await;
    let edge = Edge::new(&[("a", model.base_url()), ("b", model.base_url())]);
    let events = text(edge.post(STREAM, FACT).await).await;
    assert!(
        events.contains("event: verifying_claims\ndata: {\"totalClaims\":0}\n\nevent: completed\n")
    );
    assert!(events.contains(r#""results":[],"#));
}

#[tokio::test]
async fn extraction_goes_on_to_the_next_model_until_one_is_readable() {
    let down = ModelServer::nobody().await;
    let mut babbler = ModelServer::new(|_| Reply::text("I would rather not.")).await;
    let good = ModelServer::panelist(&["one"], |_| Reply::text("A")).await;
    let mut edge = Edge::new(&[
        ("down", &down),
        ("babbler", babbler.base_url()),
        ("good", good.base_url()),
    ]);
    let completed = completed(&edge, FACT).await;
    assert_eq!(assessments(&completed), ["NO CONSENSUS"]);
    let usage = &completed["tokenUsage"]["modelUsage"];
    let used = |index: usize| usage[index]["totalTokens"].as_u64().unwrap();
    assert_eq!([used(0), used(1), used(2)], [0, 45, 30]);
    assert_eq!(edge.charge().await.cost.as_micros(), 100);

    let first: Value = serde_json::from_slice(&babbler.asked().await).unwrap();
    assert_eq!(first["response_format"], json!({"type": "json_object"}));
    assert_eq!(first["messages"][1]["content"], "<text>some text</text>");
    let again: Value = serde_json::from_slice(&babbler.asked().await).unwrap();
    assert_eq!(again["messages"][2]["content"], "I would rather not.");
}

#[tokio::test]
async fn unreadable_claims_are_repaired_by_asking_once_more() {
    let model = ModelServer::new(
        |question| match question["messages"].as_array().unwrap().len() {
            2 if mira_testkit::claim(question).is_none() => Reply::text("Certainly! one"),
            2 => Reply::text("B"),
            _ => Reply::text("```json\n{\"claims\":[\"one\"]}\n```"),
        },
    )
    .await;
    let edge = Edge::new(&[("a", model.base_url()), ("b", model.base_url())]);
    assert_eq!(assessments(&completed(&edge, FACT).await), ["FALSE"]);
}

#[tokio::test]
async fn without_readable_claims_the_stream_ends_with_an_error_and_is_charged() {
    let babbler = ModelServer::new(|_| Reply::text("?")).await;
    let mut edge = Edge::new(&[("a", babbler.base_url()), ("b", babbler.base_url())]);
    let events = text(edge.post(STREAM, FACT).await).await;
    let end = "event: error\ndata: {\"message\":\"No model could extract the claims\"}\n\n";
    assert!(events.ends_with(end), "{events}");
    assert!(!events.contains("completed"));
    assert_eq!(edge.charge().await.cost.as_micros(), 80);
}

#[tokio::test]
async fn nothing_is_charged_where_no_model_answered() {
    let down = ModelServer::nobody().await;
    let mut edge = Edge::new(&[("a", &down), ("b", &down)]);
    let events = text(edge.post(STREAM, FACT).await).await;
    assert!(events.contains("event: error\n"));
    assert!(edge.charges_nothing().await);
}

#[tokio::test]
async fn model_that_hangs_counts_as_no_answer_after_its_timeout() {
    let good = ModelServer::panelist(&["one"], |_| Reply::text("A")).await;
    let mut hung = ModelServer::new(|_| Reply::Hang).await;
    let models = [
        ("a", good.base_url()),
        ("b", good.base_url()),
        ("c", hung.base_url()),
    ];
    let mut edge = Edge::with_timeout(&models, Duration::from_millis(300));
    let completed = completed(&edge, FACT).await;
    assert_eq!(assessments(&completed), ["TRUE"]);
    let answers = &completed["results"][0]["model_answers"];
    assert_eq!(answers[2], json!({"model": "c", "answer": null}));
    hung.left().await;
    assert_eq!(edge.charge().await.cost.as_micros(), 60);
}

#[tokio::test]
async fn every_model_has_a_deadline_of_its_own() {
    let good = ModelServer::panelist(&["one"], |_| Reply::text("A")).await;
    let slow = |claim: &str| {
        assert_eq!(claim, "one");
        Reply::Later(Duration::from_millis(600), Box::new(Reply::text("A")))
    };
    let slow = ModelServer::panelist(&["one"], slow).await;
    let patient = |id, server: &ModelServer, millis| PricedModel {
        timeout: Duration::from_millis(millis),
        ..model(id, id, server.base_url())
    };
    let edge = Edge::over(vec![
        patient("good", &good, 300),
        patient("slow/long", &slow, 10_000),
        patient("slow/short", &slow, 300),
    ]);
    let completed = completed(&edge, FACT).await;
    let answers = &completed["results"][0]["model_answers"];
    assert_eq!(answers[1], json!({"model": "slow/long", "answer": "A"}));
    assert_eq!(answers[2], json!({"model": "slow/short", "answer": null}));
}

#[tokio::test]
async fn events_keep_their_order_while_claims_are_verified_at_once() {
    // The first claim is answered only after the second one was asked.
    let told = Arc::new(Semaphore::new(0));
    let model = ModelServer::panelist(&["one", "two"], move |claim| {
        if claim == "one" {
            return Reply::After(Arc::clone(&told), Box::new(Reply::text("A")));
        }
        told.add_permits(1);
        Reply::text("B")
    })
    .await;
    let edge = Edge::new(&[("a", model.base_url()), ("b", model.base_url())]);
    let events = text(edge.post(STREAM, FACT).await).await;
    let names: Vec<&str> = events
        .lines()
        .filter_map(|line| line.strip_prefix("event: "))
        .collect();
    let expected = [
        "starting",
        "extracting_claims",
        "claims_extracted",
        "verifying_claims",
        "verifying_claim",
        "claim_verified",
        "verifying_claim",
        "claim_verified",
        "completed",
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn at_most_four_claims_are_with_the_models_at_once() {
    let mut model = ModelServer::panelist(&["1", "2", "3", "4", "5", "6"], |_| Reply::Hang).await;
    let edge = Edge::new(&[("a", model.base_url()), ("b", model.base_url())]);
    let mut events = edge.post(STREAM, FACT).await.into_body().into_data_stream();
    read_until(&mut events, "verifying_claim\n").await;
    // One extraction, and four claims with two models each.
    assert_eq!(model.asked_more().await, 9);
}

#[tokio::test]
async fn events_leave_the_moment_they_exist() {
    let hung = ModelServer::new(|_| Reply::Hang).await;
    let edge = Edge::new(&[("a", hung.base_url()), ("b", hung.base_url())]);
    let mut events = edge.post(STREAM, FACT).await.into_body().into_data_stream();
    let next = |piece: Option<Result<axum::body::Bytes, axum::Error>>| piece.unwrap().unwrap();
    let first = next(events.next().await);
    assert_eq!(
        first,
        "event: starting\ndata: {\"status\":\"starting\"}\n\n"
    );
    let second = next(events.next().await);
    assert!(second.starts_with(b"event: extracting_claims\n"));
}

#[tokio::test]
async fn reader_that_leaves_cancels_the_calls_and_is_charged_once() {
    let mut model = ModelServer::panelist(&["one"], |_| Reply::Hang).await;
    let mut edge = Edge::new(&[("a", model.base_url()), ("b", model.base_url())]);
    let mut events = edge.post(STREAM, FACT).await.into_body().into_data_stream();
    read_until(&mut events, "verifying_claim\n").await;
    for _ in 0..3 {
        model.asked().await;
    }
    drop(events);
    model.left().await;
    model.left().await;
    let charge = edge.charge().await;
    // The extraction is known; the two open questions count by their length.
    assert_eq!(charge.usage.completion_tokens, 5);
    assert!(charge.usage.prompt_tokens > 10 + 100, "{:?}", charge.usage);
    assert!(edge.charges_nothing().await);
}

#[tokio::test]
async fn health_is_open_and_other_methods_and_paths_are_not() {
    let edge = Edge::new(&[]);
    let health = edge.get("/verify/v1/health").await;
    assert_eq!(health.status(), StatusCode::OK);
    assert_eq!(text(health).await, r#"{"status":"ok"}"#);
    let response = edge.get(STREAM).await;
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(refusal(response).await.1, "method_not_allowed");
    assert_eq!(
        refusal(edge.get("/verify/v1/claims").await).await.1,
        "not_found"
    );
}

async fn read_until(events: &mut BodyDataStream, wanted: &str) {
    let mut seen = String::new();
    while !seen.contains(wanted) {
        let piece = timeout(SOON, events.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        seen.push_str(std::str::from_utf8(&piece).unwrap());
    }
}

/// The data of the `completed` event.
pub(crate) async fn completed(edge: &Edge, body: &str) -> Value {
    let events = text(edge.post(STREAM, Body::from(body.to_owned())).await).await;
    let (_, data) = events.split_once("event: completed\ndata: ").unwrap();
    serde_json::from_str(data).unwrap()
}

pub(crate) fn assessments(completed: &Value) -> Vec<&str> {
    let results = completed["results"].as_array().unwrap();
    results
        .iter()
        .map(|result| result["assessment"].as_str().unwrap())
        .collect()
}
