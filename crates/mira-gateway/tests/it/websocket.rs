//! Connections that change to a websocket, and what does not.

use std::time::Duration;

use mira_gateway::Timeouts;
use tokio::time::{sleep, timeout};

use crate::client::Client;
use crate::upstream::Upstream;
use crate::world::{AT_ONCE, gateway, gateway_with, revocation};

const ASK: &str = "GET /echo/ws HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\
                   Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                   Sec-WebSocket-Version: 13\r\n\r\n";
const AGREED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
                      Connection: Upgrade\r\nX-Mira-Code: forged\r\n\
                      Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// Agrees and sends back whatever comes, behind a greeting.
async fn echo() -> Upstream {
    Upstream::start(|mut connection| async move {
        connection.read().await;
        connection.write(format!("{AGREED}hello ")).await;
        while let Some(bytes) = connection.read_some().await {
            connection.write(bytes).await;
        }
    })
    .await
}

#[tokio::test]
async fn both_sides_speak_freely_after_both_have_agreed() {
    let upstream = echo().await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    let head = client.read_head().await;
    assert_eq!(head.status, 101);
    assert_eq!(head.get("upgrade"), Some("websocket"));
    assert_eq!(head.get("connection"), Some("upgrade"));
    assert_eq!(
        head.get("sec-websocket-accept"),
        Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    );
    assert_eq!(head.all("x-mira-request-id").len(), 1);
    assert!(head.get("x-mira-code").is_none());
    client.read_until("hello ").await;
    for message in ["one", "GET /echo/hidden HTTP/1.1\r\n\r\n", "three"] {
        client.write(message).await;
        client.read_until(message).await;
    }
    let seen = upstream.only();
    assert_eq!(
        (seen.one("connection"), seen.one("upgrade")),
        ("upgrade", "websocket")
    );
    assert_eq!(seen.one("sec-websocket-version"), "13");
    assert!(seen.one("x-mira-key-id").starts_with("key_"));
    drop(client);
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
}

#[tokio::test]
async fn bytes_sent_before_the_upstream_agreed_wait_for_it() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.read().await;
        // Nothing may come while nothing is agreed.
        let early = timeout(Duration::from_millis(150), connection.read_some()).await;
        assert!(early.is_err(), "{early:?}");
        connection.write(AGREED).await;
        let bytes = connection.read_some().await.unwrap();
        connection.write([b"got ", bytes.as_slice()].concat()).await;
        connection.closed().await;
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(format!("{ASK}early")).await;
    assert_eq!(client.read_head().await.status, 101);
    client.read_until("got early").await;
}

#[tokio::test]
async fn upstream_that_does_not_agree_is_answered_like_any_other() {
    let upstream =
        Upstream::answering("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno").await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    let answer = client.ask(ASK).await;
    assert_eq!((answer.status, answer.text()), (426, "no"));
    assert_eq!(client.ask(ASK.replace("Upgrade", "X")).await.status, 426);
    assert_eq!(upstream.opened(), 1);
}

#[tokio::test]
async fn change_to_anything_but_a_websocket_is_neither_asked_for_nor_taken() {
    for (from, to) in [
        ("Upgrade: WebSocket", "Upgrade: h2c"),
        ("Upgrade: WebSocket", "Upgrade: websocket, h2c"),
        ("Upgrade: WebSocket", "Upgrade: websocket\r\nUpgrade: h2c"),
        ("keep-alive, Upgrade", "keep-alive"),
        ("GET", "POST"),
        ("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nhi"),
    ] {
        let upstream = echo().await;
        let gateway = gateway(upstream.address).await;
        let mut client = Client::connect(gateway.address).await;
        // The upstream changes the protocol all the same.
        let answer = client.ask(ASK.replacen(from, to, 1)).await;
        assert_eq!(answer.status, 502, "{to}");
        let seen = upstream.only();
        assert!(
            seen.all("upgrade").is_empty() && seen.all("connection").is_empty(),
            "{to}"
        );
        timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
    }
    let other = AGREED.replace("websocket", "h2c");
    let upstream = Upstream::start(move |mut connection| {
        let other = other.clone();
        async move {
            connection.read().await;
            connection.write(other).await;
            connection.closed().await;
        }
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    assert_eq!(client.ask(ASK).await.status, 502);
}

#[tokio::test]
async fn websocket_needs_a_key_like_anything_else() {
    let upstream = echo().await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    let answer = client
        .ask(ASK.replace("Bearer app", "Bearer revoked"))
        .await;
    assert_eq!(answer.status, 401);
    assert_eq!(upstream.opened(), 0);
}

#[tokio::test]
async fn websocket_ends_with_its_key_on_both_sides() {
    for is_busy in [false, true] {
        let upstream = echo().await;
        let gateway = gateway(upstream.address).await;
        let mut client = Client::connect(gateway.address).await;
        client.write(ASK).await;
        client.read_until("hello ").await;
        if is_busy {
            client.write("x".repeat(10_000)).await;
        }
        gateway.verifier.apply(&revocation("app"));
        timeout(AT_ONCE, client.read_to_end()).await.unwrap();
        timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
        assert_eq!(gateway.verifier.watched(), 0);
    }
}

#[tokio::test]
async fn websocket_on_which_nobody_speaks_ends() {
    let upstream = echo().await;
    let timeouts = Timeouts {
        tunnel_silence: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let gateway = gateway_with(upstream.address, timeouts).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    client.read_until("hello ").await;
    for _ in 0..5 {
        sleep(Duration::from_millis(200)).await;
        client.write("x").await;
        client.read_until("x").await;
    }
    timeout(AT_ONCE, client.read_to_end()).await.unwrap();
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
}
