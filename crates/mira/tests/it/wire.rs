//! Malformed and ambiguous bytes, sent raw.

use mira_testkit::{Server, raw};

use crate::demo;

fn status(server: &Server, bytes: &str) -> String {
    let answer = raw(server.address(), bytes.as_bytes());
    let line = String::from_utf8_lossy(&answer);
    line.split(' ').nth(1).unwrap_or("closed").to_owned()
}

#[test]
fn ambiguous_lengths_are_refused_and_the_connection_closes() {
    let server = demo();
    let key = server.demo().keys.read;
    let smuggled =
        format!("GET /healthz HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n");
    for head in [
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding : chunked\r\n",
        "X: y\r\n Content-Length: 5\r\n",
    ] {
        let request = format!("POST /v1/sessions HTTP/1.1\r\nHost: a\r\n{head}\r\nhello{smuggled}");
        let answer = raw(server.address(), request.as_bytes());
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 400"), "{head:?} {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head:?} {answer}");
    }
}

#[test]
fn header_sections_are_bounded() {
    let server = demo();
    let many = "X: y\r\n".repeat(101);
    assert_eq!(
        status(
            &server,
            &format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{many}\r\n")
        ),
        "431"
    );
    let long = "y".repeat(40 * 1024);
    assert_eq!(
        status(
            &server,
            &format!("GET /healthz HTTP/1.1\r\nHost: a\r\nX: {long}\r\n\r\n")
        ),
        "431"
    );
}

#[test]
fn bytes_that_are_not_http_are_answered_400_and_closed() {
    let server = demo();
    for bytes in [
        "\0\0\0\0\r\n\r\n",
        "hello\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / \r\n\r\n\r\n",
    ] {
        assert!(
            matches!(status(&server, bytes).as_str(), "400" | "closed"),
            "{bytes:?}"
        );
    }
}

#[test]
fn one_credential_in_one_field_or_none() {
    let server = demo();
    let key = server.demo().keys.read;
    for (fields, expected) in [
        (format!("Authorization: Bearer {key}\r\n"), "200"),
        (format!("authorization: bearer {key}\r\n"), "200"),
        (format!("Authorization:   Bearer {key}  \r\n"), "200"),
        (
            format!("Authorization: Bearer {key}\r\nAuthorization: Bearer {key}\r\n"),
            "400",
        ),
        (
            format!("Authorization: Bearer {key}\r\nauthorization: Basic eA==\r\n"),
            "400",
        ),
        (
            format!("Authorization: Bearer {key}\r\nX-API-Key: {key}\r\n"),
            "400",
        ),
        (format!("X-API-Key: {key}\r\n"), "401"),
        (format!("Cookie: Authorization=Bearer {key}\r\n"), "401"),
        (format!("Authorization: Bearer  {key}\r\n"), "401"),
        (format!("Authorization: Bearer {key} {key}\r\n"), "401"),
        (format!("Authorization: {key}\r\n"), "401"),
        ("Authorization:\r\n".to_owned(), "401"),
        ("Authorization: Bearer\r\n".to_owned(), "401"),
    ] {
        let request = format!(
            "GET /api/v1/meetings HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n"
        );
        assert_eq!(status(&server, &request), expected, "{fields:?}");
    }
    let query = format!(
        "GET /api/v1/meetings?api_key={key}&access_token={key} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    );
    assert_eq!(status(&server, &query), "401");
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = demo();
    let key = server.demo().keys.read;
    let one = format!(
        "GET /api/v1/meetings?limit=1 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    let last = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answer = raw(
        server.address(),
        format!("{}{last}", one.repeat(20)).as_bytes(),
    );
    let answer = String::from_utf8_lossy(&answer);
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 21);
}
