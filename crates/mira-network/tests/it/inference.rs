//! Chat completions: what passes, what does not, and money.

use std::time::Duration;

use futures_util::StreamExt as _;
use http::{Request, StatusCode};
use tokio::time::timeout;

use crate::edge::{Edge, SOON, model, refusal, text};
use mira_testkit::{End, ModelServer, Reply, completion};

const CHAT: &str = "/inference/v1/chat/completions";
const BODY: &str = r#"{"model":"x/a", "messages":[], "seed":1.10}"#;
const STREAM: &str = r#"{"model":"x/a","messages":[],"stream":true}"#;

const CHUNK: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

#[tokio::test]
async fn question_and_answer_pass_as_written_and_are_charged() {
    let mut provider = ModelServer::new(|_| Reply::text("hello")).await;
    let mut edge = Edge::new(&[("x/a", provider.base_url())]);
    let response = edge.post(CHAT, BODY).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(text(response).await, completion("hello"));
    assert_eq!(provider.asked().await, BODY);
    let charge = edge.charge().await;
    assert_eq!(charge.cost.as_micros(), 20);
    assert_eq!(charge.description, "Chat completion by x/a: 15 tokens");
    assert!(edge.charges_nothing().await);
}

#[tokio::test]
async fn provider_is_asked_by_the_name_it_knows() {
    let mut provider = ModelServer::new(|_| Reply::text("hello")).await;
    let edge = Edge::over(vec![model("x/a", "a-2026", provider.base_url())]);
    assert_eq!(edge.post(CHAT, BODY).await.status(), StatusCode::OK);
    assert_eq!(
        provider.asked().await,
        r#"{"model":"a-2026","messages":[],"seed":1.10}"#
    );
}

#[tokio::test]
async fn answer_without_usage_is_charged_by_its_length() {
    let answer = r#"{"choices":[{"message":{"content":"12345678"}}]}"#;
    let provider = ModelServer::new(move |_| Reply::Raw("application/json", answer.into())).await;
    let mut edge = Edge::new(&[("x/a", provider.base_url())]);
    assert_eq!(text(edge.post(CHAT, BODY).await).await, answer);
    let usage = edge.charge().await.usage;
    assert_eq!(
        usage.prompt_tokens,
        u64::try_from(BODY.len()).unwrap().div_ceil(4)
    );
    assert_eq!(usage.completion_tokens, 2);
}

#[tokio::test]
async fn failing_provider_is_told_in_our_words_and_costs_nothing() {
    let table = [
        (
            Reply::Status as fn(u16) -> Reply,
            500,
            StatusCode::BAD_GATEWAY,
            "bad_gateway",
        ),
        (Reply::Status, 401, StatusCode::BAD_GATEWAY, "bad_gateway"),
        (Reply::Status, 429, StatusCode::BAD_GATEWAY, "bad_gateway"),
        (
            Reply::Status,
            400,
            StatusCode::BAD_REQUEST,
            "invalid_request",
        ),
        (
            |_| Reply::Hang,
            0,
            StatusCode::GATEWAY_TIMEOUT,
            "gateway_timeout",
        ),
        (
            |_| Reply::Raw("text/html", "<p>".into()),
            0,
            StatusCode::BAD_GATEWAY,
            "bad_gateway",
        ),
        (
            |_| Reply::Raw("application/json", "sk-secret".into()),
            0,
            StatusCode::BAD_GATEWAY,
            "bad_gateway",
        ),
    ];
    for (reply, argument, status, code) in table {
        let provider = ModelServer::new(move |_| reply(argument)).await;
        let models = [("x/a", provider.base_url())];
        let mut edge = Edge::with_timeout(&models, Duration::from_millis(300));
        for body in [BODY, STREAM] {
            let told = refusal(edge.post(CHAT, body).await).await;
            assert_eq!((told.0, &*told.1), (status, code), "{argument}");
            assert!(!told.2.contains("sk-"));
        }
        assert!(edge.charges_nothing().await);
    }
    let edge = Edge::new(&[("x/a", &ModelServer::nobody().await)]);
    assert_eq!(refusal(edge.post(CHAT, BODY).await).await.1, "bad_gateway");
}

