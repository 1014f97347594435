//! Stopping: what is open may finish, and nothing new begins.

use std::time::Duration;

use http::StatusCode;
use mira_testkit::Server;
use tokio::net::TcpStream;

use crate::gateway::Upstream;
use crate::{demo_with, new_app_key, signed_in};

async fn guarded(drain_secs: u32) -> (Server, Upstream, String) {
    let upstream = Upstream::start().await;
    let server = demo_with(&format!(
        "[server]\ndrain_secs = {drain_secs}\n\
         [[service]]\nprefix = \"/search\"\nupstream = \"http://{}\"\n",
        upstream.address
    ));
    let admin = signed_in(&server, "admin").await;
    let (_, key) = new_app_key(&admin, &server.demo().app_id, "search").await;
    (server, upstream, key)
}

#[tokio::test]
async fn request_under_way_finishes_and_its_connection_takes_no_other() {
    let (mut server, upstream, key) = guarded(10).await;
    let client = server.client().with_key(&key);
    let mut connection = client.connect().await;
    let mut idle = server.client().connect().await;
    let health = || server.client().request(http::Method::GET, "/healthz");
    idle.send(health()).await.expect(StatusCode::OK);
    let again = health();
    let slow = client.request(http::Method::GET, "/search/slow");
    let next = client.request(http::Method::GET, "/search/x");
    let asked = tokio::spawn(async move {
        let answer = connection.send(slow).await;
        (answer, connection.try_send(next).await.is_err())
    });
    // A second client, over HTTP/2.
    let (url, bearer) = (server.url(), format!("Authorization: Bearer {key}"));
    let second = tokio::task::spawn_blocking(move || {
        let url = format!("{url}/search/slow");
        let format = "%{http_code} %{http_version}";
        let asked = [
            "--http2-prior-knowledge",
            "-o",
            "/dev/null",
            "-w",
            format,
            "-H",
            &bearer,
        ];
        crate::listeners::curl(&[&asked[..], &[&url]].concat())
    });
    while upstream
        .seen()
        .iter()
        .filter(|head| head.contains("/slow"))
        .count()
        < 2
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.begin_stop();
    let (answer, refuses_another) = asked.await.unwrap();
    assert_eq!(
        (answer.status, answer.text()),
        (StatusCode::OK, "hello".to_owned())
    );
    assert_eq!(answer.header("connection"), Some("close"));
    assert!(refuses_another && idle.try_send(again).await.is_err());
    assert_eq!(second.await.unwrap(), "200 2");
    assert!(TcpStream::connect(server.address()).await.is_err());
    assert_eq!(server.stop().code, Some(0));
}

#[tokio::test]
async fn stream_without_an_end_is_ended_with_the_drain_time() {
    let (mut server, _upstream, key) = guarded(1).await;
    let client = server.client().with_key(&key);
    let mut events = client
        .post_for_events("/search/stream", &serde_json::json!({}))
        .await;
    assert_eq!(events.next().await.unwrap().name, "tick");
    server.begin_stop();
    let finished = server.stop();
    assert_eq!(finished.code, Some(0));
    assert!(
        finished
            .stderr
            .contains("still open when the drain time ended"),
        "{}",
        finished.stderr
    );
}
