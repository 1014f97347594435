//! Upstreams that speak HTTP/2.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, Request, Response, Version};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mira_gateway::{HttpVersions, Timeouts, UpstreamOptions};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::client::{Answer, Client};
use crate::http2_upstream::Http2Upstream;
use crate::tls::{AUTHORITY, acceptor, trusting};
use crate::upstream::Upstream;
use crate::world::{AT_ONCE, Gateway, gateway_to, revocation, upstream_with};

fn http2() -> UpstreamOptions {
    UpstreamOptions {
        versions: HttpVersions::Http2,
        ..UpstreamOptions::default()
    }
}

async fn gateway(upstream: SocketAddr) -> Gateway {
    gateway_to(upstream_with(&format!("http://{upstream}"), http2())).await
}

fn request(method: &str, path: &str, key: &str) -> String {
    format!("{method} /echo/{path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n")
}

async fn ask(gateway: &Gateway, method: &str, path: &str) -> Answer {
    let mut client = Client::connect(gateway.address).await;
    client.ask(request(method, path, "app")).await
}

/// Asks `count` times at once; every answer must be good.
async fn ask_at_once(gateway: &Gateway, count: usize, path: &'static str) {
    let address = gateway.address;
    let asks: Vec<_> = (0..count)
        .map(|_| {
            tokio::spawn(async move {
                let mut client = Client::connect(address).await;
                client.ask(request("GET", path, "app")).await.status
            })
        })
        .collect();
    for ask in asks {
        assert_eq!(ask.await.unwrap(), 200);
    }
}

#[tokio::test]
async fn exchanges_share_one_connection() {
    let upstream = Http2Upstream::start(100).await;
    let gateway = gateway(upstream.address).await;
    ask_at_once(&gateway, 20, "slow").await;
    assert_eq!(ask(&gateway, "GET", "hello").await.text(), "hello");
    assert_eq!((upstream.opened(), upstream.requests().len()), (1, 21));
}

#[tokio::test]
async fn upstream_is_not_sent_more_at_a_time_than_it_takes() {
    let upstream = Http2Upstream::start(2).await;
    let gateway = gateway(upstream.address).await;
    ask_at_once(&gateway, 6, "slow").await;
    assert_eq!((upstream.opened(), upstream.requests().len()), (3, 6));
    ask_at_once(&gateway, 6, "slow").await;
    assert_eq!((upstream.opened(), upstream.requests().len()), (3, 12));
}

