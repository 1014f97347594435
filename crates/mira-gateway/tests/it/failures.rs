//! Upstreams that are away, slow, broken or hostile, and what is sent again.

use std::time::Duration;

use mira_gateway::Timeouts;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout};

use crate::client::{Answer, Client};
use crate::upstream::Upstream;
use crate::world::{AT_ONCE, Gateway, gateway, gateway_to, gateway_with, upstream_at};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const ASK: &str = "GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n";

async fn ask(gateway: &Gateway, request: &str) -> Answer {
    Client::connect(gateway.address).await.ask(request).await
}

fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status);
    assert_eq!(answer.get("x-mira-code"), Some(code));
    assert!(answer.get("x-ratelimit-remaining").is_some());
    assert_eq!(answer.get("cache-control"), Some("no-store"));
    let body: String = answer.text().to_owned();
    assert!(
        body.starts_with("{\"error\":\"") && !body.contains("127.0.0.1"),
        "{body}"
    );
}

/// An address that nobody listens at.
async fn nowhere() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn upstream_that_is_away_is_502_at_once_and_serves_again_when_it_is_back() {
    let address = nowhere().await;
    let upstream = upstream_at(address, Timeouts::default());
    let gateway = gateway_to(std::sync::Arc::clone(&upstream)).await;
    assert!(upstream.is_up());
    for _ in 0..3 {
        assert_refused(&ask(&gateway, ASK).await, 502, "bad_gateway");
        assert!(!upstream.is_up());
    }
    let listener = TcpListener::bind(address).await.unwrap();
    let _back = Upstream::serve(listener, |mut connection| async move {
        while connection.read().await.is_some() {
            connection.write(OK).await;
        }
    });
    sleep(Duration::from_millis(300)).await;
    assert_eq!(ask(&gateway, ASK).await.status, 200);
    assert!(upstream.is_up());
}

#[tokio::test]
async fn upstream_that_does_not_answer_is_504() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.read().await;
        connection.closed().await;
    })
    .await;
    let timeouts = Timeouts {
        head: Duration::from_millis(300),
        ..Timeouts::default()
    };
    let gateway = gateway_with(upstream.address, timeouts).await;
    assert_refused(&ask(&gateway, ASK).await, 504, "gateway_timeout");
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
    assert_eq!(upstream.requests().len(), 1, "it is not asked again");
}

#[tokio::test]
async fn patience_for_an_answer_begins_when_the_request_has_been_sent() {
    let upstream = Upstream::answering(OK).await;
    let timeouts = Timeouts {
        head: Duration::from_millis(400),
        ..Timeouts::default()
    };
    let gateway = gateway_with(upstream.address, timeouts).await;
    let mut client = Client::connect(gateway.address).await;
    client
        .write(
            "POST /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\
             Content-Length: 5\r\n\r\n",
        )
        .await;
    for byte in ["h", "e", "l", "l", "o"] {
        sleep(Duration::from_millis(250)).await;
        client.write(byte).await;
    }
    assert_eq!(client.read().await.status, 200);
}

#[tokio::test]
async fn client_that_stops_in_the_middle_of_its_request_is_told_so() {
    let upstream = Upstream::answering(OK).await;
    let timeouts = Timeouts {
        request_silence: Duration::from_millis(200),
        ..Timeouts::default()
    };
    let gateway = gateway_with(upstream.address, timeouts).await;
    let request = "POST /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\
                   Content-Length: 5\r\n\r\nhe";
    assert_refused(&ask(&gateway, request).await, 400, "invalid_request");
    timeout(AT_ONCE, upstream.closed(1)).await.unwrap();
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn answer_that_is_not_http_or_can_be_read_in_two_ways_is_502() {
    for answer in [
        "",
        "hello\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX Y: 1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
    ] {
        let upstream = Upstream::start(move |mut connection| async move {
            connection.read().await;
            connection.write(answer).await;
        })
        .await;
        let gateway = gateway(upstream.address).await;
        let answered = ask(&gateway, ASK).await;
        assert_eq!(answered.status, 502, "{answer:?}");
        assert_refused(&answered, 502, "bad_gateway");
        assert_eq!(upstream.requests().len(), 1, "{answer:?}");
    }
}

#[tokio::test]
async fn endless_head_is_502_and_not_kept() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.read().await;
        connection.write("HTTP/1.1 200 OK\r\n").await;
        while connection
            .write(format!("X-A: {}\r\n", "a".repeat(1000)))
            .await
        {}
    })
    .await;
    let gateway = gateway(upstream.address).await;
    assert_refused(&ask(&gateway, ASK).await, 502, "bad_gateway");
}

#[tokio::test]
async fn answers_before_the_answer_are_not_taken_for_it() {
    let upstream = Upstream::answering(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n\
         HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    )
    .await;
    let gateway = gateway(upstream.address).await;
    let answer = ask(&gateway, ASK).await;
    assert_eq!((answer.status, answer.text()), (200, "ok"));
    assert!(answer.get("link").is_none());
}

