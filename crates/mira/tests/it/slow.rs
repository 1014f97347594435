//! Peers that keep a server waiting.

use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::demo_without_limits;

/// The longest deadline is 30 s; a busy machine may be late.
const PATIENCE: Duration = Duration::from_mins(1);

/// Sends `first`, then a byte every second; what came back before the end.
async fn drip(
    address: std::net::SocketAddr,
    first: String,
    byte: &'static [u8],
) -> (String, Duration) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(first.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let dripping = tokio::spawn(async move {
        while writing.write_all(byte).await.is_ok() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let began = Instant::now();
    let mut answer = Vec::new();
    timeout(PATIENCE, reading.read_to_end(&mut answer))
        .await
        .unwrap()
        .ok();
    dripping.abort();
    (
        String::from_utf8_lossy(&answer).into_owned(),
        began.elapsed(),
    )
}

#[tokio::test]
async fn peers_that_keep_a_server_waiting_are_dropped_and_good_clients_are_served() {
    // Side by side, because each waits for a deadline.
    tokio::join!(
        slow_heads_and_bodies_end(),
        reader_that_takes_nothing_is_dropped()
    );
}

async fn slow_heads_and_bodies_end() {
    let server = demo_without_limits();
    let key = server.demo().keys.write;
    let good = server.client().with_key(&server.demo().keys.read);
    let address = server.address();
    let mut slow = JoinSet::new();
    for _ in 0..200 {
        slow.spawn(drip(
            address,
            "GET /api/v1/meetings HTTP/1.1\r\nHost: a\r\nX: ".to_owned(),
            b"y",
        ));
    }
    // Later requests of a connection have the same deadline.
    for _ in 0..20 {
        let first = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nX: ";
        slow.spawn(drip(address, first.to_owned(), b"y"));
    }
    for _ in 0..20 {
        let silent = format!(
            "POST /api/v1/templates HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\
             Content-Length: 1000\r\n\r\n{{"
        );
        slow.spawn(drip(address, silent, b""));
    }
    for _ in 0..10 {
        good.get("/api/v1/meetings").await.expect(StatusCode::OK);
    }
    while let Some(ended) = slow.join_next().await {
        let (answer, after) = ended.unwrap();
        assert!(after < PATIENCE, "{answer}");
        assert!(!answer.contains("\"data\":["), "{answer}");
    }
    good.get("/api/v1/meetings").await.expect(StatusCode::OK);
}

async fn reader_that_takes_nothing_is_dropped() {
    let server = demo_without_limits();
    let key = server.demo().keys.read;
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let one = format!(
        "GET /api/v1/meetings?limit=100 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    // More answers than all buffers between us hold, until nothing moves.
    let began = Instant::now();
    let ended = timeout(PATIENCE, async {
        loop {
            if stream.write_all(one.repeat(50).as_bytes()).await.is_err() {
                return;
            }
        }
    });
    assert!(
        ended.await.is_ok(),
        "still open after {:?}",
        began.elapsed()
    );
    let good = server.client().with_key(&key);
    good.get("/api/v1/meetings").await.expect(StatusCode::OK);
}