#[tokio::test]
async fn head_has_the_form_of_http_2_and_says_who_is_behind_it() {
    let upstream = Http2Upstream::start(100).await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    let answer = client
        .ask(
            "POST /echo/echo?b=c HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer app\r\n\
             Connection: close, X-Secret\r\nX-Secret: 1\r\nX_Mira_Key_Id: forged\r\n\
             Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        )
        .await;
    assert_eq!((answer.status, answer.text()), (200, "hello"));
    assert_eq!(answer.get("cache-control"), Some("private"));
    assert!(answer.get("x-ratelimit-limit").is_some() && !answer.head.contains("forged"));
    let requests = upstream.requests();
    let seen = &requests[0];
    assert_eq!(
        seen.uri.to_string(),
        format!("http://{}/echo/echo?b=c", upstream.address)
    );
    for name in [
        "host",
        "connection",
        "transfer-encoding",
        "te",
        "x-secret",
        "authorization",
    ] {
        assert!(!seen.headers.contains_key(name), "{name}");
    }
    assert_eq!(seen.headers["x-forwarded-host"], "api.example");
    let ids: Vec<_> = seen.headers.get_all("x-mira-key-id").iter().collect();
    assert!(ids.len() == 1 && ids[0] != "forged" && !seen.headers.contains_key("x_mira_key_id"));
}

async fn http2_client(gateway: &Gateway) -> SendRequest<Body> {
    let stream = TokioIo::new(TcpStream::connect(gateway.address).await.unwrap());
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    sender
}

/// A call as a gRPC client makes it.
async fn call(gateway: &Gateway, path: &str, body: Body) -> Response<Incoming> {
    let request = Request::post(format!("http://a/echo/{path}"))
        .version(Version::HTTP_2)
        .header("authorization", "Bearer app")
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .body(body)
        .unwrap();
    http2_client(gateway)
        .await
        .send_request(request)
        .await
        .unwrap()
}

#[tokio::test]
async fn trailers_pass_both_ways_as_grpc_needs_them() {
    let upstream = Http2Upstream::start(100).await;
    let gateway = gateway(upstream.address).await;
    let mut trailers = HeaderMap::new();
    trailers.insert("sum", "5".parse().unwrap());
    trailers.insert("x-mira-key-id", "forged".parse().unwrap());
    let trailers = std::future::ready(Some(Ok(trailers)));
    let answer = call(
        &gateway,
        "echo",
        Body::new(Body::from("hello").with_trailers(trailers)),
    )
    .await;
    assert_eq!(answer.status(), 200);
    let collected = answer.into_body().collect().await.unwrap();
    let trailers = collected.trailers().cloned().unwrap();
    assert_eq!(collected.to_bytes(), "hello");
    assert_eq!(
        (&trailers["grpc-status"], &trailers["echoed-sum"]),
        (&"0".parse().unwrap(), &"5".parse().unwrap())
    );
    assert_eq!(trailers.len(), 2, "{trailers:?}");
    assert_eq!(upstream.requests()[0].headers["te"], "trailers");
}

#[tokio::test]
async fn stream_ends_with_its_key_although_its_upstream_is_silent_and_the_others_go_on() {
    let upstream = Http2Upstream::start(100).await;
    let gateway = gateway(upstream.address).await;
    let mut ends = Client::connect(gateway.address).await;
    ends.write(request("GET", "silent", "app")).await;
    ends.read_until("begin").await;
    let mut goes_on = Client::connect(gateway.address).await;
    goes_on.write(request("GET", "silent", "streaming")).await;
    goes_on.read_until("begin").await;
    gateway.verifier.apply(&revocation("app"));
    timeout(AT_ONCE, upstream.ended(1)).await.unwrap();
    timeout(AT_ONCE, ends.read_to_end()).await.unwrap();
    assert_eq!(gateway.verifier.watched(), 1);
    let answer = goes_on_with_another(&gateway).await;
    assert_eq!((answer.status, upstream.opened()), (200, 1));
}

async fn goes_on_with_another(gateway: &Gateway) -> Answer {
    let mut client = Client::connect(gateway.address).await;
    client.ask(request("GET", "hello", "streaming")).await
}

#[tokio::test]
async fn upload_without_an_answer_ends_with_its_key() {
    let upstream = Http2Upstream::start(100).await;
    let gateway = gateway(upstream.address).await;
    for (path, count) in [("wait", 1), ("silent", 2)] {
        let mut client = Client::connect(gateway.address).await;
        let head =
            request("POST", path, "app").replace("\r\n\r\n", "\r\nContent-Length: 9\r\n\r\n");
        client.write(head + "hi").await;
        upstream.reached(count).await;
        if path == "silent" {
            client.read_until("begin").await;
        }
        gateway.verifier.apply(&revocation("app"));
        timeout(AT_ONCE, upstream.ended(count)).await.unwrap();
        if path == "wait" {
            assert_eq!(client.read().await.get("x-mira-code"), Some("revoked_key"));
        }
        gateway.verifier.apply(&crate::world::key("app"));
    }
    assert_eq!(
        (
            goes_on_with_another(&gateway).await.status,
            upstream.opened()
        ),
        (200, 1)
    );
}

#[tokio::test]
async fn client_that_leaves_takes_its_stream_along_and_not_the_connection() {
    let upstream = Http2Upstream::start(100).await;
    let gateway = gateway(upstream.address).await;
    for (path, count) in [("silent", 1), ("wait", 2)] {
        let mut client = Client::connect(gateway.address).await;
        client.write(request("GET", path, "app")).await;
        upstream.reached(count).await;
        drop(client);
        timeout(AT_ONCE, upstream.ended(count)).await.unwrap();
    }
    assert_eq!(
        (
            goes_on_with_another(&gateway).await.status,
            upstream.opened()
        ),
        (200, 1)
    );
}

#[tokio::test]
async fn upstream_that_goes_away_finishes_what_it_began_and_gets_no_more() {
    let upstream = Http2Upstream::start(100).await;
    let gateway = gateway(upstream.address).await;
    let mut begun = Client::connect(gateway.address).await;
    begun.write(request("GET", "slow", "app")).await;
    upstream.reached(1).await;
    upstream.go_away();
    for _ in 0..3 {
        assert_eq!(ask(&gateway, "POST", "hello").await.status, 200);
    }
    assert_eq!(begun.read().await.text(), "slow");
    assert_eq!((upstream.opened(), upstream.requests().len()), (2, 4));
}

/// A server that speaks HTTP/2 by hand: its first connection treats the first
/// stream as told, everything else is answered. It counts the streams.
async fn by_hand(
    treat: fn(h2::server::SendResponse<Bytes>) -> bool,
) -> (SocketAddr, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = std::sync::Arc::<std::sync::atomic::AtomicUsize>::default();
    let counted = std::sync::Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            let counted = std::sync::Arc::clone(&counted);
            tokio::spawn(async move {
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    if counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
                        if treat(respond) {
                            continue;
                        }
                        return;
                    }
                    let answer = Response::new(());
                    respond.send_response(answer, true).unwrap();
                }
            });
        }
    });
    (address, count)
}

