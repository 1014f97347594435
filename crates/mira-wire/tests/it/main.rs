//! The table of refusals, byte for byte, and the shapes around it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use axum::body::Body;
use axum::extract::FromRequest as _;
use axum::response::{IntoResponse as _, Response};
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use mira_core::{Denial, Denied, MicroUsd, Permission, Quota, Timestamp};
use mira_wire::{
    Dialect, ErrorCode, JsonBody, Refusal, RequestId, finish, format_instant, parse_instant,
};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_015_000);

fn quota() -> Quota {
    Quota {
        limit: 60,
        remaining: 0,
        reset: Timestamp::from_millis(1_700_000_040_000),
    }
}

fn denied(denial: Denial) -> Refusal {
    Refusal::denied(
        &Denied {
            denial,
            key: None,
            quota: None,
        },
        NOW,
    )
}

/// denial, status, challenge, network body, Mira API text.
#[expect(clippy::too_many_lines, reason = "the table itself")]
fn table() -> Vec<(Denial, u16, &'static str, &'static str, &'static str)> {
    let realm = r#"Bearer realm="mira""#;
    let token = r#"Bearer realm="mira", error="invalid_token""#;
    vec![
        (
            Denial::MissingKey,
            401,
            realm,
            r#"{"error":"Unauthorized","message":"Invalid or missing API key"}"#,
            "Invalid or missing API key",
        ),
        (
            Denial::InvalidKey,
            401,
            token,
            r#"{"error":"Unauthorized","message":"Invalid or missing API key"}"#,
            "Invalid or missing API key",
        ),
        (
            Denial::AmbiguousCredentials,
            400,
            r#"Bearer realm="mira", error="invalid_request""#,
            r#"{"error":"Bad Request","message":"Ambiguous credentials"}"#,
            "Ambiguous credentials",
        ),
        (
            Denial::RevokedKey,
            401,
            token,
            r#"{"error":"Unauthorized","message":"API key has been revoked"}"#,
            "API key has been revoked",
        ),
        (
            Denial::ExpiredKey,
            401,
            token,
            r#"{"error":"Unauthorized","message":"API key has expired"}"#,
            "API key has expired",
        ),
        (
            Denial::SuspendedKey,
            401,
            token,
            r#"{"error":"Unauthorized","message":"API key is suspended"}"#,
            "API key is suspended",
        ),
        (
            Denial::WrongService,
            401,
            token,
            r#"{"error":"Unauthorized","message":"API key not authorized for this service"}"#,
            "API key not authorized for this service",
        ),
        (
            Denial::WrongEnvironment,
            401,
            token,
            r#"{"error":"Unauthorized","message":"API key not authorized for this environment"}"#,
            "API key not authorized for this environment",
        ),
        (
            Denial::AddressNotAllowed,
            403,
            realm,
            r#"{"error":"Forbidden","message":"API key not allowed from this address"}"#,
            "API key not allowed from this address",
        ),
        (
            Denial::SubscriptionRequired,
            403,
            realm,
            r#"{"error":"Forbidden","message":"API access requires an active Business or Enterprise subscription"}"#,
            "API access requires an active Business or Enterprise subscription",
        ),
        (
            Denial::MissingPermission(Permission::Write),
            403,
            r#"Bearer realm="mira", error="insufficient_scope", scope="write""#,
            r#"{"error":"Forbidden","message":"API key lacks the write permission"}"#,
            "API key lacks the write permission",
        ),
        (
            Denial::InsufficientBalance(MicroUsd::ZERO),
            402,
            realm,
            r#"{"error":"Payment Required","message":"Insufficient balance","balance":0}"#,
            "Insufficient balance",
        ),
        (
            Denial::InsufficientBalance(MicroUsd::from_micros(-1_250)),
            402,
            realm,
            r#"{"error":"Payment Required","message":"Insufficient balance","balance":-0.00125}"#,
            "Insufficient balance",
        ),
        (
            Denial::RateLimitedMinute(quota()),
            429,
            realm,
            r#"{"error":"Rate Limit Exceeded","message":"Too many requests per minute","resetAt":1700000040}"#,
            "Rate limit exceeded. Please retry after 25 seconds.",
        ),
        (
            Denial::RateLimitedDay(quota()),
            429,
            realm,
            r#"{"error":"Rate Limit Exceeded","message":"Daily request limit exceeded","resetAt":1700000040}"#,
            "Rate limit exceeded. Please retry after 25 seconds.",
        ),
    ]
}

