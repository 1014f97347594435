//! Path, method and body go on as they were decided on.

use axum::body::Body;
use http::{HeaderMap, Request, Version};
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::client::Client;
use crate::upstream::Upstream;
use crate::world::gateway;

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn target_is_forwarded_byte_for_byte() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    let targets = [
        "/echo",
        "/echo?",
        "/echo/",
        "/echo//a///b",
        "/echo/a%20b%c3%A9?x=%2F..%2f&y=%00",
        "/echo/a;p=1/b,c?key=../../x",
        "/echo/%252e%252e/x",
        "/echo/.../..a?q=a b".split(' ').next().unwrap(),
        "/echo/{a}|\"b\"?<>^`",
    ];
    for target in targets {
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n");
        let answer = client.ask(request).await;
        match answer.status {
            200 => {
                let seen = upstream.requests().pop().unwrap();
                assert_eq!(seen.line(), format!("GET {target} HTTP/1.1"));
            }
            status => assert_eq!(status, 400, "{target}"),
        }
    }
    assert!(upstream.requests().len() >= targets.len() - 1);
    assert_eq!(upstream.opened(), 1, "one connection serves them all");
}

#[tokio::test]
async fn path_that_servers_read_differently_is_forwarded_to_nobody() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    for target in [
        "/echo/../reports",
        "/echo/./x",
        "/echo/%2e%2e/x",
        "/echo/..;x=1/y",
        "/echo/a%2fb",
        "/echo/a%5cb",
        "/echo/a\\b",
        "/echo/%00",
        "/echo/%zz",
    ] {
        let mut client = Client::connect(gateway.address).await;
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n");
        assert_eq!(client.ask(request).await.status, 400, "{target}");
    }
    for (target, expected) in [
        ("/echoes", 200),
        ("/ECHO", 200),
        ("/echo.json", 200),
        ("/echo#x", 200),
    ] {
        let mut client = Client::connect(gateway.address).await;
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n");
        assert_eq!(client.ask(request).await.status, expected, "{target}");
    }
    // Of all these only the one whose fragment was cut off is below the prefix.
    assert_eq!(upstream.only().line(), "GET /echo HTTP/1.1");
}

#[tokio::test]
async fn every_method_is_forwarded_but_those_that_speak_to_us() {
    let upstream = Upstream::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let gateway = gateway(upstream.address).await;
    for (method, status) in [
        ("GET", 204),
        ("HEAD", 204),
        ("POST", 204),
        ("PUT", 204),
        ("PATCH", 204),
        ("DELETE", 204),
        ("OPTIONS", 204),
        ("PROPFIND", 204),
        ("TRACE", 405),
    ] {
        let mut client = Client::connect(gateway.address).await;
        let request =
            format!("{method} /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n");
        assert_eq!(client.ask(request).await.status, status, "{method}");
        let request = format!("{method} /echo HTTP/1.1\r\nHost: a\r\n\r\n");
        client.write(request).await;
        assert_eq!(client.read_head().await.status, 401, "{method}");
    }
    assert_eq!(upstream.requests().len(), 8);
}

#[tokio::test]
async fn length_of_a_body_is_told_in_one_way() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    for (method, framing, body, length, coding, arrived) in [
        (
            "POST",
            "Content-Length: 5\r\n",
            "hello",
            vec!["5"],
            vec![],
            "hello",
        ),
        ("POST", "Content-Length: 0\r\n", "", vec!["0"], vec![], ""),
        ("POST", "", "", vec!["0"], vec![], ""),
        ("GET", "", "", vec![], vec![], ""),
        (
            "GET",
            "Content-Length: 5\r\n",
            "hello",
            vec!["5"],
            vec![],
            "hello",
        ),
        (
            "POST",
            "Transfer-Encoding: chunked\r\n",
            "5;x=y\r\nhello\r\n0\r\n\r\n",
            vec![],
            vec!["chunked"],
            "5\r\nhello\r\n0\r\n\r\n",
        ),
        (
            "GET",
            "Transfer-Encoding: chunked\r\nConnection: Transfer-Encoding\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            vec![],
            vec!["chunked"],
            "5\r\nhello\r\n0\r\n\r\n",
        ),
        (
            "DELETE",
            "Content-Length: 5\r\nConnection: Content-Length\r\n",
            "hello",
            vec!["5"],
            vec![],
            "hello",
        ),
    ] {
        let mut client = Client::connect(gateway.address).await;
        let request = format!(
            "{method} /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n{framing}\r\n{body}"
        );
        assert_eq!(client.ask(request).await.status, 200, "{method} {framing}");
        let seen = upstream.requests().pop().unwrap();
        assert_eq!(seen.all("content-length"), length, "{method} {framing}");
        assert_eq!(seen.all("transfer-encoding"), coding, "{method} {framing}");
        assert_eq!(String::from_utf8(seen.body).unwrap(), arrived);
    }
}

