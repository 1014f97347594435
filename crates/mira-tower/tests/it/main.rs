//! Claims about the edge: what counts as a credential, whose address it is, and
//! when a body ends.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod layers;

use std::convert::Infallible;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt as _, Full};
use mira_core::{
    Access, Actor, Change, Environment, Grant, KeyFacts, KeyId, KeyKind, KeyState,
    OrganizationFacts, OrganizationId, Permissions, RateLimit, Timestamp,
};
use mira_key::KeyDigest;
use mira_tower::{Guard, Peer, client_address, credential, refusal_of};
use mira_verifier::{
    BootClock, BoxFuture, Credential, Deadline, Limits, Refill, RefillError, Refiller, Verifier,
};
use mira_wire::RequestId;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn headers(fields: &[(&str, &str)]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| {
            (
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_str(value).unwrap(),
            )
        })
        .collect()
}

#[test]
fn credential_is_one_bearer_token_in_one_authorization_field() {
    use Credential::{Absent, Ambiguous, Malformed, Presented};
    let long = format!("Bearer {}", "a".repeat(513));
    for (fields, expected) in [
        (vec![], Absent),
        (vec![("authorization", "")], Absent),
        (vec![("authorization", "Bearer")], Absent),
        (vec![("authorization", "Bearer ")], Absent),
        (vec![("authorization", "Basic dXNlcjpwYXNz")], Absent),
        (vec![("authorization", "Bearers abc")], Absent),
        (vec![("authorization", "abc")], Absent),
        (vec![("x-api-key", "abc")], Absent),
        (vec![("cookie", "authorization=abc")], Absent),
        (vec![("authorization", "Bearer abc")], Presented(b"abc")),
        (vec![("authorization", "bearer abc")], Presented(b"abc")),
        (vec![("authorization", "BEARER abc")], Presented(b"abc")),
        (vec![("authorization", " Bearer abc ")], Presented(b"abc")),
        (
            vec![("authorization", "Bearer a_B-1.~+/==")],
            Presented(b"a_B-1.~+/=="),
        ),
        (vec![("authorization", "Bearer  abc")], Malformed),
        (vec![("authorization", "Bearer\tabc")], Malformed),
        (vec![("authorization", "Bearer a b")], Malformed),
        (vec![("authorization", "Bearer a, Bearer b")], Malformed),
        (vec![("authorization", "Bearer ==")], Malformed),
        (vec![("authorization", "Bearer a=b")], Malformed),
        (vec![("authorization", "Bearer \"abc\"")], Malformed),
        (vec![("authorization", &long)], Malformed),
        (
            vec![
                ("authorization", "Bearer abc"),
                ("authorization", "Bearer abc"),
            ],
            Ambiguous,
        ),
        (
            vec![
                ("authorization", "Basic x"),
                ("authorization", "Bearer abc"),
            ],
            Ambiguous,
        ),
        (
            vec![("authorization", "Bearer abc"), ("x-api-key", "abc")],
            Ambiguous,
        ),
    ] {
        assert_eq!(credential(&headers(&fields)), expected, "{fields:?}");
    }
    let mut fullwidth = HeaderMap::new();
    let value = HeaderValue::from_bytes("Bearer ａｂｃ".as_bytes()).unwrap();
    fullwidth.insert("authorization", value);
    assert_eq!(credential(&fullwidth), Malformed);
}

