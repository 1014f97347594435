//! What of a message's head goes on to the other side.

use mira_gateway::{HeaderRules, Timeouts};

use crate::client::Client;
use crate::upstream::{Recorded, Upstream};
use crate::world::{Setup, gateway, start, upstream_at};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// What the upstream sees of a request with these header lines.
async fn seen(trusts_peer: bool, lines: &str) -> Recorded {
    let upstream = Upstream::answering(OK).await;
    let setup = Setup {
        upstream: upstream_at(upstream.address, Timeouts::default()),
        trusts_peer,
        is_secure: false,
        headers: HeaderRules::default(),
    };
    let gateway = start(setup).await;
    let mut client = Client::connect(gateway.address).await;
    let request = format!(
        "GET /echo/a?b=c HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer app\r\n{lines}\r\n"
    );
    let answer = client.ask(request).await;
    assert_eq!(answer.status, 200, "{lines}");
    upstream.only()
}

#[tokio::test]
async fn upstream_sees_who_is_behind_a_request_and_never_the_key() {
    let seen = seen(false, "").await;
    assert_eq!(seen.line(), "GET /echo/a?b=c HTTP/1.1");
    let id = |prefix, byte: u8| format!("{prefix}_{}", format!("{byte:02x}").repeat(16));
    for (name, value) in [
        ("x-mira-key-id", id("key", 1)),
        ("x-mira-organization-id", id("org", 2)),
        ("x-mira-app-id", id("app", 3)),
        ("x-mira-service", "echo".to_owned()),
        ("x-mira-environment", "production".to_owned()),
        ("x-forwarded-for", "127.0.0.1".to_owned()),
        ("x-forwarded-proto", "http".to_owned()),
        ("x-forwarded-host", "api.example".to_owned()),
    ] {
        assert_eq!(seen.one(name), value, "{name}");
    }
    assert_eq!(seen.one("x-mira-request-id").len(), 36);
    assert!(seen.all("x-mira-permissions").is_empty());
    assert!(seen.one("host").starts_with("127.0.0.1:"));
    let trace: String = seen.one("x-mira-request-id").replace('-', "");
    assert!(seen.one("traceparent").starts_with(&format!("00-{trace}-")));
    assert!(!seen.head.contains("Bearer") && seen.all("authorization").is_empty());
}

#[tokio::test]
async fn organization_key_comes_with_its_permissions_and_without_an_app() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    let request = "GET /reports HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer org-write\r\n\
                   X-Mira-App-Id: forged\r\n\r\n";
    assert_eq!(client.ask(request).await.status, 200);
    let seen = upstream.only();
    assert_eq!(seen.one("x-mira-permissions"), "read,write");
    assert!(seen.all("x-mira-app-id").is_empty() && seen.all("x-mira-service").is_empty());
}

/// Header lines, and what of them the upstream may not see.
const REFUSED: &[(&str, &[&str])] = &[
    // The key, and what is about other hops.
    (
        "Proxy-Authorization: x\r\nProxy-Connection: close\r\nProxy: x\r\n",
        &["proxy-authorization", "proxy-connection", "proxy"],
    ),
    (
        "Keep-Alive: timeout=5\r\nTE: gzip\r\n",
        &["keep-alive", "te", "connection"],
    ),
    (
        "Connection: keep-alive, X-Private\r\nX-Private: 1\r\n",
        &["x-private", "connection"],
    ),
    (
        "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n",
        &["upgrade", "http2-settings", "connection"],
    ),
    (
        "Upgrade: websocket, h2c\r\nConnection: Upgrade\r\n",
        &["upgrade", "connection"],
    ),
    // Another request than the one that was decided on.
    (
        "X-HTTP-Method-Override: DELETE\r\nX-HTTP-Method: DELETE\r\nX-Method-Override: DELETE\r\n",
        &[
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
        ],
    ),
    (
        "X-Original-URL: /admin\r\nX-Rewrite-URL: /admin\r\nX-Original-URI: /admin\r\n",
        &["x-original-url", "x-rewrite-url", "x-original-uri"],
    ),
    (
        "X_HTTP_Method_Override: DELETE\r\nX_Original.URL: /admin\r\n",
        &["x_http_method_override", "x_original.url"],
    ),
    // Another length.
    (
        "Content_Length: 5\r\nTransfer_Encoding: chunked\r\n",
        &["content_length", "transfer_encoding"],
    ),
    // Another origin.
    (
        "Forwarded: for=1.2.3.4\r\nX-Real-IP: 1.2.3.4\r\nTrue-Client-IP: 1.2.3.4\r\n",
        &["forwarded", "x-real-ip", "true-client-ip"],
    ),
    (
        "X-Forwarded-Port: 1\r\nX-Forwarded-User: root\r\nX_Forwarded_For: 1.2.3.4\r\n",
        &["x-forwarded-port", "x-forwarded-user", "x_forwarded_for"],
    ),
    // Another family member of ours, which nobody sets yet.
    (
        "X-Mira-Admin: true\r\nX.Mira.Role: superadmin\r\n",
        &["x-mira-admin", "x.mira.role"],
    ),
    ("Expect: 100-continue\r\n", &["expect"]),
];

