//! Bodies are passed on as they come, in both directions, and not kept.

use std::time::Duration;

use mira_gateway::Timeouts;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::client::Client;
use crate::upstream::Upstream;
use crate::world::{AT_ONCE, gateway, gateway_with};

const ASK: &str = "GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n";
const SSE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                   Transfer-Encoding: chunked\r\n\r\n";

#[tokio::test]
async fn each_event_is_there_before_the_next_is_sent() {
    let (send, events) = mpsc::channel::<&str>(1);
    let events = std::sync::Mutex::new(Some(events));
    let upstream = Upstream::start(move |mut connection| {
        let mut events = events.lock().unwrap().take().unwrap();
        async move {
            connection.read().await;
            connection.write(SSE).await;
            while let Some(event) = events.recv().await {
                let chunk = format!("{:x}\r\n{event}\r\n", event.len());
                connection.write(chunk).await;
            }
            connection.write("0\r\n\r\n").await;
            connection.closed().await;
        }
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    assert_eq!(client.read_head().await.status, 200);
    for event in ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"] {
        send.send(event).await.unwrap();
        client.read_until(event).await;
    }
    drop(send);
    client.read_until("0\r\n\r\n").await;
}

#[tokio::test]
async fn each_part_of_an_announced_answer_is_there_before_the_next_is_sent() {
    let (send, parts) = mpsc::channel::<&str>(1);
    let parts = std::sync::Mutex::new(Some(parts));
    let upstream = Upstream::start(move |mut connection| {
        let mut parts = parts.lock().unwrap().take().unwrap();
        async move {
            connection.read().await;
            connection
                .write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
                .await;
            while let Some(part) = parts.recv().await {
                connection.write(part).await;
            }
        }
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    assert_eq!(client.read_head().await.get("content-length"), Some("9"));
    for part in ["one", "two", "six"] {
        send.send(part).await.unwrap();
        client.read_until(part).await;
    }
}

#[tokio::test]
async fn each_part_of_a_request_is_there_before_the_next_is_sent() {
    let (arrived, mut parts) = mpsc::channel::<String>(8);
    let upstream = Upstream::start(move |mut connection| {
        let arrived = arrived.clone();
        async move {
            connection.read_head().await;
            while let Some(part) = connection.read_some().await {
                let part = String::from_utf8(part).unwrap();
                let is_last = part.contains("0\r\n\r\n");
                arrived.send(part).await.unwrap();
                if is_last {
                    break;
                }
            }
            connection
                .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                .await;
            connection.closed().await;
        }
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client
        .write(
            "POST /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
        )
        .await;
    for part in ["3\r\none\r\n", "3\r\ntwo\r\n", "0\r\n\r\n"] {
        client.write(part).await;
        assert_eq!(parts.recv().await.unwrap(), part);
    }
    assert_eq!(client.read().await.status, 200);
}

#[tokio::test]
async fn client_that_sends_on_while_it_is_answered_is_heard_before_it_reads() {
    // The answer begins before the request has ended, and is larger than what
    // sockets hold; the upload must not wait for its reader.
    const SIZE: usize = 16 << 20;
    let upstream = Upstream::start(|mut connection| async move {
        connection.read_head().await;
        let (mut read, mut write) = connection.into_stream().into_split();
        let answer = async {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {SIZE}\r\n\r\n");
            write.write_all(head.as_bytes()).await.unwrap();
            write.write_all(&vec![b'x'; SIZE]).await.unwrap();
        };
        let upload = async {
            let mut chunk = vec![0; 1 << 16];
            while read.read(&mut chunk).await.unwrap() > 0 {}
        };
        tokio::join!(answer, upload);
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client
        .write(format!(
            "POST /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\
             Content-Length: {SIZE}\r\n\r\n"
        ))
        .await;
    assert_eq!(client.read_head().await.status, 200);
    let upload = client.write(vec![b'y'; SIZE]);
    timeout(Duration::from_secs(5), upload).await.unwrap();
    client.read_until(&"x".repeat(1000)).await;
}

#[tokio::test]
async fn slow_reader_slows_the_upstream_down_instead_of_filling_memory() {
    let (progress, mut written) = mpsc::unbounded_channel();
    let upstream = Upstream::start(move |mut connection| {
        let progress = progress.clone();
        async move {
            connection.read().await;
            connection
                .write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
                .await;
            let chunk = vec![b'x'; 1 << 16];
            while connection.write(&chunk).await {
                progress.send(chunk.len()).unwrap();
            }
        }
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    assert_eq!(client.read_head().await.status, 200);
    let mut total = 0;
    while let Ok(Some(count)) = timeout(Duration::from_millis(300), written.recv()).await {
        total += count;
        assert!(total < 64 << 20, "nobody reads, and still it is taken");
    }
}

#[tokio::test]
async fn silence_inside_an_answer_ends_it() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.read().await;
        connection.write(SSE).await;
        connection.write("3\r\none\r\n").await;
        connection.closed().await;
    })
    .await;
    let timeouts = Timeouts {
        answer_silence: Duration::from_millis(200),
        ..Timeouts::default()
    };
    let gateway = gateway_with(upstream.address, timeouts).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    client.read_until("one").await;
    let rest = client.read_to_end().await;
    assert!(
        !rest.contains("0\r\n\r\n"),
        "a broken body does not look whole"
    );
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
}

#[tokio::test]
async fn client_that_goes_away_takes_its_upstream_connection_along() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.read().await;
        connection.write(SSE).await;
        connection.write("3\r\none\r\n").await;
        connection.closed().await;
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client.write(ASK).await;
    client.read_until("one").await;
    drop(client);
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
}
