//! Models that answer with everything but an answer: bounded in time and memory,
//! told in our words, and named in the result as no answer.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use mira_testkit::{End, MODEL_SECRET, ModelServer, Reply, completion};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use crate::edge::{Edge, SOON, text};
use crate::verify::{FACT, STREAM, assessments, completed};

const CHAT: &str = "/inference/v1/chat/completions";
const CHAT_STREAM: &str = r#"{"model":"x/a","messages":[],"stream":true}"#;
const CHUNK: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}\n\n";
const PATIENCE: Duration = Duration::from_millis(500);

/// Everything that is no answer to a question.
fn lies() -> Vec<fn() -> Reply> {
    vec![
        || Reply::Raw("text/html", "<p>A</p>".into()),
        || Reply::json(r#"{"answer":"A"}"#),
        || Reply::json(r#"{"choices":[]}"#),
        || Reply::json(r#"{"choices":[{"message":{}}]}"#),
        || Reply::json(r#"{"choices":[{"message":{"content":["A"]}}]}"#),
        || {
            let call =
                json!({"choices": [{"message": {"content": "A", "tool_calls": [{"id": 1}]}}]});
            Reply::json(call.to_string())
        },
        || Reply::json(&b"{\"choices\":[{\"message\":{\"content\":\"A\xff\"}}]}"[..]),
        || Reply::json(format!("{}{}", completion("A"), " ".repeat(300_000))),
        || Reply::Flood("application/json"),
        || Reply::Flood("text/event-stream"),
        || {
            Reply::Events(
                vec!["data: {\"choices\":[{\"delta\":{\"content\":\"A\"}}]}\n\n"],
                End::Close,
            )
        },
        || Reply::Events(vec!["{\"choices\":"], End::Hang),
        || Reply::Events(vec!["{\"choices\":"], End::Break),
        || Reply::Paced(" ", Duration::from_millis(20), 1_000, "}"),
        || Reply::Status(429),
        || Reply::Status(302),
        || Reply::text("a"),
        || Reply::text("The answer is A."),
        || Reply::text(""),
        || Reply::Hang,
    ]
}

#[tokio::test]
async fn model_that_gives_no_letter_is_named_without_one_and_the_others_decide() {
    let good = ModelServer::panelist(&["one"], |_| Reply::text("A")).await;
    for (index, lie) in lies().into_iter().enumerate() {
        let liar = ModelServer::new(move |_| lie()).await;
        let models = [
            ("good/a", good.base_url()),
            ("liar", liar.base_url()),
            ("good/b", good.base_url()),
        ];
        let edge = Edge::with_timeout(&models, PATIENCE);
        let begun = Instant::now();
        let completed = completed(&edge, FACT).await;
        assert!(begun.elapsed() < SOON, "{index}");
        assert_eq!(assessments(&completed), ["TRUE"], "{index}");
        let answers = &completed["results"][0]["model_answers"];
        assert_eq!(
            answers[1],
            json!({"model": "liar", "answer": null}),
            "{index}"
        );
    }
}

#[tokio::test]
async fn first_model_that_lies_leaves_the_claims_to_the_next() {
    let good = ModelServer::panelist(&["one"], |_| Reply::text("B")).await;
    for (index, lie) in lies().into_iter().enumerate() {
        let liar = ModelServer::new(move |_| lie()).await;
        let models = [
            ("liar", liar.base_url()),
            ("good/a", good.base_url()),
            ("good/b", good.base_url()),
        ];
        let edge = Edge::with_timeout(&models, PATIENCE);
        assert_eq!(
            assessments(&completed(&edge, FACT).await),
            ["FALSE"],
            "{index}"
        );
    }
}

#[tokio::test]
async fn tokens_that_no_provider_counted_are_marked_as_estimated() {
    let silent = |question: &Value| {
        let answer = match mira_testkit::claim(question) {
            Some(_) => "A",
            None => r#"{"claims":["one"]}"#,
        };
        let mut answer: Value = serde_json::from_str(&completion(answer)).unwrap();
        answer.as_object_mut().unwrap().remove("usage");
        Reply::json(answer.to_string())
    };
    let silent = ModelServer::new(silent).await;
    let mut edge = Edge::new(&[("a", silent.base_url()), ("b", silent.base_url())]);
    let completed = completed(&edge, FACT).await;
    assert_eq!(completed["tokenUsage"]["estimated"], true);
    let charge = edge.charge().await;
    assert_eq!(
        completed["tokenUsage"]["totalTokens"],
        charge.usage.total_tokens
    );
    assert!(
        charge.description.ends_with(" tokens (estimated)"),
        "{}",
        charge.description
    );
}

#[tokio::test]
async fn providers_fault_inside_a_good_stream_is_told_in_our_words() {
    let fault = "data: {\"error\":{\"message\":\"the key sk-secret is wrong at 10.1.2.3\"}}\n\n";
    let named = "event: error\ndata: {\"error\":\"the key sk-secret is wrong at 10.1.2.3\"}\n\n";
    let told = "The model's provider reported an error";
    let early = "The model's answer ended early";
    let table = [
        (fault, told),
        (named, told),
        ("data: the key sk-secret is wrong at 10.1.2.3\n\n", early),
        (
            "data: {}\rdata: the key sk-secret is wrong at 10.1.2.3\n\n",
            early,
        ),
    ];
    assert!(fault.contains(MODEL_SECRET));
    for (event, message) in table {
        let pieces = vec![CHUNK, event, CHUNK];
        let provider = ModelServer::new(move |_| Reply::Events(pieces.clone(), End::Hang)).await;
        let mut edge = Edge::new(&[("x/a", provider.base_url())]);
        let seen = text(edge.post(CHAT, CHAT_STREAM).await).await;
        let expected = format!("{CHUNK}event: error\ndata: {{\"message\":\"{message}\"}}\n\n");
        assert_eq!(seen, expected);
        assert_eq!(edge.charge().await.usage.completion_tokens, 2);
        assert!(edge.charges_nothing().await);
    }
}

#[tokio::test]
async fn event_without_an_end_ends_the_stream_when_it_is_too_long() {
    let provider = ModelServer::new(|_| Reply::Flood("text/event-stream")).await;
    let mut edge = Edge::new(&[("x/a", provider.base_url())]);
    let seen = text(edge.post(CHAT, CHAT_STREAM).await).await;
    assert!(seen.starts_with("event: error\n"), "{} bytes", seen.len());
    assert_eq!(edge.charge().await.usage.completion_tokens, 0);
}

#[tokio::test]
async fn answer_of_a_hundred_megabytes_is_not_read() {
    let provider = ModelServer::new(|_| Reply::Flood("application/json")).await;
    let mut edge = Edge::new(&[("x/a", provider.base_url())]);
    let told = crate::edge::refusal(edge.post(CHAT, r#"{"model":"x/a"}"#).await).await;
    assert_eq!(told.1, "bad_gateway");
    assert!(edge.charges_nothing().await);
}

#[tokio::test]
async fn last_event_comes_after_the_charge_and_not_before() {
    let model = ModelServer::new(|question| match mira_testkit::claim(question) {
        _ if question["stream"] == true => {
            Reply::Events(vec![CHUNK, "data: [DONE]\n\n"], End::Close)
        }
        Some(_) => Reply::text("A"),
        None => Reply::text(r#"{"claims":["one"]}"#),
    })
    .await;
    let table = [
        (STREAM, FACT, "event: claim_verified", "event: completed"),
        (CHAT, CHAT_STREAM, CHUNK, "data: [DONE]"),
    ];
    for (path, body, before, last) in table {
        let confirmed = Arc::new(Semaphore::new(0));
        let models = [("x/a", model.base_url()), ("x/b", model.base_url())];
        let mut edge = Edge::new(&models).confirmed_by(Arc::clone(&confirmed));
        let mut pieces = edge.post(path, body).await.into_body().into_data_stream();
        let mut seen = String::new();
        while !seen.contains(before) {
            let piece = timeout(SOON, pieces.next())
                .await
                .unwrap()
                .unwrap()
                .unwrap();
            seen.push_str(std::str::from_utf8(&piece).unwrap());
        }
        tokio::select! {
            _ = edge.charge() => {}
            early = pieces.next() => panic!("{early:?}"),
        }
        let early = timeout(Duration::from_millis(200), pieces.next()).await;
        assert!(early.is_err(), "{early:?}");
        confirmed.add_permits(1);
        let piece = timeout(SOON, pieces.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert!(piece.starts_with(last.as_bytes()), "{piece:?}");
    }
}

#[tokio::test]
async fn nobody_is_told_of_a_charge_that_is_not_confirmed() {
    const ERROR: &str =
        "event: error\ndata: {\"message\":\"The charge could not be confirmed\"}\n\n";
    for (path, body, status, end) in [
        (STREAM, FACT, 200, ERROR),
        (CHAT, CHAT_STREAM, 200, ERROR),
        (
            CHAT,
            r#"{"model":"x/a","messages":[]}"#,
            503,
            r#"{"error":"Service Unavailable","message":"Service temporarily unavailable"}"#,
        ),
    ] {
        let mut model = ModelServer::new(|question| match mira_testkit::claim(question) {
            _ if question["stream"] == true => {
                Reply::Events(vec![CHUNK, "data: [DONE]\n\n"], End::Close)
            }
            Some(_) => Reply::text("A"),
            None => Reply::text(r#"{"claims":["one"]}"#),
        })
        .await;
        let store = Arc::new(Semaphore::new(0));
        let base_url = model.base_url().to_owned();
        let models = [("x/a", &*base_url), ("x/b", &*base_url)];
        let edge = Edge::new(&models).confirmed_by(Arc::clone(&store));
        let (answer, ()) = tokio::join!(edge.post(path, body), async {
            model.asked().await;
            store.close();
        });
        assert_eq!(answer.status(), status, "{path}");
        let seen = text(answer).await;
        assert!(seen.ends_with(end), "{path}: {seen}");
        assert!(
            !seen.contains("completed") && !seen.contains("[DONE]"),
            "{seen}"
        );
        // Nor does more work begin meanwhile.
        let refused = crate::edge::refusal(edge.post(path, body).await).await;
        assert_eq!(refused.1, "unavailable", "{path}");
    }
}
