//! Every door answers as the gateway does.

use crate::client::{Answer, Client};
use crate::upstream::Upstream;
use crate::world::{Gateway, gateway};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const DOORS: [&str; 3] = ["forward", "nginx", "envoy"];

/// The same request, asked about at a door.
fn at_door(door: &str, method: &str, target: &str, fields: &str) -> String {
    let (line, about) = match door {
        "forward" => (
            "GET /authz/forward".to_owned(),
            format!("X-Forwarded-Method: {method}\r\nX-Forwarded-Uri: {target}\r\n"),
        ),
        "nginx" => (
            "GET /authz/nginx".to_owned(),
            format!("X-Original-Method: {method}\r\nX-Original-URI: {target}\r\n"),
        ),
        _ => (format!("{method} /authz/envoy{target}"), String::new()),
    };
    format!("{line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{about}{fields}\r\n")
}

async fn ask(gateway: &Gateway, request: String) -> Answer {
    let mut client = Client::connect(gateway.address).await;
    client.write(&request).await;
    if request.starts_with("HEAD") {
        return client.read_head().await;
    }
    client.read().await
}

/// What of an answer is the same at every door: all but when, which and how many.
fn essence(answer: &Answer) -> (u16, Vec<String>, String) {
    let mut fields: Vec<String> = answer.head.lines().skip(1).map(str::to_lowercase).collect();
    let passing = [
        "date:",
        "connection:",
        "x-mira-request-id:",
        "x-ratelimit-remaining:",
        // Said to nginx alone.
        "x-mira-body:",
    ];
    fields.retain(|field| !passing.iter().any(|name| field.starts_with(name)));
    fields.sort();
    (answer.status, fields, answer.text().to_owned())
}

/// Method, target and credential of requests that are refused, and the code.
const REFUSED: &[(&str, &str, &str, u16, &str)] = &[
    ("GET", "/echo", "", 401, "missing_key"),
    ("GET", "/echo", "Basic app", 401, "missing_key"),
    ("GET", "/echo", "Bearer", 401, "missing_key"),
    ("GET", "/echo", "Bearer nobody", 401, "invalid_key"),
    ("GET", "/echo", "Bearer a b", 401, "invalid_key"),
    ("GET", "/echo", "Bearer revoked", 401, "revoked_key"),
    ("GET", "/echo", "Bearer expired", 401, "expired_key"),
    ("GET", "/echo", "Bearer suspended", 401, "suspended_key"),
    ("GET", "/echo", "Bearer org-read", 401, "wrong_service"),
    ("GET", "/reports", "Bearer app", 401, "wrong_service"),
    (
        "GET",
        "/staging",
        "Bearer staging-app",
        401,
        "wrong_environment",
    ),
    (
        "GET",
        "/echo",
        "Bearer elsewhere",
        403,
        "address_not_allowed",
    ),
    (
        "GET",
        "/reports",
        "Bearer org-lapsed",
        403,
        "subscription_required",
    ),
    (
        "POST",
        "/reports/1",
        "Bearer org-read",
        403,
        "missing_permission",
    ),
    (
        "GET",
        "/reports?a=b",
        "Bearer org-none",
        403,
        "missing_permission",
    ),
    (
        "GET",
        "/metered",
        "Bearer metered-app",
        402,
        "insufficient_balance",
    ),
    (
        "DELETE",
        "/reports",
        "Bearer org-read",
        405,
        "method_not_allowed",
    ),
    ("DELETE", "/reports", "Bearer nobody", 401, "invalid_key"),
    ("OPTIONS", "/reports", "", 401, "missing_key"),
    ("TRACE", "/echo", "Bearer app", 405, "method_not_allowed"),
    (
        "GET",
        "/echo/../reports",
        "Bearer app",
        400,
        "invalid_request",
    ),
    ("GET", "/echo/a%2fb", "Bearer app", 400, "invalid_request"),
    ("GET", "/echo/%00", "", 400, "invalid_request"),
    ("GET", "/api/v1/meetings", "", 401, "missing_key"),
    (
        "GET",
        "/api/v1/meetings",
        "Bearer app",
        401,
        "wrong_service",
    ),
    (
        "GET",
        "/api/v1/meetings",
        "Bearer org-none",
        403,
        "missing_permission",
    ),
    (
        "DELETE",
        "/api/v1/meetings/1",
        "Bearer org-read",
        403,
        "missing_permission",
    ),
    (
        "PUT",
        "/api/v1/meetings",
        "Bearer org-read",
        405,
        "method_not_allowed",
    ),
    (
        "GET",
        "/api/v1/nothing",
        "Bearer org-read",
        404,
        "not_found",
    ),
    (
        "GET",
        "/api/v1/nothing",
        "Bearer nobody",
        401,
        "invalid_key",
    ),
    (
        "GET",
        "/api/v1/../echo",
        "Bearer org-read",
        400,
        "invalid_request",
    ),
];