#[test]
fn client_is_the_rightmost_forwarded_address_that_is_not_a_trusted_proxy() {
    let is_trusted = |address: IpAddr| match address {
        IpAddr::V4(address) => address.octets()[0] == 10,
        IpAddr::V6(address) => address.is_loopback(),
    };
    for (peer, forwarded, expected) in [
        ("203.0.113.9", vec!["198.51.100.1"], "203.0.113.9"),
        ("10.0.0.1", vec![], "10.0.0.1"),
        ("10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", vec!["192.0.2.66, 198.51.100.1"], "198.51.100.1"),
        (
            "10.0.0.1",
            vec!["192.0.2.66, 198.51.100.1, 10.9.9.9"],
            "198.51.100.1",
        ),
        (
            "10.0.0.1",
            vec!["192.0.2.66", "198.51.100.1"],
            "198.51.100.1",
        ),
        ("10.0.0.1", vec!["10.0.0.7, 10.0.0.8"], "10.0.0.7"),
        ("10.0.0.1", vec!["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", vec!["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", vec!["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", vec!["[2001:db8::7]"], "2001:db8::7"),
        ("::1", vec!["::ffff:198.51.100.1"], "198.51.100.1"),
        ("::ffff:10.0.0.1", vec!["198.51.100.1"], "198.51.100.1"),
    ] {
        let fields: Vec<_> = forwarded
            .iter()
            .map(|line| ("x-forwarded-for", *line))
            .collect();
        let client = client_address(
            peer.parse::<IpAddr>().unwrap(),
            &headers(&fields),
            is_trusted,
        );
        assert_eq!(
            client,
            expected.parse::<IpAddr>().unwrap(),
            "{peer} {forwarded:?}"
        );
    }
}

#[test]
fn process_behind_a_unix_socket_is_believed_and_nobody_behind_it_unless_trusted() {
    let is_trusted = |address: IpAddr| address == IpAddr::from([10, 0, 0, 1]);
    for (forwarded, expected) in [
        (vec![], "127.0.0.1"),
        (vec!["198.51.100.1"], "198.51.100.1"),
        (vec!["198.51.100.1, 10.0.0.1"], "198.51.100.1"),
        (vec!["198.51.100.1, 127.0.0.1"], "127.0.0.1"),
    ] {
        let fields: Vec<_> = forwarded
            .iter()
            .map(|line| ("x-forwarded-for", *line))
            .collect();
        let client = client_address(Peer::Local, &headers(&fields), is_trusted);
        assert_eq!(client, expected.parse::<IpAddr>().unwrap(), "{forwarded:?}");
    }
}

struct Nothing;

impl Refiller for Nothing {
    fn refill(&self, _: Refill) -> BoxFuture<'_, Result<(), RefillError>> {
        Box::pin(async { Err(RefillError::Unreachable) })
    }
}

/// A body that sends one chunk and then nothing, for ever.
struct Silent(Option<Bytes>);

impl Body for Silent {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.take() {
            Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            None => Poll::Pending,
        }
    }
}

fn key(state: KeyState) -> Change {
    let facts = KeyFacts {
        id: KeyId::from_bytes([1; 16]),
        organization_id: OrganizationId::from_bytes([2; 16]),
        kind: KeyKind::Organization {
            permissions: Permissions::NONE,
        },
        environment: Environment::Production,
        state,
        expires_at: None,
        ip_allowlist: None,
        rate_limit: RateLimit::default(),
    };
    Change::Key {
        digest: KeyDigest::of(b"secret"),
        facts,
    }
}

fn guard() -> (Guard, Arc<Verifier>) {
    let (clock, _) = BootClock::manual(NOW);
    let verifier = Arc::new(Verifier::new(Limits::default(), clock));
    verifier.apply(&Change::Organization(OrganizationFacts {
        id: OrganizationId::from_bytes([2; 16]),
        is_suspended: false,
        subscribed_until: Timestamp::MAX,
    }));
    verifier.apply(&key(KeyState::Active));
    verifier.extend_lease(Deadline::NEVER_ENDS);
    (
        Guard::new(Arc::clone(&verifier), Arc::new(Nothing)),
        verifier,
    )
}

fn revoked() -> Change {
    key(KeyState::Revoked {
        at: NOW,
        by: Actor::System,
    })
}

#[tokio::test]
async fn event_stream_ends_with_an_error_event_when_its_key_is_revoked() {
    let (guard, verifier) = guard();
    let grant = guard
        .admit(
            &headers(&[("authorization", "Bearer secret")]),
            &Access::ANY,
            id(),
        )
        .await;
    let response = Response::builder()
        .header("content-type", "text/event-stream")
        .body(Silent(Some(Bytes::from_static(b"event: starting\n\n"))))
        .unwrap();
    let bound = guard.bind(&grant.unwrap(), response);
    assert_eq!(bound.headers()["x-ratelimit-remaining"], "99");
    let mut body = bound.into_body();
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "event: starting\n\n"
    );
    verifier.apply(&revoked());
    assert_eq!(
        body.frame().await.unwrap().unwrap().into_data().unwrap(),
        "event: error\ndata: {\"message\":\"API key has been revoked\"}\n\n"
    );
    assert!(body.frame().await.is_none());
    let again = guard
        .admit(
            &headers(&[("authorization", "Bearer secret")]),
            &Access::ANY,
            id(),
        )
        .await;
    assert_eq!(again.unwrap_err().code(), "revoked_key");
}