#[test]
fn every_denial_reads_as_the_contract_says_in_every_dialect() {
    for (denial, status, challenge, network, mira_api) in table() {
        let refusal = denied(denial);
        let headers = refusal.headers();
        assert_eq!(refusal.status().as_u16(), status, "{denial:?}");
        assert_eq!(headers["www-authenticate"], challenge, "{denial:?}");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["content-type"], "application/json");
        assert_eq!(headers["x-mira-code"], denial.code());
        assert_eq!(refusal.body(Dialect::Network), network);
        let envelope = format!(r#"{{"data":null,"error":"{mira_api}","meta":null}}"#);
        assert_eq!(refusal.body(Dialect::MiraApi), envelope);
        let console = refusal.body(Dialect::Console);
        let console: serde_json::Value = serde_json::from_slice(&console).unwrap();
        assert_eq!(console["code"], denial.code());
        assert_eq!(headers.contains_key("retry-after"), status == 429);
    }
}

#[test]
fn full_window_says_when_to_come_back() {
    let denied = Denied {
        denial: Denial::RateLimitedMinute(quota()),
        key: None,
        quota: Some(quota()),
    };
    let headers = Refusal::denied(&denied, NOW).headers();
    assert_eq!(headers["retry-after"], "25");
    assert_eq!(headers["x-ratelimit-limit"], "60");
    assert_eq!(headers["x-ratelimit-remaining"], "0");
    assert_eq!(headers["x-ratelimit-reset"], "1700000040");
}

#[test]
fn unavailable_is_503_with_retry_after_and_never_a_401() {
    let refusal = Refusal::unavailable();
    assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refusal.headers()["retry-after"], "1");
    assert_eq!(
        refusal.body(Dialect::Network),
        r#"{"error":"Service Unavailable","message":"Service temporarily unavailable"}"#
    );
}

#[tokio::test]
async fn finish_gives_each_refusal_its_body_and_each_response_its_id() {
    let id = RequestId::new(NOW, [7; 10]);
    let response = finish(
        denied(Denial::RevokedKey).into_response(),
        Dialect::Network,
        id,
    );
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["x-mira-request-id"], id.to_string());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(
        body,
        r#"{"error":"Unauthorized","message":"API key has been revoked"}"#
    );
}

#[tokio::test]
async fn error_of_a_library_becomes_json_and_keeps_its_allow_header() {
    let mut library = Response::new(Body::from("plain words"));
    *library.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    library
        .headers_mut()
        .insert("allow", "GET,HEAD".parse().unwrap());
    library
        .headers_mut()
        .insert("content-type", "text/plain; charset=utf-8".parse().unwrap());
    let response = finish(library, Dialect::MiraApi, RequestId::new(NOW, [7; 10]));
    assert_eq!(response.headers()["allow"], "GET,HEAD");
    assert_eq!(response.headers()["x-mira-code"], "method_not_allowed");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(
        body,
        r#"{"data":null,"error":"Method not allowed","meta":null}"#
    );
}

#[test]
fn refused_method_names_those_that_are_allowed() {
    let refusal = Refusal::method_not_allowed("GET,HEAD".to_owned());
    assert_eq!(refusal.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refusal.headers()["allow"], "GET,HEAD");
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    #[expect(dead_code, reason = "only its reading matters")]
    name: String,
}