#[tokio::test]
async fn answer_that_breaks_off_does_not_look_whole() {
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nffffffffffffffffff\r\n",
    ] {
        let upstream = Upstream::start(move |mut connection| async move {
            connection.read().await;
            connection.write(answer).await;
        })
        .await;
        let gateway = gateway(upstream.address).await;
        let mut client = Client::connect(gateway.address).await;
        client.write(ASK).await;
        let rest = client.read_to_end().await;
        assert!(rest.contains("half"), "{rest}");
        assert!(!rest.ends_with("0\r\n\r\n"), "{rest}");
    }
}

#[tokio::test]
async fn answer_without_a_length_ends_with_its_connection() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.read().await;
        connection.write("HTTP/1.0 200 OK\r\n\r\nto the end").await;
    })
    .await;
    let gateway = gateway(upstream.address).await;
    for _ in 0..2 {
        let answer = ask(&gateway, ASK).await;
        assert_eq!((answer.status, answer.text()), (200, "to the end"));
    }
    assert_eq!(upstream.opened(), 2);
}

#[tokio::test]
async fn bytes_behind_an_answer_are_no_answer_to_the_next_request() {
    let upstream = Upstream::start(|mut connection| async move {
        while connection.read().await.is_some() {
            let stray = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged";
            connection.write(format!("{OK}{stray}")).await;
        }
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    for _ in 0..5 {
        assert_eq!(client.ask(ASK).await.text(), "ok");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Answers the first request of the first connection, then does `then` with the
/// second.
async fn dying(then: &'static str) -> Upstream {
    Upstream::start(move |mut connection| async move {
        let is_first = connection.number() == 1;
        while connection.read().await.is_some() {
            let count = if is_first { then } else { OK };
            connection.write(OK).await;
            if is_first && connection.read().await.is_some() {
                connection.write(count).await;
                return;
            }
        }
    })
    .await
}

#[tokio::test]
async fn idempotent_request_is_sent_again_where_a_waiting_connection_died_on_it() {
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"] {
        let upstream = dying("").await;
        let gateway = gateway(upstream.address).await;
        let mut client = Client::connect(gateway.address).await;
        assert_eq!(client.ask(ASK).await.status, 200);
        client.write(ASK.replacen("GET", method, 1)).await;
        assert_eq!(client.read_head().await.status, 200, "{method}");
        let seen: Vec<_> = upstream
            .requests()
            .iter()
            .map(|one| one.connection)
            .collect();
        assert_eq!(seen, [1, 1, 2], "{method}");
        let heads: Vec<_> = upstream
            .requests()
            .iter()
            .map(|one| one.head.clone())
            .collect();
        assert_eq!(heads[1], heads[2], "{method}");
        assert!(!heads[2].to_ascii_lowercase().contains("authorization"));
    }
}

#[tokio::test]
async fn nothing_else_is_sent_twice() {
    for (request, then) in [
        (ASK.replacen("GET", "POST", 1), ""),
        (ASK.replacen("GET", "PATCH", 1), ""),
        (
            ASK.replacen("GET", "PUT", 1)
                .replace("\r\n\r\n", "\r\nContent-Length: 2\r\n\r\nhi"),
            "",
        ),
        // The answer had begun.
        (
            ASK.to_owned(),
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        ),
    ] {
        let upstream = dying(then).await;
        let gateway = gateway(upstream.address).await;
        let mut client = Client::connect(gateway.address).await;
        assert_eq!(client.ask(ASK).await.status, 200);
        client.write(&request).await;
        let status = client.read_head().await.status;
        assert_eq!(status, if then.is_empty() { 502 } else { 200 });
        assert_eq!(upstream.requests().len(), 2, "{request}");
    }
}

#[tokio::test]
async fn connection_that_was_closed_while_it_waited_is_not_used() {
    let upstream = Upstream::start(|mut connection| async move {
        connection.read().await;
        connection.write(OK).await;
    })
    .await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    for _ in 0..10 {
        let request = ASK.replacen("GET", "POST", 1);
        assert_eq!(client.ask(request).await.status, 200);
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(upstream.requests().len(), 10);
}

#[tokio::test]
async fn connections_are_reused_and_as_many_as_are_needed_at_once() {
    let upstream = Upstream::start(|mut connection| async move {
        while connection.read().await.is_some() {
            sleep(Duration::from_millis(100)).await;
            connection.write(OK).await;
        }
    })
    .await;
    let gateway = gateway(upstream.address).await;
    for _ in 0..3 {
        let started = Instant::now();
        let asks: Vec<_> = (0..8)
            .map(|_| {
                let address = gateway.address;
                tokio::spawn(async move { Client::connect(address).await.ask(ASK).await.status })
            })
            .collect();
        for ask in asks {
            assert_eq!(ask.await.unwrap(), 200);
        }
        assert!(started.elapsed() < Duration::from_millis(600));
    }
    assert_eq!(upstream.requests().len(), 24);
    assert_eq!(upstream.opened(), 8);
}
