//! Bytes that try to have one request taken for two, or for another.

use std::time::Duration;

use crate::client::Client;
use crate::upstream::Upstream;
use crate::world::gateway;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const KEY: &str = "Host: a\r\nAuthorization: Bearer app\r\n";

/// What a request in hiding would look like. Without a key of its own it must
/// reach nobody.
const HIDDEN: &str = "GET /echo/hidden HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends `bytes`; what of them reached the upstream.
async fn reached(bytes: &str) -> Vec<crate::upstream::Recorded> {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(bytes).await;
    // Some are answered, some are cut off, and some wait for more.
    let patience = Duration::from_millis(100);
    tokio::time::timeout(patience, client.read_to_end())
        .await
        .ok();
    upstream.requests()
}

#[tokio::test]
async fn ambiguous_bytes_are_at_most_one_request_that_reads_in_one_way() {
    let post = "POST /echo HTTP/1.1\r\n";
    let hidden_chunked = format!("0\r\n\r\n{HIDDEN}");
    let length = hidden_chunked.len();
    for framing in [
        format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n\r\n{hidden_chunked}"),
        format!("Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{hidden_chunked}"),
        format!("Content-Length: {length}, 0\r\n\r\n{hidden_chunked}"),
        format!("Content-Length: +{length}\r\n\r\n{hidden_chunked}"),
        format!("Content-Length: 0x10\r\n\r\n{hidden_chunked}"),
        format!("Content-Length : {length}\r\n\r\n{hidden_chunked}"),
        format!("Content-Length:\r\n\r\n{hidden_chunked}"),
        format!("Content-Length: {length}\r\nContent_Length: 0\r\n\r\n{hidden_chunked}"),
        format!("Content-Length: {length}\r\nTransfer_Encoding: chunked\r\n\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: xchunked\r\n\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: chunked, identity\r\n\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: identity\r\n\r\n{hidden_chunked}"),
        format!("Transfer-Encoding : chunked\r\n\r\n{hidden_chunked}"),
        format!("Transfer-Encoding:\tchunked\r\n\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: \x0bchunked\r\n\r\n{hidden_chunked}"),
        format!("X: y\r\n Transfer-Encoding: chunked\r\n\r\n{hidden_chunked}"),
        format!("X: y\nTransfer-Encoding: chunked\n\n{hidden_chunked}"),
        format!("Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: chunked\r\n\r\n5\nhello\n{hidden_chunked}"),
        format!("Transfer-Encoding: chunked\r\n\r\n5;\nx\r\nhello\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n{hidden_chunked}"),
        format!("Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX{hidden_chunked}"),
        format!("Connection: Content-Length\r\nContent-Length: {length}\r\n\r\n{hidden_chunked}"),
        format!(
            "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n{hidden_chunked}"
        ),
    ] {
        let seen = reached(&format!("{post}{KEY}{framing}")).await;
        assert!(seen.len() <= 1, "{framing}: {seen:?}");
        for request in seen {
            assert_eq!(request.line(), "POST /echo HTTP/1.1", "{framing}");
            let lengths = request.all("content-length").len();
            let codings = request.all("transfer-encoding").len();
            assert_eq!(lengths + codings, 1, "{framing}: {}", request.head);
        }
    }
}

#[tokio::test]
async fn request_in_the_body_of_another_stays_a_body() {
    let length = HIDDEN.len();
    let bytes = format!("POST /echo HTTP/1.1\r\n{KEY}Content-Length: {length}\r\n\r\n{HIDDEN}");
    let seen = reached(&bytes).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].body, HIDDEN.as_bytes());
}

#[tokio::test]
async fn heads_that_are_not_http_reach_nobody() {
    for bytes in [
        format!("GET /echo HTTP/1.1\r\n{KEY}X\r\n\r\n"),
        format!("GET /echo HTTP/1.1\r\n{KEY}X Y: 1\r\n\r\n"),
        format!("GET /echo HTTP/1.1\r\n{KEY}: 1\r\n\r\n"),
        format!("GET /echo HTTP/1.1\r\n{KEY}X: a\0b\r\n\r\n"),
        format!("GET /echo HTTP/1.1\r\n{KEY}X: a\rb: c\r\n\r\n"),
        format!("GET /echo HTTP/1.1\r\n{KEY}X: a\r\n folded\r\n\r\n"),
        format!("GET /echo HTTP/2.0\r\n{KEY}\r\n"),
        format!("GET  /echo HTTP/1.1\r\n{KEY}\r\n"),
        format!("GET /echo x HTTP/1.1\r\n{KEY}\r\n"),
        format!("GET echo HTTP/1.1\r\n{KEY}\r\n"),
        format!("GET * HTTP/1.1\r\n{KEY}\r\n"),
        format!("CONNECT /echo HTTP/1.1\r\n{KEY}\r\n"),
        format!("CONNECT a:80 HTTP/1.1\r\n{KEY}\r\n"),
        format!("G\tET /echo HTTP/1.1\r\n{KEY}\r\n"),
        format!("POST /echo HTTP/1.0\r\n{KEY}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ] {
        let seen = reached(&bytes).await;
        assert!(seen.is_empty(), "{bytes:?}: {seen:?}");
    }
}

#[tokio::test]
async fn ambiguous_credentials_reach_nobody_and_the_query_is_none() {
    for fields in [
        "Authorization: Bearer app\r\nAuthorization: Bearer revoked\r\n",
        "AUTHORIZATION: Bearer app\r\nauthorization: Bearer app\r\n",
        "Authorization: Bearer app\r\nX-API-Key: app\r\n",
        "Authorization: Bearer app, Bearer app\r\n",
        "Authorization: Bearer app x\r\n",
        "Authorization: Bearer  app\r\n",
        "Authorization: Basic app\r\n",
        "Authorization : Bearer app\r\n",
        "X-API-Key: app\r\n",
        "Cookie: Authorization=Bearer app\r\n",
        "X-Forwarded-Authorization: Bearer app\r\n",
        "Proxy-Authorization: Bearer app\r\n",
    ] {
        let bytes = format!("GET /echo?api_key=app HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        let seen = reached(&bytes).await;
        assert!(seen.is_empty(), "{fields}: {seen:?}");
    }
}

#[tokio::test]
async fn pipelined_requests_are_each_decided_on() {
    let good = format!("GET /echo/good HTTP/1.1\r\n{KEY}\r\n");
    let bad = "GET /echo/bad HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer revoked\r\n\r\n";
    let seen = reached(&format!("{good}{bad}{good}{HIDDEN}{good}")).await;
    let lines: Vec<_> = seen.iter().map(crate::upstream::Recorded::line).collect();
    assert_eq!(lines, ["GET /echo/good HTTP/1.1"; 3]);
}

#[tokio::test]
async fn request_behind_an_upgrade_that_was_not_agreed_to_is_decided_on_like_any_other() {
    let upgrade =
        format!("GET /echo/ws HTTP/1.1\r\n{KEY}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    let seen = reached(&format!("{upgrade}{HIDDEN}")).await;
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].line(), "GET /echo/ws HTTP/1.1");
    assert!(seen[0].body.is_empty());
}