#[tokio::test]
async fn what_is_not_for_the_upstream_is_removed_in_every_spelling() {
    for (lines, absent) in REFUSED {
        let seen = seen(false, lines).await;
        for name in *absent {
            assert!(
                seen.all(name).is_empty(),
                "{name} of {lines}: {}",
                seen.head
            );
        }
    }
}

#[tokio::test]
async fn identity_cannot_be_forged_doubled_or_removed() {
    for lines in [
        "X-Mira-Key-Id: forged\r\nX-Mira-Organization-Id: forged\r\n",
        "x-mira-key-id: forged\r\nX-MIRA-KEY-ID: forged\r\n",
        "X_Mira_Key_Id: forged\r\nX.Mira.Key.Id: forged\r\nX-Mira_Organization-Id: forged\r\n",
        "X~Mira~Key~Id: forged\r\nX!Mira!Organization!Id: forged\r\n",
        "X-Mira-Permissions: forged\r\nX_Mira_Permissions: forged\r\n",
        "X-Mira-Request-Id: forged\r\nX_MIRA_REQUEST_ID: forged\r\n",
        "Connection: close, X-Mira-Key-Id, X-Mira-Organization-Id, X-Mira-Request-Id\r\n",
        "Connection: X-Mira-Key-Id\r\nX-Mira-Key-Id: forged\r\n",
    ] {
        let seen = seen(false, lines).await;
        assert!(!seen.head.contains("forged"), "{lines}: {}", seen.head);
        for name in [
            "x-mira-key-id",
            "x-mira-organization-id",
            "x-mira-request-id",
        ] {
            assert!(seen.one(name).len() > 30, "{lines}");
        }
    }
}

#[tokio::test]
async fn nothing_that_connection_names_takes_away_what_we_say() {
    let lines = "Connection: close, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, \
                 Traceparent, Host, Authorization\r\n";
    for trusts_peer in [false, true] {
        let seen = seen(trusts_peer, lines).await;
        for name in [
            "x-forwarded-for",
            "x-forwarded-proto",
            "x-forwarded-host",
            "traceparent",
            "host",
        ] {
            seen.one(name);
        }
        assert!(seen.all("authorization").is_empty() && seen.all("connection").is_empty());
    }
}

#[tokio::test]
async fn end_to_end_fields_arrive_as_they_were_sent() {
    let lines = "Accept: text/html\r\nUser-Agent: t/1\r\nX-Custom: a\r\nX-Custom: b\r\n\
                 Cookie: a=1; mira_session=secret; b=2\r\nCookie: __Host-mira_session=secret\r\n\
                 traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\
                 tracestate: a=1\r\nOrigin: https://app.example\r\nX_Custom: c\r\n";
    let seen = seen(false, lines).await;
    assert_eq!(seen.one("accept"), "text/html");
    assert_eq!(seen.one("user-agent"), "t/1");
    assert_eq!(seen.all("x-custom"), ["a", "b"]);
    assert_eq!(seen.one("x_custom"), "c");
    assert_eq!(seen.one("cookie"), "a=1; b=2");
    assert_eq!(seen.one("origin"), "https://app.example");
    assert_eq!(seen.one("tracestate"), "a=1");
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(seen.one("traceparent"), parent);
}

#[tokio::test]
async fn what_a_trusted_proxy_says_of_the_client_goes_on_and_nobody_elses_word_does() {
    let lines = "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 198.51.100.2\r\n\
                 X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n\
                 X-Forwarded-Port: 443\r\nX-Real-IP: 198.51.100.1\r\nX_Real_IP: 6.6.6.6\r\n";
    for (trusts_peer, expected) in [
        (
            true,
            [
                "198.51.100.1, 198.51.100.2, 127.0.0.1",
                "https",
                "shop.example",
            ],
        ),
        (false, ["127.0.0.1", "http", "api.example"]),
    ] {
        let seen = seen(trusts_peer, lines).await;
        let names = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];
        assert_eq!(names.map(|name| seen.one(name)), expected);
        assert_eq!(seen.all("x-real-ip").len(), usize::from(trusts_peer));
        assert_eq!(seen.all("x-forwarded-port").len(), usize::from(trusts_peer));
        assert!(seen.all("x_real_ip").is_empty());
    }
}

#[tokio::test]
async fn authority_of_an_absolute_target_is_the_host_that_was_asked() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    let request = "GET http://api.example/echo/x?y HTTP/1.1\r\nHost: other.example\r\n\
                   Authorization: Bearer app\r\n\r\n";
    assert_eq!(client.ask(request).await.status, 200);
    let seen = upstream.only();
    assert_eq!(seen.line(), "GET /echo/x?y HTTP/1.1");
    assert_eq!(seen.one("x-forwarded-host"), "api.example");
    assert!(seen.one("host").starts_with("127.0.0.1:"));
}

