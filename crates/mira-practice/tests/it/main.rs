//! The practice server over HTTP.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use mira_practice::{MAX_BODY_BYTES, MODELS, router, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;

async fn send(method: &str, path: &str, body: String) -> Response<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::from(body))
        .unwrap();
    router().oneshot(request).await.unwrap()
}

async fn ask(question: &Value) -> Response<Body> {
    send("POST", "/v1/chat/completions", question.to_string()).await
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(
        response
            .into_body()
            .collect()
            .await
            .unwrap()
            .to_bytes()
            .to_vec(),
    )
    .unwrap()
}

async fn object(response: Response<Body>) -> Value {
    serde_json::from_str(&text(response).await).unwrap()
}

fn question() -> Value {
    let user = "<claim>2 + 2 = 4</claim>\nA) True\nB) False\nC) Cannot be determined";
    json!({
        "model": "practice/alpha",
        "messages": [
            {"role": "system", "content": "Answer with one letter."},
            {"role": "user", "content": user},
        ],
        "temperature": 0,
        "anything": ["else"],
    })
}

/// The chunks of a stream; it must end with `[DONE]`.
async fn chunks(question: &Value) -> Vec<Value> {
    let response = ask(question).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = text(response).await;
    let mut events: Vec<&str> = text.split_terminator("\n\n").collect();
    assert_eq!(events.pop(), Some("data: [DONE]"));
    let data = events
        .iter()
        .map(|event| event.strip_prefix("data: ").unwrap());
    data.map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

fn streamed(chunks: &[Value]) -> String {
    let contents = chunks
        .iter()
        .filter_map(|chunk| chunk.pointer("/choices/0/delta/content")?.as_str());
    contents.collect()
}

#[tokio::test]
async fn a_completion_has_the_documented_form_and_is_always_the_same() {
    let response = ask(&question()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let answer = object(response).await;
    let expected = json!({
        "id": answer["id"],
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": "practice/alpha",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": "A"},
            "finish_reason": "stop",
        }],
        "usage": {"prompt_tokens": 17, "completion_tokens": 1, "total_tokens": 18},
    });
    assert_eq!(answer, expected);
    assert!(answer["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert_eq!(object(ask(&question()).await).await, answer);
    let mut other = question();
    other["model"] = json!("practice/beta");
    assert_ne!(object(ask(&other).await).await["id"], answer["id"]);
}

#[tokio::test]
async fn a_stream_carries_the_same_text_and_counts_as_the_completion() {
    let mut question = question();
    question["messages"] = json!([{"role": "user", "content": "Say  three\nwords"}]);
    let whole = object(ask(&question).await).await;

    question["stream"] = json!(true);
    let chunks_plain = chunks(&question).await;
    assert_eq!(
        streamed(&chunks_plain),
        whole["choices"][0]["message"]["content"]
    );
    let last = chunks_plain.last().unwrap();
    assert_eq!(last["choices"][0]["finish_reason"], "stop");
    assert_eq!(last["usage"], whole["usage"]);
    assert_eq!(chunks_plain[0]["choices"][0]["delta"]["role"], "assistant");
    for chunk in &chunks_plain {
        assert_eq!(chunk["object"], "chat.completion.chunk");
        assert_eq!(
            (&chunk["id"], &chunk["model"]),
            (&whole["id"], &whole["model"])
        );
    }
    let counted = chunks_plain
        .iter()
        .filter(|chunk| chunk.get("usage").is_some());
    assert_eq!(counted.count(), 1);

    question["stream_options"] = json!({"include_usage": true});
    let chunks_counted = chunks(&question).await;
    assert_eq!(streamed(&chunks_counted), streamed(&chunks_plain));
    let last = chunks_counted.last().unwrap();
    assert_eq!(
        (&last["choices"], &last["usage"]),
        (&json!([]), &whole["usage"])
    );
    assert_eq!(chunks_counted.len(), chunks_plain.len() + 1);
}

#[tokio::test]
async fn max_tokens_cuts_the_answer() {
    let mut question = question();
    question["messages"] = json!([{"role": "user", "content": "Hello"}]);
    for (member, count) in [
        ("max_tokens", 3),
        ("max_completion_tokens", 2),
        ("max_tokens", 0),
    ] {
        let mut question = question.clone();
        question[member] = json!(count);
        let answer = object(ask(&question).await).await;
        let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
        assert_eq!(text.split_whitespace().count(), count);
        assert!("This is the practice".starts_with(text));
        assert_eq!(answer["choices"][0]["finish_reason"], "length");
        assert_eq!(answer["usage"]["completion_tokens"], count);
    }
}

#[tokio::test]
async fn contents_may_be_parts_or_nothing() {
    let mut question = question();
    let parts = json!([{"type": "text", "text": "one"}, {"type": "image_url", "image_url": {}}]);
    question["messages"] = json!([
        {"role": "assistant", "content": null, "tool_calls": []},
        {"role": "assistant"},
        {"role": "user", "content": parts},
    ]);
    let answer = object(ask(&question).await).await;
    let text = answer["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(text.ends_with("You wrote: one"), "{text}");
    assert_eq!(answer["usage"]["prompt_tokens"], 1);
}

#[tokio::test]
async fn the_models_are_listed_and_each_answers() {
    let list = object(send("GET", "/v1/models", String::new()).await).await;
    assert_eq!(list["object"], "list");
    for (model, entry) in MODELS.iter().zip(list["data"].as_array().unwrap()) {
        assert_eq!(
            (&entry["id"], &entry["object"]),
            (&json!(model), &json!("model"))
        );
        let mut question = question();
        question["model"] = json!(model);
        let answer = object(ask(&question).await).await;
        assert_eq!(answer["choices"][0]["message"]["content"], "A");
    }
    assert_eq!(list["data"].as_array().unwrap().len(), MODELS.len());
}

#[tokio::test]
async fn refusals_have_the_error_shape_of_the_format() {
    let path = "/v1/chat/completions";
    let mut unknown = question();
    unknown["model"] = json!("gpt-4");
    let mut empty = question();
    empty["messages"] = json!([]);
    let cases = [
        (
            send("POST", path, unknown.to_string()).await,
            404,
            json!("model_not_found"),
        ),
        (
            send("POST", path, empty.to_string()).await,
            400,
            Value::Null,
        ),
        (send("POST", path, "{".into()).await, 400, Value::Null),
        (send("POST", path, String::new()).await, 400, Value::Null),
        (
            send("POST", path, "{\"model\":\"practice/alpha\"}".into()).await,
            400,
            Value::Null,
        ),
        (
            send("POST", path, " ".repeat(MAX_BODY_BYTES + 1)).await,
            413,
            Value::Null,
        ),
        (send("GET", path, String::new()).await, 405, Value::Null),
        (send("GET", "/", String::new()).await, 404, Value::Null),
    ];
    for (response, status, code) in cases {
        assert_eq!(response.status(), status);
        let error = object(response).await;
        assert_eq!(error["error"]["type"], "invalid_request_error");
        assert_eq!(error["error"]["code"], code);
        assert!(error["error"]["message"].is_string());
    }
}

#[tokio::test]
async fn serving_ends_with_the_shutdown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(serve(listener, async { stopped.await.unwrap() }));
    tokio::net::TcpStream::connect(address).await.unwrap();
    stop.send(()).unwrap();
    let limit = std::time::Duration::from_secs(5);
    tokio::time::timeout(limit, server)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