async fn read(content_type: &str, body: impl Into<Body>) -> Result<JsonBody<Sample>, Refusal> {
    let request = Request::post("/")
        .header("content-type", content_type)
        .body(body.into())
        .unwrap();
    JsonBody::from_request(request, &()).await
}

#[tokio::test]
async fn bad_bodies_have_precise_errors_that_repeat_no_value() {
    let secret = "mira_live_secret";
    for (kind, body, status, text) in [
        (
            "text/plain",
            "{}".to_owned(),
            415,
            "The body must be application/json",
        ),
        (
            "application/json",
            "{".to_owned(),
            400,
            "The body is not valid JSON (line 1, column 1)",
        ),
        (
            "application/json",
            r#"{"name":"a"} x"#.to_owned(),
            400,
            "The body is not valid JSON (line 1, column 14)",
        ),
        (
            "application/json",
            String::new(),
            400,
            "The body is not as documented: missing field `name`",
        ),
        (
            "application/json",
            r#"{"name":"a","name":"b"}"#.to_owned(),
            400,
            "The body is not as documented: duplicate field `name`",
        ),
        (
            "application/json",
            r#"{"name":"a","id":1}"#.to_owned(),
            400,
            "The body is not as documented: unknown field `id`, expected `name`",
        ),
        (
            "application/json",
            r#"{"name":7}"#.to_owned(),
            400,
            "The body has a member of the wrong type: expected a string",
        ),
        (
            "application/json",
            format!(r#""{secret}""#),
            400,
            "The body must be a JSON object",
        ),
        (
            "application/json",
            "[".repeat(100_000),
            400,
            "The body must be a JSON object",
        ),
        (
            "application/json",
            "x".repeat((1 << 20) + 1),
            413,
            "The body is too large",
        ),
    ] {
        let refusal = read(kind, body).await.err().unwrap();
        assert_eq!((refusal.status().as_u16(), refusal.text()), (status, text));
        assert!(!refusal.text().contains(secret));
    }
    assert!(
        read("application/json; charset=utf-8", r#"{"name":"a"}"#)
            .await
            .is_ok()
    );
}

#[test]
fn instants_round_trip_and_a_bare_date_is_its_midnight() {
    for (text, millis) in [
        ("2025-01-15T10:30:00.000Z", 1_736_937_000_000),
        ("2025-01-15T10:30:00.25Z", 1_736_937_000_250),
        ("2025-01-15T11:30:00+01:00", 1_736_937_000_000),
        ("2025-01-15", 1_736_899_200_000),
        ("1969-12-31T23:59:59.999Z", -1),
    ] {
        assert_eq!(
            parse_instant(text).unwrap(),
            Timestamp::from_millis(millis),
            "{text}"
        );
    }
    assert_eq!(
        format_instant(Timestamp::from_millis(1_736_937_000_000)),
        "2025-01-15T10:30:00.000Z"
    );
    assert_eq!(format_instant(Timestamp::MAX), "9999-12-30T22:00:00.999Z");
}

#[test]
fn texts_that_are_not_instants_are_refused() {
    for text in [
        "",
        "yesterday",
        "2025-13-01",
        "2025-01-15T10:30:00",
        "2025-1-5",
        "1736937000",
        "2025-01-15T10:30:00Z[UTC]",
        "2025-01-15T25:00:00Z",
        "2025-02-30",
        "２０２５-01-15",
    ] {
        assert!(parse_instant(text).is_err(), "{text}");
    }
}

#[test]
fn every_error_code_has_its_status() {
    assert_eq!(Refusal::error(ErrorCode::NoModel).status().as_u16(), 503);
    assert_eq!(
        Refusal::error(ErrorCode::Unauthenticated).headers()["www-authenticate"],
        r#"Bearer realm="mira""#
    );
    assert!(
        !Refusal::error(ErrorCode::NotFound)
            .headers()
            .contains_key("www-authenticate")
    );
}
