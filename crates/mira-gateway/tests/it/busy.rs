//! Upstreams that may have so many requests at a time.

use std::num::NonZeroU32;
use std::time::Duration;

use mira_gateway::UpstreamOptions;
use tokio::time::sleep;

use crate::client::Client;
use crate::upstream::Upstream;
use crate::world::{AT_ONCE, Gateway, gateway_to, revocation, upstream_with};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn ask(path: &str) -> String {
    format!("GET /echo{path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n")
}

async fn with_one_at_a_time() -> (Upstream, Gateway) {
    let upstream = Upstream::start(|mut connection| async move {
        while let Some(seen) = connection.read().await {
            if seen.line().contains("/stream") {
                let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
                connection.write(format!("{head}5\r\nbegin\r\n")).await;
            } else {
                connection.write(OK).await;
            }
        }
    })
    .await;
    let options = UpstreamOptions {
        max_concurrent: NonZeroU32::new(1),
        ..UpstreamOptions::default()
    };
    let gateway = gateway_to(upstream_with(
        &format!("http://{}", upstream.address),
        options,
    ));
    (upstream, gateway.await)
}

#[tokio::test]
async fn request_beyond_the_limit_is_refused_until_another_has_ended() {
    let (upstream, gateway) = with_one_at_a_time().await;
    let mut streaming = Client::connect(gateway.address).await;
    streaming.write(ask("/stream")).await;
    streaming.read_until("begin").await;
    let mut client = Client::connect(gateway.address).await;
    let refused = client.ask(ask("")).await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.get("x-mira-code"), Some("upstream_busy"));
    assert_eq!(refused.get("retry-after"), Some("1"));
    assert!(refused.get("x-ratelimit-remaining").is_some());
    drop(streaming);
    upstream.closed(1).await;
    assert_eq!(client.ask(ask("")).await.status, 200);
    // What has been answered counts no more.
    for _ in 0..3 {
        assert_eq!(client.ask(ask("")).await.status, 200);
    }
}

#[tokio::test]
async fn stream_that_ended_with_its_key_makes_room() {
    let (_upstream, gateway) = with_one_at_a_time().await;
    let mut streaming = Client::connect(gateway.address).await;
    streaming.write(ask("/stream")).await;
    streaming.read_until("begin").await;
    gateway.verifier.apply(&revocation("app"));
    sleep(AT_ONCE.min(Duration::from_millis(500))).await;
    let mut client = Client::connect(gateway.address).await;
    let other = ask("").replace("Bearer app", "Bearer streaming");
    assert_eq!(client.ask(other).await.status, 200);
}
