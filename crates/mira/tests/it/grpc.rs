//! The gRPC door of a running server, spoken to in HTTP/2 and protobuf by hand.

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mira_testkit::Server;
use tokio::net::TcpStream;

use crate::demo;

/// A field of a message that has a length (wire type 2).
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    assert!(content.len() < 128);
    let length = u8::try_from(content.len()).unwrap();
    [&[number << 3 | 2, length], content].concat()
}

/// `attributes.request.http` with a method, a path and one header.
fn check(method: &str, path: &str, authorization: &str) -> Vec<u8> {
    let header = [
        field(1, b"authorization"),
        field(2, authorization.as_bytes()),
    ]
    .concat();
    let http = [
        field(2, method.as_bytes()),
        field(3, &header),
        field(4, path.as_bytes()),
    ];
    let message = field(1, &field(4, &field(2, &http.concat())));
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], length.as_slice(), &message].concat()
}

/// The text of an answer and its `grpc-status`.
async fn call(server: &Server, path: &str, message: Vec<u8>) -> (String, String) {
    let stream = TcpStream::connect(server.address()).await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let request = Request::post(format!("{}{path}", server.url()))
        .header("content-type", "application/grpc+proto")
        .header("te", "trailers")
        .body(Full::<Bytes>::from(message))
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    let immediate = answer.headers().get("grpc-status").cloned();
    let body = answer.into_body().collect().await.unwrap();
    let status = body
        .trailers()
        .and_then(|trailers| trailers.get("grpc-status"))
        .cloned();
    let status = status.or(immediate).unwrap();
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    (text, status.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn check_call_is_answered_on_the_one_port() {
    const CHECK: &str = "/envoy.service.auth.v3.Authorization/Check";
    let server = demo();
    let key = format!("Bearer {}", server.demo().keys.read);
    let yes = check("GET", "/api/v1/meetings", &key);
    let (text, status) = call(&server, CHECK, yes).await;
    assert_eq!(status, "0");
    assert!(
        text.contains("x-mira-key-id") && text.contains("x-ratelimit-limit"),
        "{text}"
    );
    assert!(!text.contains(&key));
    let no = check("GET", "/api/v1/meetings", "Bearer nobody");
    let (text, status) = call(&server, CHECK, no).await;
    assert_eq!(status, "0");
    let body = r#"{"data":null,"error":"Invalid or missing API key","meta":null}"#;
    assert!(
        text.contains(body) && text.contains("invalid_key"),
        "{text}"
    );
    let (_, status) = call(&server, "/envoy.service.auth.v3.Authorization/X", vec![]).await;
    assert_eq!(status, "12");
}