#[tokio::test]
async fn refused_stream_is_sent_again_where_all_of_it_is_here() {
    let refuse = |mut respond: h2::server::SendResponse<Bytes>| {
        respond.send_reset(h2::Reason::REFUSED_STREAM);
        true
    };
    for (method, status, streams) in [("GET", 200, 2), ("POST", 200, 2)] {
        let (address, count) = by_hand(refuse).await;
        let gateway = gateway(address).await;
        assert_eq!(ask(&gateway, method, "x").await.status, status, "{method}");
        assert_eq!(
            count.load(std::sync::atomic::Ordering::SeqCst),
            streams,
            "{method}"
        );
    }
    let (address, count) = by_hand(refuse).await;
    let gateway = gateway(address).await;
    let with_body =
        request("PUT", "x", "app").replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nhi");
    let answer = Client::connect(gateway.address).await.ask(with_body).await;
    assert_eq!(
        (answer.status, answer.get("x-mira-code")),
        (502, Some("bad_gateway"))
    );
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[tokio::test]
async fn hostile_answers_are_502_and_say_nothing_of_the_inside() {
    let huge: fn(h2::server::SendResponse<Bytes>) -> bool = |mut respond| {
        let mut answer = Response::new(());
        let value = "a".repeat(4_000);
        for number in 0..40 {
            let name: http::HeaderName = format!("x-{number}").parse().unwrap();
            answer.headers_mut().insert(name, value.parse().unwrap());
        }
        respond.send_response(answer, true).ok();
        true
    };
    let switch: fn(h2::server::SendResponse<Bytes>) -> bool = |mut respond| {
        let mut answer = Response::new(());
        *answer.status_mut() = http::StatusCode::SWITCHING_PROTOCOLS;
        respond.send_response(answer, true).ok();
        true
    };
    for treat in [huge, switch] {
        let (address, count) = by_hand(treat).await;
        let gateway = gateway(address).await;
        let answer = ask(&gateway, "POST", "x").await;
        assert_eq!(
            (answer.status, answer.get("x-mira-code")),
            (502, Some("bad_gateway"))
        );
        assert!(!answer.text().contains("127.0.0.1"));
        assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn request_that_may_have_been_carried_out_is_sent_again_only_if_it_is_idempotent() {
    let die: fn(h2::server::SendResponse<Bytes>) -> bool = |_| false;
    let reset: fn(h2::server::SendResponse<Bytes>) -> bool = |mut respond| {
        respond.send_reset(h2::Reason::INTERNAL_ERROR);
        true
    };
    for treat in [die, reset] {
        for (method, status, streams) in [("GET", 200, 2), ("POST", 502, 1), ("PATCH", 502, 1)] {
            let (address, count) = by_hand(treat).await;
            let gateway = gateway(address).await;
            assert_eq!(ask(&gateway, method, "x").await.status, status, "{method}");
            assert_eq!(
                count.load(std::sync::atomic::Ordering::SeqCst),
                streams,
                "{method}"
            );
        }
    }
}

#[tokio::test]
async fn upstream_that_is_away_silent_or_speaks_something_else_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = listener.local_addr().unwrap();
    drop(listener);
    let answer = ask(&gateway(nowhere).await, "GET", "x").await;
    assert_eq!(
        (answer.status, answer.get("x-mira-code")),
        (502, Some("bad_gateway"))
    );

    let http1 = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    let answer = ask(&gateway(http1.address).await, "GET", "x").await;
    assert_eq!(answer.status, 502);

    let upstream = Http2Upstream::start(100).await;
    let options = UpstreamOptions {
        timeouts: Timeouts {
            head: Duration::from_millis(300),
            ..Timeouts::default()
        },
        ..http2()
    };
    let gateway = gateway_to(upstream_with(
        &format!("http://{}", upstream.address),
        options,
    ))
    .await;
    let answer = ask(&gateway, "GET", "wait").await;
    assert_eq!(
        (answer.status, answer.get("x-mira-code")),
        (504, Some("gateway_timeout"))
    );
    timeout(AT_ONCE, upstream.ended(1)).await.unwrap();
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn readers_who_do_not_read_hold_up_nobody_else() {
    let upstream = Http2Upstream::start(100).await;
    let gateway = gateway(upstream.address).await;
    let mut slow = Vec::new();
    for _ in 0..8 {
        let mut client = Client::connect(gateway.address).await;
        client.write(request("GET", "endless", "app")).await;
        client.read_head().await;
        slow.push(client);
    }
    ask_at_once(&gateway, 10, "hello").await;
    assert_eq!(upstream.opened(), 1);
}

async fn over_tls(port: u16, versions: HttpVersions) -> Gateway {
    let options = UpstreamOptions {
        tls: Some(trusting(AUTHORITY)),
        versions,
        ..UpstreamOptions::default()
    };
    gateway_to(upstream_with(&format!("https://localhost:{port}"), options)).await
}

#[tokio::test]
async fn over_tls_the_upstream_chooses() {
    let upstream = Http2Upstream::start_tls(acceptor(&["h2", "http/1.1"])).await;
    let gateway = over_tls(upstream.address.port(), HttpVersions::Negotiated).await;
    ask_at_once(&gateway, 10, "slow").await;
    assert_eq!((upstream.opened(), upstream.requests().len()), (1, 10));
    assert_eq!(upstream.requests()[0].version, Version::HTTP_2);
    assert_eq!(upstream.requests()[0].uri.scheme_str(), Some("https"));
}

#[tokio::test]
async fn websocket_has_a_connection_of_its_own_where_the_upstream_would_choose_http_2() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = acceptor(&["h2", "http/1.1"]);
    tokio::spawn(async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = acceptor.accept(stream).await.unwrap();
        assert_ne!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let mut bytes = [0; 4096];
        assert!(stream.read(&mut bytes).await.unwrap() > 0);
        let agreed =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n";
        stream.write_all(agreed.as_bytes()).await.unwrap();
        let count = stream.read(&mut bytes).await.unwrap();
        stream.write_all(&bytes[..count]).await.unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.ok();
    });
    let gateway = over_tls(port, HttpVersions::Negotiated).await;
    let mut client = Client::connect(gateway.address).await;
    let asking = request("GET", "", "app").replace(
        "\r\n\r\n",
        "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    client.write(asking).await;
    assert_eq!(client.read_head().await.status, 101);
    client.write("ping").await;
    client.read_until("ping").await;
    gateway.verifier.apply(&revocation("app"));
    timeout(AT_ONCE, client.read_to_end()).await.unwrap();
}