#[tokio::test]
async fn trailers_pass_both_ways_but_say_nothing_that_a_head_may_not() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum, X-Mira-Code\r\n\r\n\
         2\r\nok\r\n0\r\nX-Sum: 2\r\nX-Mira-Code: forged\r\n\r\n",
    )
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    let answer = client
        .ask(
            "POST /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\nTE: trailers\r\n\
             Trailer: X-Sum, X-Mira-Key-Id, X_Forwarded_For\r\n\
             Transfer-Encoding: chunked\r\n\r\n\
             2\r\nhi\r\n0\r\nX-Sum: 1\r\nX-Mira-Key-Id: forged\r\nX_Forwarded_For: forged\r\n\r\n",
        )
        .await;
    assert_eq!(answer.text(), "ok");
    assert_eq!(answer.get("x-sum"), Some("2"), "{}", answer.head);
    assert!(!answer.head.contains("forged"));
    let seen = upstream.only();
    assert_eq!(seen.one("te"), "trailers");
    let body = String::from_utf8(seen.body).unwrap();
    assert_eq!(body, "2\r\nhi\r\n0\r\nx-sum: 1\r\n\r\n");
}

#[tokio::test]
async fn answer_without_content_keeps_the_length_of_what_it_stands_for() {
    let upstream = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    for _ in 0..2 {
        client
            .write("HEAD /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n")
            .await;
        assert_eq!(client.read_head().await.get("content-length"), Some("1000"));
    }
    assert_eq!(upstream.opened(), 1);
}

#[tokio::test]
async fn request_over_http_2_reaches_an_http_1_upstream_whole() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: X-Private\r\n\
         X-Private: 1\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    )
    .await;
    let gateway = gateway(upstream.address).await;
    let stream = TokioIo::new(TcpStream::connect(gateway.address).await.unwrap());
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
    let (mut sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    let mut trailers = HeaderMap::new();
    trailers.insert("x-sum", "5".parse().unwrap());
    let trailers = std::future::ready(Some(Ok(trailers)));
    let body = Body::from("hello").with_trailers(trailers);
    let request = Request::post("http://api.example/echo/a?b")
        .version(Version::HTTP_2)
        .header("authorization", "Bearer app")
        .header("cookie", "a=1")
        .header("cookie", "mira_session=x")
        .header("cookie", "b=2")
        .header("te", "trailers")
        .header("trailer", "x-sum")
        .body(body)
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("x-private"));
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "ok");
    let seen = upstream.only();
    assert_eq!(seen.line(), "POST /echo/a?b HTTP/1.1");
    assert_eq!(seen.one("cookie"), "a=1; b=2");
    assert_eq!(seen.one("x-forwarded-host"), "api.example");
    assert_eq!(seen.one("transfer-encoding"), "chunked");
    assert_eq!(seen.all("host").len(), 1);
    let body = String::from_utf8(seen.body).unwrap();
    assert_eq!(body, "5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_clients_at_once_each_get_their_own_answer() {
    let upstream = Upstream::start(|mut connection| async move {
        while let Some(seen) = connection.read().await {
            let line = seen.line();
            let length = line.len();
            let answer = if length.is_multiple_of(2) {
                format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{line}")
            } else {
                format!(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                     {length:x}\r\n{line}\r\n0\r\n\r\n"
                )
            };
            connection.write(answer).await;
        }
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let address = gateway.address;
    let clients: Vec<_> = (0..32)
        .map(|number| {
            tokio::spawn(async move {
                let mut client = Client::connect(address).await;
                for round in 0..50 {
                    let line = format!("GET /echo/{}/{round} HTTP/1.1", "x".repeat(number));
                    let head = "Host: a\r\nAuthorization: Bearer app\r\n\r\n";
                    let answer = client.ask(format!("{line}\r\n{head}")).await;
                    assert_eq!((answer.status, answer.text()), (200, line.as_str()));
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(upstream.requests().len(), 32 * 50);
    assert!(upstream.opened() <= 32);
}
