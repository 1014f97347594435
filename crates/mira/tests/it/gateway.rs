//! Somebody's own server behind the gateway, and the doors for other servers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::StatusCode;
use mira_testkit::Server;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::{demo_with, new_app_key, signed_in};

/// A server that notes what reached it, and answers 200, `/…/slow` after a while;
/// `/…/stream` streams for ever, and nothing is at `/…/gone`.
pub(crate) struct Upstream {
    pub(crate) address: std::net::SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let notes = Arc::clone(&notes);
                tokio::spawn(async move {
                    let mut bytes = vec![0; 16 * 1024];
                    while let Ok(length @ 1..) = stream.read(&mut bytes).await {
                        let head = String::from_utf8_lossy(&bytes[..length]).to_lowercase();
                        let is_stream = head.contains("/stream http");
                        let is_slow = head.contains("/slow http");
                        let is_gone = head.contains("/gone http");
                        notes.lock().unwrap().push(head);
                        if is_slow {
                            tokio::time::sleep(Duration::from_secs(1)).await;
                        }
                        let answer: &[u8] = if is_stream {
                            b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n13\r\nevent: tick\ndata: 1\r\n2\r\n\n\n\r\n"
                        } else if is_gone {
                            b"HTTP/1.1 404 Not Found\r\ncontent-type: text/plain\r\ncontent-length: 8\r\n\r\nnot here"
                        } else {
                            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"
                        };
                        if stream.write_all(answer).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, seen }
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn guarded(upstream: &Upstream) -> Server {
    demo_with(&format!(
        "[[service]]\nname = \"search\"\nprefix = \"/search\"\nupstream = \"http://{0}\"\nkey = \"app\"\n\
         [[service]]\nname = \"books\"\nprefix = \"/books\"\nupstream = \"http://{0}\"\nkey = \"organization\"\n\
         methods = {{ GET = \"read\", POST = \"write\" }}\n",
        upstream.address
    ))
}

#[tokio::test]
async fn upstream_gets_the_identity_and_never_the_key() {
    let upstream = Upstream::start().await;
    let server = guarded(&upstream);
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (id, key) = new_app_key(&admin, &facts.app_id, "search").await;
    server
        .client()
        .get("/search/x")
        .await
        .expect(StatusCode::UNAUTHORIZED);
    let other = server
        .client()
        .with_key(&facts.keys.verify)
        .get("/search/x")
        .await;
    assert_eq!(other.code(), Some("wrong_service"));
    assert!(
        upstream.seen().is_empty(),
        "a refused request reached the upstream"
    );

    let client = server
        .client()
        .with_key(&key)
        .with_header("x-mira-key-id", "key_forged");
    let answer = client.get("/search/a%20b?q=1").await.expect(StatusCode::OK);
    assert_eq!(answer.text(), "hello");
    assert_eq!(answer.header("cache-control"), Some("private"));
    assert_eq!(answer.header("x-ratelimit-limit"), Some("60"));
    let seen = upstream.seen().pop().unwrap();
    assert!(
        seen.starts_with("get /search/a%20b?q=1 http/1.1\r\n"),
        "{seen}"
    );
    assert!(seen.contains(&format!("x-mira-key-id: {id}\r\n")), "{seen}");
    assert!(seen.contains("x-mira-service: search\r\n"));
    assert!(!seen.contains(&key.to_lowercase()) && !seen.contains("key_forged"));
    for path in ["/search/../v1", "/search/%2e%2e/x", "/search/a%2fb"] {
        let mut request = client.request(http::Method::GET, "/");
        *request.uri_mut() = path.parse().unwrap();
        client.send(request).await.expect(StatusCode::BAD_REQUEST);
    }
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn error_of_an_upstream_is_passed_on_as_it_is() {
    let upstream = Upstream::start().await;
    let server = guarded(&upstream);
    let client = server
        .client()
        .with_key(&server.demo().keys.read)
        .with_header("accept", "text/html");
    let answer = client.get("/books/gone").await;
    let answer = answer.expect(StatusCode::NOT_FOUND);
    assert_eq!(answer.text(), "not here");
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.code(), None);
    assert!(answer.header("x-mira-request-id").is_some());
}

#[tokio::test]
async fn organization_service_asks_for_the_permission_of_the_method() {
    let upstream = Upstream::start().await;
    let server = guarded(&upstream);
    let facts = server.demo();
    let reader = server.client().with_key(&facts.keys.read);
    reader.get("/books/1").await.expect(StatusCode::OK);
    let refused = reader.post("/books", &json!({})).await;
    assert_eq!(refused.code(), Some("missing_permission"));
    let unlisted = reader.delete("/books/1").await;
    assert_eq!(unlisted.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(unlisted.header("allow"), Some("GET,HEAD,POST"));
}

#[tokio::test]
async fn stream_through_the_gateway_dies_with_its_key_although_the_upstream_is_silent() {
    let upstream = Upstream::start().await;
    let server = guarded(&upstream);
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (id, key) = new_app_key(&admin, &facts.app_id, "search").await;
    let client = server.client().with_key(&key);
    let mut events = client.post_for_events("/search/stream", &json!({})).await;
    assert_eq!(events.next().await.unwrap().name, "tick");
    admin
        .post(&format!("/v1/keys/{id}/revoke"), &json!({}))
        .await
        .expect(StatusCode::OK);
    let last = tokio::time::timeout(Duration::from_secs(1), events.next())
        .await
        .unwrap();
    assert_eq!(
        last.unwrap().json(),
        json!({"message": "API key has been revoked"})
    );
}

#[tokio::test]
async fn upstream_that_is_gone_is_a_bad_gateway() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let server = demo_with(&format!(
        "[[service]]\nname = \"gone\"\nprefix = \"/gone\"\nupstream = \"http://{gone}\"\nkey = \"app\"\n"
    ));
    let admin = signed_in(&server, "admin").await;
    let (_, key) = new_app_key(&admin, &server.demo().app_id, "gone").await;
    let answer = server.client().with_key(&key).get("/gone").await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (502, Some("bad_gateway"))
    );
    assert_eq!(answer.json()["error"], "Bad Gateway");
}

#[tokio::test]
async fn doors_answer_as_the_gateway_does_and_execute_nothing() {
    let upstream = Upstream::start().await;
    let server = guarded(&upstream);
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (id, key) = new_app_key(&admin, &facts.app_id, "search").await;
    let ask = async |door: &str, key: &str, method: &str, path: &str| {
        let client = server.client();
        let client = if key.is_empty() {
            client
        } else {
            client.with_key(key)
        };
        match door {
            "/authz/forward" => {
                let client = client.with_header("x-forwarded-method", method);
                client.with_header("x-forwarded-uri", path).get(door).await
            }
            "/authz/nginx" => {
                let client = client.with_header("x-original-method", method);
                client.with_header("x-original-uri", path).get(door).await
            }
            _ => {
                let method = method.parse().unwrap();
                client
                    .send(client.request(method, &format!("{door}{path}")))
                    .await
            }
        }
    };
    for door in ["/authz/forward", "/authz/nginx", "/authz/envoy"] {
        let yes = ask(door, &key, "GET", "/search/x?y=1")
            .await
            .expect(StatusCode::OK);
        assert_eq!(
            (yes.header("x-mira-key-id"), yes.text()),
            (Some(id.as_str()), String::new())
        );
        assert_eq!(yes.header("x-ratelimit-limit"), Some("60"));
        for (key, method, path, code) in [
            ("", "GET", "/search/x", "missing_key"),
            (
                facts.keys.verify.as_str(),
                "GET",
                "/search/x",
                "wrong_service",
            ),
            (
                facts.keys.read.as_str(),
                "POST",
                "/books/1",
                "missing_permission",
            ),
            (
                facts.keys.read.as_str(),
                "DELETE",
                "/books/1",
                "method_not_allowed",
            ),
            (key.as_str(), "GET", "/nowhere", "no_route"),
            ("", "GET", "/api/v1/meetings", "missing_key"),
        ] {
            let asked = ask(door, key, method, path).await;
            assert_eq!(asked.code(), Some(code), "{door} {method} {path}");
            if code == "no_route" {
                assert_eq!(asked.status, StatusCode::FORBIDDEN);
                continue;
            }
            let client = server.client();
            let client = if key.is_empty() {
                client
            } else {
                client.with_key(key)
            };
            let direct = client
                .send(client.request(method.parse().unwrap(), path))
                .await;
            assert_eq!(
                (asked.status, asked.text()),
                (direct.status, direct.text()),
                "{door} {path}"
            );
            assert_eq!(
                asked.header("www-authenticate"),
                direct.header("www-authenticate")
            );
        }
    }
    server
        .client()
        .with_key(&key)
        .get("/authz/forward")
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert!(
        upstream.seen().is_empty(),
        "a door executed what it was asked about"
    );
}

#[tokio::test]
async fn configuration_is_read_again_on_sighup_and_a_wrong_file_changes_nothing() {
    let upstream = Upstream::start().await;
    let service = |name: &str| {
        format!(
            "[[service]]\nname = \"{name}\"\nprefix = \"/{name}\"\nupstream = \"http://{}\"\nkey = \"app\"\n",
            upstream.address
        )
    };
    let mut server = demo_with(&service("search"));
    let facts = server.demo();
    let admin = signed_in(&server, "admin").await;
    let (_, key) = new_app_key(&admin, &facts.app_id, "search").await;
    let client = server.client().with_key(&key);
    client.get("/search").await.expect(StatusCode::OK);

    server.reload("[[service]]\nname = \"broken\"\n");
    server
        .wait_for_stderr("configuration was not changed", Duration::from_secs(5))
        .unwrap();
    client.get("/search").await.expect(StatusCode::OK);

    server.reload(&service("books"));
    server
        .wait_for_stderr("configuration was read again", Duration::from_secs(5))
        .unwrap();
    client.get("/search").await.expect(StatusCode::NOT_FOUND);
    let (_, key) = new_app_key(&admin, &facts.app_id, "books").await;
    server
        .client()
        .with_key(&key)
        .get("/books")
        .await
        .expect(StatusCode::OK);
}
