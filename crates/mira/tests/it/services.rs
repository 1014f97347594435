//! What an operator says of a service, and reading it again under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::StatusCode;
use mira_testkit::{Client, Server, ServerOptions};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::gateway::Upstream;
use crate::listeners::{FOLDER, curl, tls_config, tls_connection};
use crate::{demo_with, new_app_key, signed_in};

/// The shortest service there is.
fn search(upstream: &Upstream, more: &str) -> String {
    let address = upstream.address;
    format!("[[service]]\nprefix = \"/search\"\nupstream = \"http://{address}\"\n{more}\n")
}

async fn client_of(server: &Server) -> Client {
    let admin = signed_in(server, "admin").await;
    let (_, key) = new_app_key(&admin, &server.demo().app_id, "search").await;
    server.client().with_key(&key)
}

#[tokio::test]
async fn three_lines_guard_a_server() {
    let upstream = Upstream::start().await;
    let server = demo_with(&search(&upstream, ""));
    let refused = server.client().get("/search/").await;
    assert_eq!(refused.code(), Some("missing_key"));
    let client = client_of(&server).await;
    let answer = client.get("/search/").await.expect(StatusCode::OK);
    assert_eq!(answer.text(), "hello");
}

#[tokio::test]
async fn keys_of_a_service_have_its_limits_and_follow_the_configuration() {
    let upstream = Upstream::start().await;
    let mut server = demo_with(&search(&upstream, "rate_limit = { per_minute = 3 }"));
    let client = client_of(&server).await;
    for _ in 0..3 {
        let answer = client.get("/search").await.expect(StatusCode::OK);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("3"));
    }
    let refused = client.get("/search").await;
    assert_eq!(refused.code(), Some("rate_limited_minute"));
    server.reload(&search(
        &upstream,
        "rate_limit = { per_minute = 0, per_day = 0 }",
    ));
    server
        .wait_for_stderr("configuration was read again", Duration::from_secs(5))
        .unwrap();
    let answer = client.get("/search").await.expect(StatusCode::OK);
    assert_eq!(answer.header("x-ratelimit-limit"), None);
}

#[tokio::test]
async fn upstream_gets_its_own_credential_and_nobody_sees_it() {
    let upstream = Upstream::start().await;
    let rules = "set_headers = { Authorization = \"Bearer {env.SEARCH_TOKEN}\" }\n\
                 remove_headers = [\"content-type\"]";
    let options = || ServerOptions {
        demo: true,
        config: Some(search(
            &upstream,
            &rules.replace("content-type", "x-powered-by"),
        )),
        environment: [
            ("SEARCH_TOKEN", "canary-of-the-upstream"),
            ("MIRA_LOG", "trace"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        ..ServerOptions::default()
    };
    let server = Server::start(env!("CARGO_BIN_EXE_mira"), options());
    let client = client_of(&server).await;
    client.get("/search").await.expect(StatusCode::OK);
    let seen = upstream.seen().pop().unwrap();
    assert!(
        seen.contains("authorization: bearer canary-of-the-upstream\r\n"),
        "{seen}"
    );
    let finished = server.stop();
    assert!(!finished.stderr.contains("canary-of") && !finished.stdout.contains("canary-of"));
}

#[tokio::test]
async fn upstream_that_has_enough_to_do_is_a_503_that_says_when_to_come_again() {
    let upstream = Upstream::start().await;
    let server = demo_with(&search(&upstream, "max_concurrent = 1"));
    let client = client_of(&server).await;
    let mut events = client.post_for_events("/search/stream", &json!({})).await;
    assert_eq!(events.next().await.unwrap().name, "tick");
    let refused = client.get("/search").await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (503, Some("upstream_busy"))
    );
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.json()["error"], "Service Unavailable");
}

#[tokio::test]
async fn http_2_alone_is_not_spoken_to_a_server_that_speaks_http_1() {
    let upstream = Upstream::start().await;
    let server = demo_with(&search(&upstream, "http2 = true"));
    let refused = client_of(&server).await.get("/search").await;
    assert_eq!(
        (refused.status.as_u16(), refused.code()),
        (502, Some("bad_gateway"))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn configuration_is_read_again_under_load_and_no_request_fails() {
    let upstream = Upstream::start().await;
    let unlimited = "rate_limit = { per_minute = 0, per_day = 0 }\n";
    let mut server = demo_with(&search(&upstream, unlimited));
    let client = client_of(&server).await;
    let (stop, done) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let loops: Vec<_> = (0..4)
        .map(|_| {
            let (client, stop, done) = (client.clone(), Arc::clone(&stop), Arc::clone(&done));
            tokio::spawn(async move {
                let mut connection = client.connect().await;
                while !stop.load(Ordering::Relaxed) {
                    let request = client.request(http::Method::GET, "/search/x");
                    connection.send(request).await.expect(StatusCode::OK);
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    let slow = client.clone();
    let slow = tokio::spawn(async move { slow.get("/search/slow").await });
    let mut before = 0;
    for secs in 1..=5 {
        // Another upstream each time: what is under way ends on the old one.
        let timeouts = format!("{unlimited}timeouts = {{ connect_secs = {secs} }}");
        server.reload(&search(&upstream, &timeouts));
        tokio::time::sleep(Duration::from_millis(200)).await;
        let now = done.load(Ordering::Relaxed);
        assert!(now > before, "nothing was under way");
        before = now;
    }
    stop.store(true, Ordering::Relaxed);
    slow.await.unwrap().expect(StatusCode::OK);
    for one in loops {
        one.await.unwrap();
    }
    assert!(
        server
            .stderr()
            .matches("configuration was read again")
            .count()
            >= 2
    );
}

#[tokio::test]
async fn stream_over_tls_ends_with_its_key() {
    let upstream = Upstream::start().await;
    let options = ServerOptions {
        demo: true,
        config: Some(tls_config("first.pem", "first.key") + search(&upstream, "").as_str()),
        ..ServerOptions::default()
    };
    let server = Server::start(env!("CARGO_BIN_EXE_mira"), options);
    let demo = server.demo();
    let post = |path: &str, body: &str| {
        let url = format!("https://localhost:{}{path}", server.address().port());
        let key = format!("Authorization: Bearer {}", demo.keys.admin);
        let json = "content-type: application/json";
        let authority = format!("{FOLDER}/ca.pem");
        let answer = curl(&[
            "--cacert", &authority, "-H", &key, "-H", json, "-d", body, &url,
        ]);
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()
    };
    let made = post(
        &format!("/v1/apps/{}/keys", demo.app_id),
        r#"{"service":"search"}"#,
    );
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let mut stream = tls_connection(&server).await;
    let request =
        format!("GET /search/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut came = String::new();
    let mut bytes = [0; 4096];
    while !came.contains("event: tick") {
        let count = stream.read(&mut bytes).await.unwrap();
        came.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    let revoked = post(&format!("/v1/keys/{id}/revoke"), "{}");
    assert_eq!(revoked["effective"], true);
    let rest = tokio::time::timeout(Duration::from_secs(1), async {
        let mut rest = String::new();
        while !rest.contains("API key has been revoked") {
            let count = stream.read(&mut bytes).await.unwrap();
            assert!(count > 0, "{rest}");
            rest.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    });
    rest.await.unwrap();
}
