//! The model client: what it sends, what it takes for an answer, and that its
//! errors keep quiet about the provider.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use mira_outbound::{
    ChatAnswer, ChatRequest, HttpClient, InvalidModel, MAX_ANSWER_BYTES, Message, Model,
    ModelClient, ModelError, OutboundError, ResponseFormat, SecretText, Usage,
};
use serde_json::{Value, json};

use crate::server;

const LONG: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(200);
const KEY: &str = "sk-provider-secret";

fn model(base_url: &str) -> Model {
    Model {
        id: "openai/gpt-4o-mini".into(),
        name: "gpt-4o-mini".into(),
        base_url: base_url.into(),
        api_key: Some(SecretText::from(KEY.to_owned())),
    }
}

fn client(base_url: &str) -> ModelClient {
    ModelClient::new(HttpClient::new(), model(base_url)).unwrap()
}

fn question() -> ChatRequest {
    ChatRequest {
        messages: vec![
            Message::system("Answer in JSON."),
            Message::user("Two plus two?"),
        ],
        temperature: Some(0.0),
        response_format: Some(ResponseFormat::JsonObject),
        ..ChatRequest::default()
    }
}

/// What the client makes of a body with status 200.
async fn read(body: &'static str) -> Result<ChatAnswer, ModelError> {
    let (url, _asked) = server::http(move |_| server::json(body)).await;
    client(&url).complete(&question(), LONG).await
}