#[tokio::test]
async fn refusals_are_the_same_at_the_gateway_and_at_every_door() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    for (method, target, credential, status, code) in REFUSED {
        let fields = match *credential {
            "" => String::new(),
            credential => format!("Authorization: {credential}\r\n"),
        };
        let direct =
            format!("{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n");
        let direct = ask(&gateway, direct).await;
        let case = format!("{method} {target} {credential}");
        assert_eq!(direct.status, *status, "{case}");
        assert_eq!(direct.get("x-mira-code"), Some(*code), "{case}");
        let is_live = !matches!(*status, 400 | 401) || code.starts_with("wrong");
        assert_eq!(direct.get("x-ratelimit-limit").is_some(), is_live, "{case}");
        for door in DOORS {
            let answer = ask(&gateway, at_door(door, method, target, &fields)).await;
            assert_eq!(essence(&answer), essence(&direct), "{case} at {door}");
            let in_field = (door == "nginx" && *method != "HEAD").then(|| direct.text());
            assert_eq!(answer.get("x-mira-body"), in_field, "{case} at {door}");
        }
    }
    assert_eq!(upstream.opened(), 0);
}

#[tokio::test]
async fn full_window_is_the_same_at_every_door_and_every_door_counts() {
    let upstream = Upstream::answering(OK).await;
    let fields = "Authorization: Bearer limited\r\n";
    for first in DOORS {
        let gateway = gateway(upstream.address).await;
        let answer = ask(&gateway, at_door(first, "GET", "/echo", fields)).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.get("x-ratelimit-remaining"), Some("0"));
        for door in DOORS {
            let answer = ask(&gateway, at_door(door, "GET", "/echo", fields)).await;
            assert_eq!(answer.status, 429, "{door}");
            assert_eq!(answer.get("x-mira-code"), Some("rate_limited_minute"));
            assert!(answer.get("retry-after").is_some() && answer.text().contains("resetAt"));
        }
        let direct = format!("GET /echo HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        assert_eq!(ask(&gateway, direct).await.status, 429);
    }
    assert_eq!(upstream.opened(), 0, "a door executes nothing");
}

#[tokio::test]
async fn yes_says_who_it_is_as_the_gateway_says_it_to_an_upstream() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    for (target, key) in [("/echo/a?b=c", "app"), ("/reports/1", "org-write")] {
        let fields = format!("Authorization: Bearer {key}\r\nX-Mira-App-Id: forged\r\n");
        let direct = format!("GET {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n");
        assert_eq!(ask(&gateway, direct).await.status, 200);
        let seen = upstream.requests().pop().unwrap();
        for door in DOORS {
            let answer = ask(&gateway, at_door(door, "GET", target, &fields)).await;
            assert_eq!((answer.status, answer.text()), (200, ""), "{door}");
            for name in [
                "x-mira-key-id",
                "x-mira-organization-id",
                "x-mira-app-id",
                "x-mira-service",
                "x-mira-environment",
                "x-mira-permissions",
            ] {
                assert_eq!(answer.all(name), seen.all(name), "{name} at {door}");
            }
            assert_eq!(answer.all("x-mira-request-id").len(), 1);
            assert_eq!(answer.get("x-ratelimit-limit"), Some("10000"));
            assert_eq!(answer.get("cache-control"), Some("no-store"));
        }
    }
}

