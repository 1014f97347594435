//! The HTTP client alone.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use mira_outbound::{AddressRules, HttpClient, OutboundError, read_bounded};

use crate::server;

const LONG: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(200);

fn get(url: &str) -> Request<Full<Bytes>> {
    Request::get(url).body(Full::default()).unwrap()
}

async fn failure(url: &str, deadline: Duration) -> OutboundError {
    HttpClient::new()
        .send(get(url), deadline)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn clones_of_a_client_share_a_connection() {
    let (url, mut asked) = server::http(|_| server::json("{}")).await;
    let client = HttpClient::new();
    let mut peers = Vec::new();
    for _ in 0..3 {
        let response = client.clone().send(get(&url), LONG).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(
            read_bounded(response.into_body(), 2, LONG).await.unwrap(),
            "{}"
        );
        peers.push(
            asked
                .recv()
                .await
                .unwrap()
                .extensions()
                .get::<SocketAddr>()
                .copied()
                .unwrap(),
        );
    }
    peers.dedup();
    assert_eq!(peers.len(), 1);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (url, mut asked) = server::http(|_| {
        Response::builder()
            .status(302)
            .header("location", "/secret")
            .body(Full::default())
            .unwrap()
    })
    .await;
    let response = HttpClient::new().send(get(&url), LONG).await.unwrap();
    assert_eq!(response.status(), StatusCode::FOUND);
    assert_eq!(asked.recv().await.unwrap().uri().path(), "/v1");
    assert!(asked.try_recv().is_err());
}

#[tokio::test]
async fn the_causes_of_failure_are_told_apart() {
    let refused = OutboundError::Connect(io::ErrorKind::ConnectionRefused);
    assert_eq!(failure(&server::nobody().await, LONG).await, refused);
    assert_eq!(failure("/v1", LONG).await, OutboundError::Address);
    assert_eq!(
        failure("ftp://127.0.0.1/", LONG).await,
        OutboundError::Address
    );
    assert_eq!(
        failure("http://no-such-host.invalid/", LONG).await,
        OutboundError::Unresolved
    );

    let (garbage, _) = server::bytes(vec![b"\x00\x01 not http at all\r\n\r\n"], SHORT).await;
    assert_eq!(failure(&garbage, LONG).await, OutboundError::Broken);
    assert_eq!(
        failure(&garbage.replace("http:", "https:"), LONG).await,
        OutboundError::Tls
    );

    let (silent, mut closed) = server::bytes(vec![], SHORT).await;
    assert_eq!(failure(&silent, SHORT).await, OutboundError::Deadline);
    closed.recv().await.unwrap();
}

#[tokio::test]
async fn a_body_is_bounded_in_size_announced_or_not() {
    let announced = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n123456789";
    let chunked =
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n4\r\n6789\r\n0\r\n\r\n";
    for answer in [&announced[..], &chunked[..]] {
        let (url, _closed) = server::bytes(vec![answer], Duration::ZERO).await;
        let body = HttpClient::new()
            .send(get(&url), LONG)
            .await
            .unwrap()
            .into_body();
        assert_eq!(read_bounded(body, 9, LONG).await.unwrap(), "123456789");
        let body = HttpClient::new()
            .send(get(&url), LONG)
            .await
            .unwrap()
            .into_body();
        assert_eq!(
            read_bounded(body, 8, LONG).await,
            Err(OutboundError::TooLarge(8))
        );
    }
}

#[tokio::test]
async fn a_body_is_bounded_in_time_and_abandoning_it_closes_the_connection() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n";
    let (url, mut closed) = server::bytes(vec![head, b"1", b"2", b"3"], SHORT).await;
    let body = HttpClient::new()
        .send(get(&url), LONG)
        .await
        .unwrap()
        .into_body();
    assert_eq!(
        read_bounded(body, 9, SHORT).await,
        Err(OutboundError::Deadline)
    );
    closed.recv().await.unwrap();
}

#[tokio::test]
async fn a_silence_limit_ends_a_stalled_body_but_not_a_slow_reader() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n";
    let (url, _closed) = server::bytes(vec![head, b"1", b"2"], SHORT / 4).await;
    let body = HttpClient::new()
        .send(get(&url), LONG)
        .await
        .unwrap()
        .into_body();
    let mut body = body.with_silence_limit(SHORT);
    let mut read = Vec::new();
    let end = loop {
        // The reader is slower than the limit; the sender is not.
        tokio::time::sleep(SHORT + SHORT / 4).await;
        match body.frame().await.unwrap() {
            Ok(frame) => read.extend(frame.into_data().unwrap()),
            Err(error) => break error,
        }
    };
    assert_eq!(
        (read.as_slice(), end),
        (&b"12"[..], OutboundError::Deadline)
    );
}

#[tokio::test]
async fn a_guarded_client_reaches_no_address_of_this_machine_however_it_is_written() {
    let (url, mut asked) = server::http(|_| server::json("{}")).await;
    let port = url.rsplit(':').next().unwrap().trim_end_matches('/');
    let client = HttpClient::guarded(AddressRules::default());
    for host in [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
    ] {
        let url = format!("http://{host}:{port}/");
        let error = client.send(get(&url), LONG).await.unwrap_err();
        assert_eq!(error, OutboundError::Forbidden, "{host}");
        let uri = url.parse().unwrap();
        let checked = client.check(&uri, LONG).await;
        assert_eq!(checked, Err(OutboundError::Forbidden), "{host}");
    }
    assert!(asked.try_recv().is_err());
}

#[tokio::test]
async fn a_guarded_client_reaches_what_the_operator_allowed() {
    let (url, _asked) = server::http(|_| server::json("{}")).await;
    let rules = AddressRules::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let client = HttpClient::guarded(rules);
    client.check(&url.parse().unwrap(), LONG).await.unwrap();
    let response = client.send(get(&url), LONG).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}
