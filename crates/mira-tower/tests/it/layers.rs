//! Claims about the layers for services of somebody else.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt as _, Empty, Full};
use mira_core::{Access, Grant};
use mira_key::{Entropy, EntropyError};
use mira_tower::{DoorLayer, GuardLayer};
use mira_verifier::Deadline;
use mira_wire::Dialect;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use crate::{guard, revoked};

struct Counted;

impl Entropy for Counted {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        bytes.fill(7);
        Ok(())
    }
}

type Heard = Arc<Mutex<Vec<HeaderMap>>>;

/// A service that notes the fields it hears and that it got a grant.
fn inner(
    heard: &Heard,
) -> impl Service<Request<()>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ 'static {
    let heard = Arc::clone(heard);
    service_fn(move |request: Request<()>| {
        heard.lock().unwrap().push(request.headers().clone());
        let has_grant = request.extensions().get::<Grant>().is_some();
        async move { Ok(Response::new(Full::from(format!("granted: {has_grant}")))) }
    })
}

fn request(fields: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::new(());
    *request.headers_mut() = crate::headers(fields);
    request
}

async fn text<B: Body<Data = Bytes>>(response: Response<B>) -> String
where
    B::Error: std::fmt::Debug,
{
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn guard_layer_lets_good_keys_through_and_answers_for_the_others() {
    let (guard, verifier) = guard();
    let heard = Heard::default();
    let demand = |_: &http::request::Parts| Access::ANY;
    let layer = GuardLayer::new(guard, Arc::new(Counted), Dialect::Network, demand);
    let service = layer.layer(inner(&heard));
    let good = [
        ("authorization", "Bearer secret"),
        ("x_mira_key_id", "forged"),
        ("x-mira-app-id", "forged"),
        ("cookie", "a=1; mira_session=x"),
    ];

    let answer = service.clone().oneshot(request(&good)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["x-ratelimit-limit"], "100");
    assert_eq!(answer.headers()["cache-control"], "private");
    let id = answer.headers()["x-mira-request-id"].clone();
    assert_eq!(text(answer).await, "granted: true");
    let told = heard.lock().unwrap().pop().unwrap();
    assert_eq!(told["x-mira-request-id"], id);
    assert!(told.contains_key("x-mira-key-id") && told["cookie"] == "a=1");
    for gone in ["authorization", "x_mira_key_id", "x-mira-app-id"] {
        assert!(!told.contains_key(gone), "{gone}");
    }

    let nobody = service.clone().oneshot(request(&[])).await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        nobody.headers()["www-authenticate"],
        "Bearer realm=\"mira\""
    );
    assert!(nobody.headers().contains_key("x-mira-request-id"));
    let missing = r#"{"error":"Unauthorized","message":"Invalid or missing API key"}"#;
    assert_eq!(text(nobody).await, missing);

    verifier.apply(&revoked());
    let dead = service.clone().oneshot(request(&good)).await.unwrap();
    assert_eq!(dead.headers()["x-mira-code"], "revoked_key");
    verifier.extend_lease(Deadline::NEVER_ENDS);
    verifier.drop_lease();
    let unknown = service.oneshot(request(&good)).await.unwrap();
    assert_eq!(unknown.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(heard.lock().unwrap().is_empty());
}

/// What a door says, and whether it answers at all.
async fn through_door(
    answer: Option<Response<&'static str>>,
) -> (Response<String>, Vec<HeaderMap>) {
    let heard = Heard::default();
    let answer = answer.map(|answer| answer.map(Full::<Bytes>::from));
    let client = service_fn(move |question: Request<Empty<Bytes>>| {
        assert_eq!(question.uri(), "http://mira.test/authz/forward");
        assert_eq!(question.headers()["x-forwarded-uri"], "/");
        assert_eq!(question.headers()["x-forwarded-method"], "GET");
        assert_eq!(question.headers()["x-forwarded-for"], "192.0.2.1");
        assert_eq!(
            question.headers().get_all("authorization").iter().count(),
            2
        );
        assert!(!question.headers().contains_key("x-forwarded-host"));
        let answer = answer.clone();
        async move { answer.ok_or(std::io::Error::other("nobody there")) }
    });
    let peer = |_: &http::request::Parts| Some("192.0.2.1".parse().unwrap());
    let layer = DoorLayer::new(client, "http://mira.test".parse().unwrap(), peer);
    let mut given = request(&[("x-mira-app-id", "forged"), ("x-forwarded-host", "a")]);
    for value in ["Bearer a", "Bearer b"] {
        given
            .headers_mut()
            .append("authorization", value.parse().unwrap());
    }
    let answer = layer.layer(inner(&heard)).oneshot(given).await.unwrap();
    let (parts, body) = answer.into_parts();
    let body = text(Response::new(body)).await;
    let heard = heard.lock().unwrap().clone();
    (Response::from_parts(parts, body), heard)
}

#[tokio::test]
async fn door_layer_goes_on_with_a_yes_and_passes_any_other_answer_on() {
    let said = |status: u16| {
        Response::builder()
            .status(status)
            .header("x-mira-request-id", "1")
    };
    let yes = said(200)
        .header("x-mira-key-id", "key_1")
        .header("x-ratelimit-limit", "60");
    let (answer, heard) = through_door(Some(yes.body("").unwrap())).await;
    assert_eq!(
        (answer.status().as_u16(), answer.body().as_str()),
        (200, "granted: false")
    );
    assert_eq!(answer.headers()["x-ratelimit-limit"], "60");
    assert_eq!(answer.headers()["x-mira-request-id"], "1");
    assert_eq!(answer.headers()["cache-control"], "private");
    assert_eq!(heard[0]["x-mira-key-id"], "key_1");
    assert!(!heard[0].contains_key("authorization") && !heard[0].contains_key("x-mira-app-id"));

    let no = said(429).header("x-mira-code", "rate_limited_day");
    let (answer, heard) = through_door(Some(no.body("{\"error\":1}").unwrap())).await;
    assert_eq!(
        (answer.status().as_u16(), answer.body().as_str()),
        (429, "{\"error\":1}")
    );
    assert_eq!(answer.headers()["x-mira-code"], "rate_limited_day");
    assert!(heard.is_empty());
}

#[tokio::test]
async fn door_layer_lets_nobody_in_when_mira_does_not_answer() {
    let somebody_else = Response::new("welcome");
    let redirect = Response::builder().status(302).body("").unwrap();
    for answer in [None, Some(somebody_else), Some(redirect)] {
        let (answer, heard) = through_door(answer).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()["x-mira-code"], "unavailable");
        assert!(heard.is_empty());
    }
}