#[tokio::test]
async fn head_is_get_at_every_door() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    let fields = "Authorization: Bearer org-read\r\n";
    for door in DOORS {
        let answer = ask(&gateway, at_door(door, "HEAD", "/reports", fields)).await;
        assert_eq!(answer.status, 200, "{door}");
        let answer = ask(&gateway, at_door(door, "HEAD", "/reports", "")).await;
        assert_eq!(answer.status, 401, "{door}");
    }
}

#[tokio::test]
async fn what_is_open_to_everybody_is_a_yes_without_a_name() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    for door in DOORS {
        let fields = "Authorization: Bearer org-read\r\n";
        let answer = ask(&gateway, at_door(door, "GET", "/api/v1/health", fields)).await;
        assert_eq!((answer.status, answer.text()), (200, ""), "{door}");
        assert!(answer.get("x-mira-key-id").is_none() && answer.get("x-ratelimit-limit").is_none());
    }
}

#[tokio::test]
async fn what_leads_nowhere_is_refused_with_and_without_a_key() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    for fields in ["", "Authorization: Bearer app\r\n"] {
        for target in [
            "/",
            "/echoes",
            "/ECHO",
            "/v1/keys",
            "/authz/forward",
            "//echo",
        ] {
            for door in DOORS {
                let answer = ask(&gateway, at_door(door, "GET", target, fields)).await;
                assert_eq!(answer.status, 403, "{target} at {door}");
                assert_eq!(answer.get("x-mira-code"), Some("no_route"));
                let text = r#"{"error":"Forbidden","message":"No route leads to this path"}"#;
                assert_eq!(answer.text(), text);
            }
        }
    }
}

#[tokio::test]
async fn question_that_is_not_one_is_refused_before_the_key() {
    let upstream = Upstream::answering(OK).await;
    let gateway = gateway(upstream.address).await;
    let key = "Authorization: Bearer app\r\n";
    for (path, method, target) in [
        ("forward", "X-Forwarded-Method", "X-Forwarded-Uri"),
        ("nginx", "X-Original-Method", "X-Original-URI"),
    ] {
        for about in [
            String::new(),
            format!("{method}: GET\r\n"),
            format!("{target}: /echo\r\n"),
            format!("{method}: GET\r\n{target}: /echo\r\n{target}: /echo\r\n"),
            format!("{method}: GET\r\n{method}: GET\r\n{target}: /echo\r\n"),
            format!("{method}: G T\r\n{target}: /echo\r\n"),
            format!("{method}:\r\n{target}: /echo\r\n"),
            format!("{method}: GET\r\n{target}:\r\n"),
            format!("{method}: GET\r\n{target}: echo\r\n"),
            format!("{method}: GET\r\n{target}: http://a/echo\r\n"),
            format!("{method}: GET\r\n{target}: /echo#x\r\n"),
            format!("{method}: GET\r\n{target}: /echo /x\r\n"),
            format!("{method}: GET\r\n{target}: /echo, /x y\r\n"),
            format!("{method}: GET\r\n{target}: /echo/./x\r\n"),
            // The words of another door are none here.
            "X-Forwarded-Uri: /echo\r\nX-Original-Method: GET\r\n".to_owned(),
        ] {
            let request = format!("GET /authz/{path} HTTP/1.1\r\nHost: a\r\n{about}{key}\r\n");
            let answer = ask(&gateway, request).await;
            assert_eq!(answer.status, 400, "{path} {about}");
            assert_eq!(answer.get("x-mira-code"), Some("invalid_request"));
            assert!(
                answer
                    .text()
                    .starts_with(r#"{"error":"Bad Request","message":""#)
            );
        }
    }
    for target in ["", "?x=/echo", "/../echo", "/echo/%2e%2e/x"] {
        let answer = ask(&gateway, at_door("envoy", "GET", target, key)).await;
        assert_eq!(answer.status, 400, "{target}");
    }
}
