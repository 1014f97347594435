//! From a meeting to whoever wants to be told of it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use http::StatusCode;
use mira_testkit::{Client, Server, ServerOptions};
use serde_json::{Value, json};

const MIRA: &str = env!("CARGO_BIN_EXE_mira");

#[tokio::test]
async fn a_meeting_that_goes_in_is_told_to_a_webhook_that_wants_it() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::start(
        MIRA,
        ServerOptions {
            demo: true,
            config: Some("[webhooks]\nprivate_networks = [\"127.0.0.0/8\"]\n".to_owned()),
            ..ServerOptions::default()
        },
    );
    let demo = server.demo();
    let admin = Client::new(server.address()).with_key(&demo.keys.admin);
    let path = format!("/v1/organizations/{}/webhooks", demo.organization_id);
    let new = json!({
        "url": format!("http://{}/hooks", receiver.local_addr().unwrap()),
        "events": ["meeting.transcript_ready"],
    });
    let made = admin.post(&path, &new).await;
    let secret = made.expect(StatusCode::CREATED).json()["secret"].clone();

    let meeting = json!({
        "title": "Renewal",
        "started_at": "2026-01-15T10:30:00.000Z",
        "transcript": {
            "format": "vtt",
            "content": "WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann>Shall we begin?\n",
        },
    });
    let ingested = admin.post("/api/v1/meetings", &meeting).await;
    let ingested = ingested.expect(StatusCode::OK).json();
    let (head, body) = tokio::task::spawn_blocking(move || take_message(&receiver))
        .await
        .unwrap();
    assert!(head.starts_with("POST /hooks HTTP/1.1\r\n"), "{head}");
    for header in [
        "webhook-id: msg_",
        "webhook-timestamp: ",
        "webhook-signature: v1,",
    ] {
        assert!(head.contains(header), "{head}");
    }
    assert_eq!(body["event"], "meeting.transcript_ready");
    assert_eq!(body["data"]["meeting_id"], ingested["data"]["id"]);
    let output = server.stop();
    let secret = secret.as_str().unwrap();
    assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret));
}

#[tokio::test]
async fn a_webhook_to_this_machine_is_refused_where_the_operator_has_not_allowed_it() {
    let options = ServerOptions {
        demo: true,
        ..ServerOptions::default()
    };
    let server = Server::start(MIRA, options);
    let demo = server.demo();
    let admin = Client::new(server.address()).with_key(&demo.keys.admin);
    let path = format!("/v1/organizations/{}/webhooks", demo.organization_id);
    let new = json!({"url": "http://localhost:9/", "events": ["report.completed"]});
    let refused = admin.post(&path, &new).await;
    refused.expect(StatusCode::BAD_REQUEST);
}

/// The first message that comes in, which is taken with 204.
fn take_message(receiver: &TcpListener) -> (String, Value) {
    let (mut stream, _) = receiver.accept().unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut text = String::new();
    let body = loop {
        text.push_str(&read_some(&mut stream));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        if let Ok(body) = serde_json::from_str(body) {
            text = head.to_owned();
            break body;
        }
    };
    stream
        .write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
        .unwrap();
    (text, body)
}

fn read_some(stream: &mut TcpStream) -> String {
    let mut buffer = [0; 4096];
    let length = stream.read(&mut buffer).unwrap();
    assert!(length > 0, "the message is not whole");
    String::from_utf8(buffer[..length].to_vec()).unwrap()
}
