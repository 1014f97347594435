use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use mira_core::{
    Allowlist, AppId, Audience, Change, Environment, Environments, KeyFacts, KeyId, KeyKind,
    KeyState, OrganizationFacts, OrganizationId, RateLimit, Timestamp,
};
use mira_gateway::{Mount, RouteTable};
use mira_key::{KeyDigest, ServiceName};
use mira_tower::Guard;
use mira_verifier::{
    BootClock, BoxFuture, Coverage, Deadline, Limits, Refill, RefillError, Refiller, Verifier,
};
use mira_wire::{Dialect, Operation, RequestId};
use prost::Message as _;

use crate::message::{
    Address, AttributeContext, CheckRequest, CheckResponse, HeaderMap, HeaderValue, HttpRequest,
    HttpResponse, Peer, SocketAddress,
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const ENVOY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

struct Nothing;

impl Refiller for Nothing {
    fn refill(&self, _: Refill) -> BoxFuture<'_, Result<(), RefillError>> {
        Box::pin(async { Err(RefillError::Unreachable) })
    }
}

/// `good` opens `/search`, and so does `near` from 192.0.2.1.
fn guard() -> Guard {
    let (clock, _) = BootClock::manual(NOW);
    let verifier = Verifier::new(Limits::default(), clock);
    verifier.set_coverage(Coverage::Complete);
    verifier.apply(&Change::Organization(OrganizationFacts {
        id: OrganizationId::from_bytes([2; 16]),
        is_suspended: false,
        subscribed_until: Timestamp::MAX,
    }));
    for (plaintext, ip_allowlist) in [
        ("good", None),
        ("near", Allowlist::parse(&["192.0.2.1"]).ok()),
    ] {
        let facts = KeyFacts {
            id: KeyId::from_bytes([1; 16]),
            organization_id: OrganizationId::from_bytes([2; 16]),
            kind: KeyKind::App {
                app_id: AppId::from_bytes([3; 16]),
                service: ServiceName::VERIFY,
            },
            environment: Environment::Production,
            state: KeyState::Active,
            expires_at: None,
            ip_allowlist,
            rate_limit: RateLimit::default(),
        };
        let digest = KeyDigest::of(plaintext.as_bytes());
        verifier.apply(&Change::Key { digest, facts });
    }
    verifier.extend_lease(Deadline::NEVER_ENDS);
    Guard::new(Arc::new(verifier), Arc::new(Nothing))
}

fn routes() -> RouteTable {
    RouteTable::new(vec![Mount {
        prefix: "/search".to_owned(),
        dialect: Dialect::Network,
        audience: Audience::Service(ServiceName::VERIFY),
        environments: Environments::ALL,
        limits_address: false,
        operations: vec![Operation::new("GET", "")],
    }])
}

fn question(method: &str, path: &str, fields: &[(&str, &str)]) -> CheckRequest {
    let headers = fields.iter().map(|(key, value)| HeaderValue {
        key: (*key).to_owned(),
        value: (*value).to_owned(),
        raw_value: Bytes::new(),
    });
    let http = HttpRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        header_map: Some(HeaderMap {
            headers: headers.collect(),
        }),
        ..HttpRequest::default()
    };
    let source = SocketAddress {
        address: "192.0.2.1".to_owned(),
    };
    CheckRequest {
        attributes: Some(AttributeContext {
            source: Some(Peer {
                address: Some(Address {
                    socket_address: Some(source),
                }),
            }),
            request: Some(crate::message::Request { http: Some(http) }),
        }),
    }
}

async fn call(path: &str, body: Vec<u8>, trusts_envoy: bool) -> Response<Body> {
    let mut request = Request::new(Body::from(body));
    *request.uri_mut() = path.parse().unwrap();
    let id = RequestId::new(NOW, [7; 10]);
    let is_trusted = |address| trusts_envoy && address == ENVOY;
    crate::answer(request, &routes(), &guard(), ENVOY.into(), is_trusted, id).await
}

fn framed(message: &CheckRequest) -> Vec<u8> {
    let message = message.encode_to_vec();
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], length.as_slice(), &message].concat()
}

async fn check_from(trusts_envoy: bool, message: &CheckRequest) -> CheckResponse {
    let response = call(crate::CHECK, framed(message), trusts_envoy).await;
    assert_eq!(response.headers()["content-type"], "application/grpc");
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
    CheckResponse::decode(&body.to_bytes()[5..]).unwrap()
}

/// Status and body of a refusal.
async fn refused(message: &CheckRequest) -> (i32, String) {
    let response = check_from(true, message).await;
    assert_ne!(response.status.unwrap().code, 0);
    let Some(HttpResponse::Denied(denied)) = response.http_response else {
        panic!("it was not refused: {response:?}");
    };
    let names = denied
        .headers
        .iter()
        .map(|field| &field.header.as_ref().unwrap().key);
    let names: Vec<_> = names.collect();
    for name in [
        "x-mira-code",
        "x-mira-request-id",
        "cache-control",
        "content-type",
    ] {
        assert!(names.iter().any(|given| *given == name), "{name}");
    }
    (denied.status.unwrap().code, denied.body)
}