#[tokio::test]
async fn body_and_model_are_looked_at_in_order() {
    let none = Edge::new(&[]);
    assert_eq!(refusal(none.post(CHAT, "{").await).await.1, "no_model");
    let edge = Edge::new(&[("x/a", &ModelServer::nobody().await)]);
    let table = [
        (
            "{",
            StatusCode::BAD_REQUEST,
            "The body is not valid JSON (line 1, column 1)",
        ),
        ("", StatusCode::BAD_REQUEST, "model is required"),
        (
            r#"{"model":1}"#,
            StatusCode::BAD_REQUEST,
            "model must be a string",
        ),
        (
            r#"{"model":"x/b"}"#,
            StatusCode::NOT_FOUND,
            "Model not found",
        ),
    ];
    for (body, status, message) in table {
        let told = refusal(edge.post(CHAT, body).await).await;
        assert_eq!((told.0, &*told.2), (status, message), "{body}");
    }
    let large = edge
        .post(CHAT, format!("\"{}\"", "x".repeat(1 << 20)))
        .await;
    assert_eq!(refusal(large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let form = Request::post(CHAT)
        .header("content-type", "text/plain")
        .body("{}".into())
        .unwrap();
    assert_eq!(
        refusal(edge.send(form).await).await.0,
        StatusCode::UNSUPPORTED_MEDIA_TYPE
    );
}

#[tokio::test]
async fn stream_passes_as_written_and_is_charged_by_its_last_count() {
    let mut provider =
        ModelServer::new(|_| Reply::Events(vec![CHUNK, CHUNK, USAGE, DONE], End::Close)).await;
    let mut edge = Edge::new(&[("x/a", provider.base_url())]);
    let response = edge.post(CHAT, STREAM).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["x-accel-buffering"], "no");
    assert_eq!(text(response).await, format!("{CHUNK}{CHUNK}{USAGE}{DONE}"));
    assert_eq!(
        provider.asked().await,
        r#"{"model":"x/a","messages":[],"stream":true,"stream_options":{"include_usage":true}}"#
    );
    assert_eq!(edge.charge().await.cost.as_micros(), 20);
    assert!(edge.charges_nothing().await);
}

#[tokio::test]
async fn pieces_pass_at_once_and_a_reader_that_leaves_is_charged_for_them() {
    let mut provider = ModelServer::new(|_| Reply::Events(vec![CHUNK], End::Hang)).await;
    let mut edge = Edge::new(&[("x/a", provider.base_url())]);
    let mut pieces = edge.post(CHAT, STREAM).await.into_body().into_data_stream();
    let piece = timeout(SOON, pieces.next())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(piece, CHUNK);
    drop(pieces);
    provider.left().await;
    let usage = edge.charge().await.usage;
    assert_eq!(usage.completion_tokens, 2);
    assert!(usage.prompt_tokens > 0);
    assert!(edge.charges_nothing().await);
}

#[tokio::test]
async fn stream_that_breaks_or_falls_silent_ends_with_an_error_and_is_charged() {
    for end in [End::Break, End::Hang] {
        let provider =
            ModelServer::new(move |_| Reply::Events(vec![CHUNK, "data: {\"ch"], end)).await;
        let models = [("x/a", provider.base_url())];
        let mut edge = Edge::with_timeout(&models, Duration::from_millis(300));
        let seen = text(edge.post(CHAT, STREAM).await).await;
        let error = "event: error\ndata: {\"message\":\"The model's answer ended early\"}\n\n";
        assert_eq!(seen, format!("{CHUNK}{error}"));
        assert_eq!(edge.charge().await.usage.completion_tokens, 2);
        assert!(edge.charges_nothing().await);
    }
}

#[tokio::test]
async fn caller_that_leaves_before_the_answer_is_charged_for_the_question() {
    let mut provider = ModelServer::new(|_| Reply::Hang).await;
    let mut edge = Edge::new(&[("x/a", provider.base_url())]);
    let waited = timeout(Duration::from_millis(300), edge.post(CHAT, BODY)).await;
    assert!(waited.is_err());
    provider.left().await;
    let usage = edge.charge().await.usage;
    assert_eq!(usage.completion_tokens, 0);
    assert!(usage.prompt_tokens > 0);
    assert!(edge.charges_nothing().await);
}

#[tokio::test]
async fn models_are_listed_in_the_form_clients_know() {
    let provider = ModelServer::nobody().await;
    let edge = Edge::new(&[("x/a", &provider), ("local", &provider)]);
    let list = edge.get("/inference/v1/models").await;
    assert_eq!(list.status(), StatusCode::OK);
    let expected = concat!(
        r#"{"object":"list","data":["#,
        r#"{"id":"x/a","object":"model","created":1768473000,"owned_by":"x"},"#,
        r#"{"id":"local","object":"model","created":1768473000,"owned_by":"mira"}]}"#,
    );
    assert_eq!(text(list).await, expected);
    let health = edge.get("/inference/v1/health").await;
    assert_eq!(text(health).await, r#"{"status":"ok"}"#);
}