#[tokio::test]
async fn other_stream_breaks_off_so_that_the_half_is_not_taken_for_the_whole() {
    let (guard, verifier) = guard();
    let grant = guard
        .admit(
            &headers(&[("authorization", "Bearer secret")]),
            &Access::ANY,
            id(),
        )
        .await;
    let mut body = guard
        .bind(&grant.unwrap(), Response::new(Silent(None)))
        .into_body();
    verifier.apply(&revoked());
    assert!(body.frame().await.unwrap().is_err());
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn whole_body_is_sent_as_it_is() {
    let (guard, verifier) = guard();
    let grant = guard
        .admit(
            &headers(&[("authorization", "Bearer secret")]),
            &Access::ANY,
            id(),
        )
        .await;
    let bound = guard.bind(
        &grant.unwrap(),
        Response::new(Full::new(Bytes::from_static(b"{}"))),
    );
    verifier.apply(&revoked());
    assert_eq!(bound.into_body().collect().await.unwrap().to_bytes(), "{}");
}

/// A body whose length is known and whose bytes are not here yet.
struct Announced;

impl Body for Announced {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(1_000)
    }
}

fn id() -> RequestId {
    RequestId::new(NOW, [0; 10])
}

async fn admitted(guard: &Guard) -> Grant {
    let headers = headers(&[("authorization", "Bearer secret")]);
    guard.admit(&headers, &Access::ANY, id()).await.unwrap()
}

#[tokio::test]
async fn announced_body_that_is_still_sent_by_somebody_else_is_watched() {
    let (guard, verifier) = guard();
    let grant = admitted(&guard).await;
    let mut body = guard
        .bind_stream(&grant, Response::new(Announced))
        .into_body();
    assert_eq!(verifier.watched(), 1);
    verifier.apply(&revoked());
    assert!(body.frame().await.unwrap().is_err());
    let over = guard.bind_stream(&grant, Response::new(Full::new(Bytes::new())));
    assert_eq!(verifier.watched(), 0);
    assert!(over.into_body().frame().await.is_none());
}

#[tokio::test]
async fn event_stream_of_announced_length_breaks_off_instead_of_outgrowing_it() {
    let (guard, verifier) = guard();
    let response = Response::builder()
        .header("content-type", "text/event-stream")
        .header("content-length", "1000")
        .body(Announced)
        .unwrap();
    let grant = admitted(&guard).await;
    let mut body = guard.bind_stream(&grant, response).into_body();
    verifier.apply(&revoked());
    assert!(body.frame().await.unwrap().is_err());
}

#[tokio::test]
async fn lifeline_of_a_guard_tells_what_a_new_request_would_be_told() {
    let (guard, verifier) = guard();
    let mut lifeline = guard.watch(&admitted(&guard).await);
    verifier.apply(&revoked());
    assert_eq!(refusal_of(lifeline.ended().await).code(), "revoked_key");
    verifier.apply(&key(KeyState::Active));
    let mut lifeline = guard.watch(&admitted(&guard).await);
    verifier.drop_lease();
    assert_eq!(refusal_of(lifeline.ended().await).code(), "unavailable");
}

#[tokio::test]
async fn without_a_lease_nobody_is_let_in_and_nobody_is_told_their_key_is_bad() {
    let (guard, verifier) = guard();
    verifier.drop_lease();
    let refused = guard
        .admit(
            &headers(&[("authorization", "Bearer secret")]),
            &Access::ANY,
            id(),
        )
        .await;
    assert_eq!(refused.unwrap_err().code(), "unavailable");
}

/// A body that never says anything and notes when it is dropped.
struct Dropped(Option<tokio::sync::oneshot::Sender<()>>);

impl Body for Dropped {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        if let Some(note) = self.0.take() {
            note.send(()).ok();
        }
    }
}

#[tokio::test]
async fn work_behind_a_body_is_dropped_with_the_key_although_nobody_reads_it() {
    let (guard, verifier) = guard();
    let grant = guard
        .admit(
            &headers(&[("authorization", "Bearer secret")]),
            &Access::ANY,
            id(),
        )
        .await;
    let (note, dropped) = tokio::sync::oneshot::channel();
    let unread = guard.bind(&grant.unwrap(), Response::new(Dropped(Some(note))));
    verifier.apply(&revoked());
    let second = std::time::Duration::from_secs(1);
    tokio::time::timeout(second, dropped)
        .await
        .unwrap()
        .unwrap();
    drop(unread);
}
