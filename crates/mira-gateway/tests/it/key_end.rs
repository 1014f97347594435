//! What a key opened ends with the key, on both sides, within a second.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::client::Client;
use crate::upstream::Upstream;
use crate::world::{AT_ONCE, Gateway, gateway, revocation};

const ASK: &str = "GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n";
const SSE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                   Transfer-Encoding: chunked\r\n\r\n";

/// An upstream that begins with `beginning` and, if it `ticks`, goes on.
async fn stream(beginning: &'static str, ticks: Option<&'static str>) -> (Upstream, Gateway) {
    let upstream = Upstream::start(move |mut connection| async move {
        connection.read().await;
        connection.write(beginning).await;
        let Some(tick) = ticks else {
            return connection.closed().await;
        };
        while connection.write(tick).await {
            sleep(Duration::from_millis(20)).await;
        }
        connection.closed().await;
    })
    .await;
    let gateway = gateway(upstream.address).await;
    (upstream, gateway)
}

/// Revokes the key and waits for the end of both connections; what still came.
async fn end(client: &mut Client, upstream: &Upstream, gateway: &Gateway) -> String {
    let started = Instant::now();
    gateway.verifier.apply(&revocation("app"));
    let rest = client.read_to_end().await;
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    rest
}

#[tokio::test]
async fn busy_event_stream_ends_with_an_error_event() {
    let (upstream, gateway) = stream(SSE, Some("9\r\ndata: 1\n\n\r\n")).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    client.read_until("data: 1").await;
    let request = ASK.replacen("GET", "DELETE", 1);
    gateway.verifier.apply(&revocation("app"));
    let started = Instant::now();
    client
        .read_until("event: error\ndata: {\"message\":\"API key has been revoked\"}\n\n")
        .await;
    client.read_until("0\r\n\r\n").await;
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
    assert!(started.elapsed() < AT_ONCE);
    // The client's connection is whole, and its next request is refused.
    assert_eq!(client.ask(request).await.status, 401);
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn silent_event_stream_ends_too_and_so_does_its_upstream() {
    let (upstream, gateway) = stream(SSE, None).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    assert_eq!(client.read_head().await.status, 200);
    gateway.verifier.apply(&revocation("app"));
    timeout(AT_ONCE, client.read_until("event: error"))
        .await
        .unwrap();
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
}

#[tokio::test]
async fn download_of_announced_length_breaks_off() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
    for ticks in [None, Some("0123456789")] {
        let (upstream, gateway) = stream(head, ticks).await;
        let mut client = Client::connect(gateway.address).await;
        client.write(ASK).await;
        assert_eq!(client.read_head().await.status, 200);
        let rest = end(&mut client, &upstream, &gateway).await;
        assert!(rest.len() < 1_000_000);
    }
}

#[tokio::test]
async fn upload_that_is_answered_already_breaks_off() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.read_head().await;
        connection.write(SSE).await;
        connection.write("9\r\ndata: 1\n\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client
        .write(
            "POST /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\
             Content-Length: 100\r\n\r\nhalf",
        )
        .await;
    client.read_until("data: 1").await;
    gateway.verifier.apply(&revocation("app"));
    timeout(AT_ONCE, client.read_until("event: error"))
        .await
        .unwrap();
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
}

#[tokio::test]
async fn request_that_waits_for_its_answer_is_refused() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.read().await;
        connection.closed().await;
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    upstream.reached(1).await;
    gateway.verifier.apply(&revocation("app"));
    let answer = timeout(AT_ONCE, client.read()).await.unwrap();
    assert_eq!(answer.status, 401);
    assert_eq!(answer.get("x-mira-code"), Some("revoked_key"));
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
}

#[tokio::test]
async fn everything_ends_when_it_cannot_be_known_whether_the_key_is_good() {
    let (upstream, gateway) = stream(SSE, None).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    assert_eq!(client.read_head().await.status, 200);
    gateway.verifier.drop_lease();
    let message = "data: {\"message\":\"Service temporarily unavailable\"}";
    timeout(AT_ONCE, client.read_until(message)).await.unwrap();
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
}

#[tokio::test]
async fn nothing_is_watched_any_more_when_an_answer_has_ended() {
    let upstream = Upstream::start(|mut connection| async move {
        while connection.read().await.is_some() {
            connection
                .write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n")
                .await;
            sleep(Duration::from_millis(300)).await;
            connection.write("0\r\n\r\n").await;
        }
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    for _ in 0..2 {
        client.write(ASK).await;
        client.read_until("ok").await;
        assert_eq!(gateway.verifier.watched(), 1);
        client.read_until("0\r\n\r\n").await;
        assert_eq!(gateway.verifier.watched(), 0);
    }
    assert_eq!(upstream.opened(), 1);
}

#[tokio::test]
async fn other_keys_go_on() {
    let (upstream, gateway) = stream(SSE, None).await;
    let mut ends = Client::connect(gateway.address).await;
    ends.write(ASK).await;
    ends.read_head().await;
    let mut goes_on = Client::connect(gateway.address).await;
    goes_on.write(ASK.replace("app", "streaming")).await;
    goes_on.read_head().await;
    gateway.verifier.apply(&revocation("app"));
    ends.read_until("event: error").await;
    upstream.closed(1).await;
    sleep(Duration::from_millis(200)).await;
    assert_eq!(gateway.verifier.watched(), 1);
}