/// The answer that a client gets when the upstream says this.
async fn answered(answer: &'static str) -> crate::client::Answer {
    let upstream = Upstream::answering(answer).await;
    let gateway = gateway(upstream.address).await;
    let mut client = Client::connect(gateway.address).await;
    client
        .ask("GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\r\n")
        .await
}

#[tokio::test]
async fn answer_is_freed_of_what_is_between_hops_and_of_what_would_pass_for_ours() {
    let answer = answered(
        "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nConnection: keep-alive, X-Private\r\n\
         X-Private: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic\r\nUpgrade: h2c\r\n\
         X-Mira-Code: forged\r\nX_Mira_Key_Id: forged\r\nX-Mira-Request-Id: forged\r\n\
         Set-Cookie: mira_session=forged; Path=/\r\nSet-Cookie: a=1\r\n\
         X-RateLimit-Limit: 7\r\nETag: \"1\"\r\n\r\nok",
    )
    .await;
    assert_eq!((answer.status, answer.text()), (200, "ok"));
    assert!(!answer.head.contains("forged"), "{}", answer.head);
    for name in [
        "x-private",
        "keep-alive",
        "proxy-authenticate",
        "upgrade",
        "connection",
    ] {
        assert!(answer.get(name).is_none(), "{name}: {}", answer.head);
    }
    assert_eq!(answer.all("set-cookie"), ["a=1"]);
    assert_eq!(answer.all("x-mira-request-id").len(), 1);
    assert_eq!(answer.all("x-ratelimit-limit"), ["10000"]);
    assert_eq!(answer.get("x-ratelimit-remaining"), Some("9999"));
    assert_eq!(answer.get("etag"), Some("\"1\""));
}

#[tokio::test]
async fn answer_is_private_unless_the_upstream_decided() {
    let answer = answered(OK).await;
    assert_eq!(answer.all("cache-control"), ["private"]);
    let answer = answered(
        "HTTP/1.1 200 OK\r\nCache-Control: public, max-age=60\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    assert_eq!(answer.all("cache-control"), ["public, max-age=60"]);
}

#[tokio::test]
async fn errors_of_an_upstream_are_its_own_and_pass_for_nobody_elses() {
    let answer = answered(
        "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"theirs\"\r\n\
         Content-Type: text/plain\r\nX-Mira-Code: revoked_key\r\nContent-Length: 5\r\n\r\nsorry",
    )
    .await;
    assert_eq!((answer.status, answer.text()), (401, "sorry"));
    assert_eq!(answer.all("www-authenticate"), ["Basic realm=\"theirs\""]);
    assert!(answer.get("x-mira-code").is_none());
    assert_eq!(answer.get("content-type"), Some("text/plain"));
}

#[tokio::test]
async fn operator_adds_to_requests_and_takes_out_of_answers() {
    let upstream = Upstream::answering(
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nServer: secret/1\r\nX-Kept: 1\r\n\r\n",
    )
    .await;
    let mut headers = HeaderRules::default();
    let authorization = "Bearer upstream's own".parse().unwrap();
    headers
        .set(http::header::AUTHORIZATION, authorization)
        .unwrap();
    let tenant = http::HeaderName::from_static("x-tenant");
    headers.set(tenant, "ours".parse().unwrap()).unwrap();
    headers.remove(http::header::SERVER).unwrap();
    assert!(!format!("{headers:?}").contains("own"));
    let setup = Setup {
        upstream: upstream_at(upstream.address, Timeouts::default()),
        trusts_peer: false,
        is_secure: false,
        headers,
    };
    let gateway = start(setup).await;
    let mut client = Client::connect(gateway.address).await;
    let answer = client
        .ask(
            "GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer app\r\n\
             X-Tenant: forged\r\nX_Tenant: forged\r\n\r\n",
        )
        .await;
    assert!(answer.get("server").is_none() && answer.get("x-kept") == Some("1"));
    let seen = upstream.only();
    assert_eq!(seen.one("authorization"), "Bearer upstream's own");
    assert_eq!(seen.one("x-tenant"), "ours");
    assert!(!seen.head.contains("forged"), "{}", seen.head);
}

#[test]
fn operator_cannot_set_what_says_who_asks_or_how_it_is_read() {
    let mut headers = HeaderRules::default();
    for name in [
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "te",
        "upgrade",
        "proxy-authorization",
        "x-mira-key-id",
        "x_mira_key_id",
        "x-forwarded-for",
        "forwarded",
    ] {
        let name = http::HeaderName::from_static(name);
        assert!(
            headers.set(name.clone(), "x".parse().unwrap()).is_err(),
            "{name}"
        );
    }
    for name in ["content-length", "content-type", "x-mira-request-id"] {
        assert!(
            headers.remove(http::HeaderName::from_static(name)).is_err(),
            "{name}"
        );
    }
}