#[tokio::test]
async fn a_question_goes_out_in_openai_form_with_the_providers_key() {
    let answer = r#"{"choices":[{"message":{"role":"assistant","content":"four"}}],
        "usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}}"#;
    let (url, mut asked) = server::http(move |_| server::json(answer)).await;
    // A trailing slash changes nothing.
    let answer = client(&format!("{url}/"))
        .complete(&question(), LONG)
        .await
        .unwrap();
    let usage = Usage {
        prompt_tokens: 9,
        completion_tokens: 1,
        total_tokens: 10,
    };
    assert_eq!(
        answer,
        ChatAnswer {
            text: "four".into(),
            usage: Some(usage)
        }
    );

    let seen = asked.recv().await.unwrap();
    assert_eq!(
        (seen.method().as_str(), seen.uri().path()),
        ("POST", "/v1/chat/completions")
    );
    assert_eq!(seen.headers()["authorization"], "Bearer sk-provider-secret");
    assert_eq!(seen.headers()["content-type"], "application/json");
    let body: Value = serde_json::from_slice(seen.body()).unwrap();
    let expected = json!({
        "model": "gpt-4o-mini",
        "stream": false,
        "messages": [
            {"role": "system", "content": "Answer in JSON."},
            {"role": "user", "content": "Two plus two?"},
        ],
        "temperature": 0.0,
        "response_format": {"type": "json_object"},
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn only_a_text_is_an_answer() {
    let cases = [
        (r#"{"choices":[]}"#, ModelError::NoChoice),
        (
            r#"{"choices":[{"message":{"content":null}}]}"#,
            ModelError::NoText,
        ),
        (
            r#"{"choices":[{"message":{"content":null,"tool_calls":[{"id":"1"}]}}]}"#,
            ModelError::ToolCall,
        ),
        (
            r#"{"choices":[{"message":{"function_call":{"name":"f"}}}]}"#,
            ModelError::ToolCall,
        ),
        (
            r#"{"choices":[{"message":{"content":["parts"]}}]}"#,
            ModelError::UnknownFormat,
        ),
        (
            r#"{"choices":[{"text":"old form"}]}"#,
            ModelError::UnknownFormat,
        ),
        (
            r#"{"error":{"message":"sk-provider-secret"}}"#,
            ModelError::UnknownFormat,
        ),
        ("data: {}\n\n", ModelError::UnknownFormat),
        ("<html></html>", ModelError::UnknownFormat),
        ("", ModelError::UnknownFormat),
    ];
    for (body, error) in cases {
        assert_eq!(read(body).await, Err(error), "{body}");
    }
}

#[tokio::test]
async fn odd_usage_is_unknown_usage() {
    let choices = r#""choices":[{"message":{"content":"","tool_calls":[]}}]"#;
    let cases = [
        ("", None),
        (r#","usage":null"#, None),
        (r#","usage":{}"#, None),
        (
            r#","usage":{"prompt_tokens":-1,"completion_tokens":1}"#,
            None,
        ),
        (r#","usage":"many""#, None),
        (
            r#","usage":{"prompt_tokens":2,"completion_tokens":3}"#,
            Some(5),
        ),
    ];
    for (usage, total) in cases {
        let body: &'static str = format!("{{{choices}{usage}}}").leak();
        let answer = read(body).await.unwrap();
        assert_eq!(
            answer.usage.map(|usage| usage.total_tokens),
            total,
            "{usage}"
        );
    }
}

#[tokio::test]
async fn every_other_status_is_a_refusal() {
    for status in [301, 400, 401, 404, 429, 500, 503] {
        let refuse = move |_: &server::Seen| {
            let body = Full::from("sk-provider-secret is not valid");
            Response::builder()
                .status(status)
                .header("location", "/")
                .body(body)
                .unwrap()
        };
        let (url, _asked) = server::http(refuse).await;
        let refused = ModelError::Refused(StatusCode::from_u16(status).unwrap());
        assert_eq!(client(&url).complete(&question(), LONG).await, Err(refused));
        assert_eq!(
            client(&url).forward("{}".into(), LONG).await.unwrap_err(),
            refused
        );
    }
}

#[tokio::test]
async fn errors_and_debug_texts_keep_quiet_about_the_provider() {
    let (url, _asked) = server::http(|_| {
        Response::builder()
            .status(500)
            .body(Full::from("sk-provider-secret"))
            .unwrap()
    })
    .await;
    for url in [url, server::nobody().await] {
        let client = client(&url);
        let error = client.complete(&question(), LONG).await.unwrap_err();
        let said = format!("{error} {error:?} {client:?} {:?}", model(&url));
        assert!(!said.contains("127.0.0.1") && !said.contains(KEY), "{said}");
    }
    assert_eq!(
        format!("{:?}", SecretText::from(KEY.to_owned())),
        "SecretText(…)"
    );
}

#[tokio::test]
async fn a_hang_a_drip_and_a_flood_end_in_time() {
    let deadline = ModelError::Outbound(OutboundError::Deadline);
    let (hang, mut closed) = server::bytes(vec![], SHORT).await;
    assert_eq!(
        client(&hang).complete(&question(), SHORT).await,
        Err(deadline)
    );
    closed.recv().await.unwrap();

    // Head and body each come within the deadline; together they do not.
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n";
    let drip = [&head[..], b"{", b"\"", b"c", b"h", b"o", b"i"];
    let (drip, mut closed) = server::bytes(drip.to_vec(), SHORT / 3).await;
    assert_eq!(
        client(&drip).complete(&question(), SHORT).await,
        Err(deadline)
    );
    closed.recv().await.unwrap();

    let flood =
        |_: &server::Seen| Response::new(Full::new(Bytes::from(vec![b' '; MAX_ANSWER_BYTES + 1])));
    let (flood, _asked) = server::http(flood).await;
    let too_large = ModelError::Outbound(OutboundError::TooLarge(MAX_ANSWER_BYTES));
    assert_eq!(
        client(&flood).complete(&question(), LONG).await,
        Err(too_large)
    );
}

#[tokio::test]
async fn an_answer_must_be_utf_8_and_complete() {
    let (url, _asked) =
        server::http(|_| Response::new(Full::from(&b"{\"choices\":[\"\xff\"]}"[..]))).await;
    assert_eq!(
        client(&url).complete(&question(), LONG).await,
        Err(ModelError::NotUtf8)
    );

    let broken = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnot a chunk\r\n";
    let (url, _closed) = server::bytes(vec![broken], SHORT).await;
    let broken = ModelError::Outbound(OutboundError::Broken);
    assert_eq!(client(&url).complete(&question(), LONG).await, Err(broken));
}

#[tokio::test]
async fn a_forwarded_body_goes_out_as_it_is_and_the_answer_streams() {
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let pieces: Vec<&[u8]> = vec![head, b"9\r\ndata: 1\n\n\r\n", b"9\r\ndata: 2\n\n\r\n"];
    let (url, mut closed) = server::bytes(pieces, SHORT).await;
    let response = client(&url).forward("{}".into(), SHORT * 3).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "data: 1\n\n");
    let second = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(second, "data: 2\n\n");
    // The provider stalls in the middle of the stream.
    assert_eq!(
        body.frame().await.unwrap().unwrap_err(),
        OutboundError::Deadline
    );
    drop(body);
    closed.recv().await.unwrap();

    let (url, mut asked) = server::http(|_| server::json("{}")).await;
    let odd = r#"{"model":"x",  "custom":[1]}"#;
    client(&url).forward(odd.into(), LONG).await.unwrap();
    assert_eq!(asked.recv().await.unwrap().body(), odd);
}

#[test]
fn an_unusable_configuration_is_refused() {
    let refusal = |change: fn(&mut Model)| {
        let mut model = model("http://127.0.0.1:11434/v1");
        change(&mut model);
        ModelClient::new(HttpClient::new(), model).err()
    };
    assert_eq!(refusal(|_| ()), None);
    assert_eq!(refusal(|model| model.api_key = None), None);
    assert_eq!(
        refusal(|model| model.name.clear()),
        Some(InvalidModel::Name)
    );
    let key = |text: &str| Some(SecretText::from(text.to_owned()));
    for url in [
        "",
        "127.0.0.1:11434/v1",
        "/v1",
        "file:///etc",
        "http://",
        "http://user:secret@host/v1",
        "http://host/v1?key=secret",
        "http://host/v1#part",
    ] {
        let model = Model {
            base_url: url.into(),
            ..model("")
        };
        let error = ModelClient::new(HttpClient::new(), model).err();
        assert_eq!(error, Some(InvalidModel::BaseUrl), "{url}");
    }
    for text in ["", "two words", "line\nbreak", "schlüssel"] {
        let model = Model {
            api_key: key(text),
            ..model("http://host/v1")
        };
        let error = ModelClient::new(HttpClient::new(), model).err();
        assert_eq!(error, Some(InvalidModel::ApiKey), "{text:?}");
    }
}