#[tokio::test]
async fn yes_sets_the_identity_and_removes_the_key_and_what_was_forged() {
    let fields = [
        (":path", "/other"),
        ("authorization", "Bearer good"),
        ("x-mira-key-id", "forged"),
        ("x_mira_key_id", "forged"),
        ("x-mira-permissions", "admin"),
        ("cookie", "a=1; mira_session=x"),
    ];
    let response = check_from(true, &question("GET", "/search?q=1", &fields)).await;
    assert_eq!(response.status.unwrap().code, 0);
    let Some(HttpResponse::Ok(ok)) = response.http_response else {
        panic!("it was not allowed");
    };
    let set: Vec<_> = ok
        .headers
        .iter()
        .map(|field| field.header.clone().unwrap())
        .collect();
    let get = |name: &str| {
        set.iter()
            .find(|field| field.key == name)
            .map(|field| field.value.as_str())
    };
    assert_eq!(get("x-mira-service"), Some("verify"));
    assert!(get("x-mira-key-id").unwrap().starts_with("key_"));
    assert_eq!(get("cookie"), Some("a=1"));
    assert!(get("x-mira-request-id").is_some() && get("x-ratelimit-limit").is_none());
    let mut removed = ok.headers_to_remove.clone();
    removed.sort();
    assert_eq!(
        removed,
        ["authorization", "x-mira-permissions", "x_mira_key_id"]
    );
    let told = ok
        .response_headers_to_add
        .iter()
        .map(|field| &field.header.as_ref().unwrap().key);
    let told: Vec<_> = told.collect();
    assert!(told.iter().any(|name| *name == "x-ratelimit-limit"));
    assert!(told.iter().any(|name| *name == "x-mira-request-id"));
    assert!(
        ok.headers.iter().all(|field| field.append_action == 2),
        "fields overwrite"
    );
}

#[tokio::test]
async fn source_counts_from_a_trusted_envoy_alone() {
    let near = question("GET", "/search", &[("authorization", "Bearer near")]);
    for (trusts_envoy, code) in [(true, 0), (false, 7)] {
        let response = check_from(trusts_envoy, &near).await;
        assert_eq!(response.status.unwrap().code, code);
    }
}

#[tokio::test]
async fn question_that_is_not_one_is_refused_before_the_key() {
    let key = [("authorization", "Bearer good")];
    for (message, status, text) in [
        (
            CheckRequest::default(),
            400,
            "The request asked about is missing",
        ),
        (
            question("", "/search", &key),
            400,
            "The method asked about is not one",
        ),
        (
            question("G T", "/search", &key),
            400,
            "The method asked about is not one",
        ),
        (
            question("GET", "", &key),
            400,
            "The path asked about is not one",
        ),
        (
            question("GET", "search", &key),
            400,
            "The path asked about is not one",
        ),
        (
            question("GET", "/search#x", &key),
            400,
            "The path asked about is not one",
        ),
        (question("GET", "/search/../x", &key), 400, "dot segments"),
        (question("GET", "/nowhere", &key), 403, "No route leads"),
        (
            question("GET", "/search", &[("a b", "1")]),
            400,
            "A field of the request is not one",
        ),
        (
            question("GET", "/search", &[("a", "1\n2")]),
            400,
            "A field of the request is not one",
        ),
        (
            question("GET", "/search", &[]),
            401,
            "Invalid or missing API key",
        ),
        (
            question("GET", "/search", &[key[0], key[0]]),
            400,
            "Ambiguous credentials",
        ),
        (question("GET", "/search/x", &key), 404, "Not found"),
        (question("PUT", "/search", &key), 405, "Method not allowed"),
    ] {
        let (code, body) = refused(&message).await;
        assert_eq!(code, status, "{body}");
        assert!(body.contains(text), "{body}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_call_have_a_status_and_no_answer() {
    let good = framed(&question(
        "GET",
        "/search",
        &[("authorization", "Bearer good")],
    ));
    let mut compressed = good.clone();
    compressed[0] = 1;
    let mut long = good.clone();
    long[4] = long[4].wrapping_add(1);
    let garbage = [&[0, 0, 0, 0, 3], [0xFF; 3].as_slice()].concat();
    let check = crate::CHECK;
    for (path, body, status) in [
        (check, vec![], "3"),
        (check, vec![0; 4], "3"),
        (check, long, "3"),
        (check, garbage, "3"),
        (check, compressed, "12"),
        (check, vec![0; 1024 * 1024 + 1], "8"),
        ("/envoy.service.auth.v3.Authorization/Other", good, "12"),
    ] {
        let response = call(path, body, true).await;
        assert_eq!(response.headers()["grpc-status"], status, "{path}");
        let body = response.into_body().collect().await.unwrap();
        assert!(body.to_bytes().is_empty());
    }
}
