//! Providers that speak HTTP/2 by prior knowledge.

use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use futures_util::{StreamExt as _, stream};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use mira_outbound::{
    ChatRequest, HttpClient, HttpVersions, Model, ModelClient, ModelError, OutboundError,
    read_bounded,
};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, mpsc};
use tokio::task::JoinSet;

use crate::server;

const LONG: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(200);
const ANSWER: &str = r#"{"choices":[{"message":{"content":"A"}}]}"#;

/// A server that speaks HTTP/2 alone and takes `max_streams` requests on a connection.
struct Http2Server {
    base_url: String,
    /// From where each request came, in order.
    asked: mpsc::UnboundedReceiver<SocketAddr>,
    /// Who gave a request up that was never answered.
    left: mpsc::UnboundedReceiver<()>,
}

/// Tells that a request is gone.
struct Leaving(mpsc::UnboundedSender<()>);

impl Drop for Leaving {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

type Answer = Response<http_body_util::combinators::UnsyncBoxBody<Bytes, Infallible>>;

impl Http2Server {
    /// At `/wait` nothing is ever said, at `/stream` two pieces and then nothing; and
    /// elsewhere everybody is answered as soon as `together` have asked.
    async fn new(max_streams: u32, together: usize) -> Self {
        Self::of(max_streams, together, usize::MAX).await
    }

    /// The same, and it takes only so many connections; any other is refused.
    async fn of(max_streams: u32, together: usize, max_connections: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let (asking, asked) = mpsc::unbounded_channel();
        let (leaving, left) = mpsc::unbounded_channel();
        let together = Arc::new(Barrier::new(together));
        tokio::spawn(async move {
            let mut serving = JoinSet::new();
            for _ in 0..max_connections {
                let (io, peer) = listener.accept().await.unwrap();
                let (asking, leaving) = (asking.clone(), leaving.clone());
                let together = Arc::clone(&together);
                let service = service_fn(move |request: Request<Incoming>| {
                    let _ = asking.send(peer);
                    let (leaving, together) = (Leaving(leaving.clone()), Arc::clone(&together));
                    async move { Ok::<_, Infallible>(answer(request, leaving, &together).await) }
                });
                let mut builder = http2::Builder::new(TokioExecutor::new());
                builder.max_concurrent_streams(max_streams);
                serving.spawn(builder.serve_connection(TokioIo::new(io), service));
            }
            drop(listener);
            serving.join_all().await;
        });
        Self {
            base_url,
            asked,
            left,
        }
    }

    /// How many connections the next `count` requests come on.
    async fn connections(&mut self, count: usize) -> usize {
        let mut peers = Vec::new();
        for _ in 0..count {
            peers.push(self.asked.recv().await.unwrap());
        }
        peers.sort();
        peers.dedup();
        peers.len()
    }
}

async fn answer(request: Request<Incoming>, leaving: Leaving, together: &Barrier) -> Answer {
    match request.uri().path() {
        "/wait/chat/completions" => {
            let _leaving = leaving;
            pending().await
        }
        "/stream/chat/completions" => {
            let pieces = stream::iter(["data: 1\n\n", "data: 2\n\n"]);
            let rest = stream::once(async move {
                let _leaving = leaving;
                pending().await
            });
            let pieces = pieces
                .chain(rest)
                .map(|piece| Ok(Frame::data(piece.into())));
            Response::new(StreamBody::new(pieces).boxed_unsync())
        }
        _ => {
            std::mem::forget(leaving);
            together.wait().await;
            Response::new(Full::from(ANSWER).boxed_unsync())
        }
    }
}

fn http2() -> HttpClient {
    HttpClient::new().speaking(HttpVersions::Http2)
}

fn model(http: &HttpClient, base_url: &str) -> ModelClient {
    let model = Model {
        id: "x/a".into(),
        name: "a".into(),
        base_url: base_url.into(),
        api_key: None,
    };
    ModelClient::new(http.clone(), model).unwrap()
}

#[tokio::test]
async fn where_no_more_connections_can_be_had_places_are_waited_for() {
    let mut server = Http2Server::of(2, 1, 1).await;
    let model = model(&http2(), &server.base_url);
    let question = ChatRequest::default();
    let asked = join_all((0..20).map(|_| model.complete(&question, LONG))).await;
    assert!(asked.iter().all(Result::is_ok), "{asked:?}");
    assert_eq!(server.connections(20).await, 1);
}

#[tokio::test]
async fn questions_to_one_server_share_a_connection() {
    let mut server = Http2Server::new(200, 20).await;
    // Different models of one provider, too.
    let http = http2();
    let models = [
        model(&http, &server.base_url),
        model(&http, &server.base_url),
    ];
    let question = ChatRequest::default();
    let asked = (0..20).map(|index| models[index % 2].complete(&question, LONG));
    for answer in join_all(asked).await {
        assert_eq!(answer.unwrap().text, "A");
    }
    assert_eq!(server.connections(20).await, 1);
}

#[tokio::test]
async fn one_more_connection_is_opened_where_the_server_takes_no_more_requests() {
    // Nobody is answered before all five have asked.
    let mut server = Http2Server::new(2, 5).await;
    let model = model(&http2(), &server.base_url);
    let question = ChatRequest::default();
    for answer in join_all((0..5).map(|_| model.complete(&question, LONG))).await {
        assert_eq!(answer.unwrap().text, "A");
    }
    assert_eq!(server.connections(5).await, 3);
}

#[tokio::test]
async fn a_question_that_is_given_up_leaves_its_place_and_the_connection_to_others() {
    let mut server = Http2Server::new(1, 1).await;
    let http = http2();
    let waits = model(&http, &format!("{}/wait", server.base_url));
    let answers = model(&http, &server.base_url);
    let question = ChatRequest::default();

    let deadline = Err(ModelError::Outbound(OutboundError::Deadline));
    assert_eq!(waits.complete(&question, SHORT).await, deadline);
    server.left.recv().await.unwrap();
    tokio::select! {
        _ = waits.complete(&question, LONG) => panic!("nobody answers"),
        () = tokio::time::sleep(SHORT) => {}
    }
    server.left.recv().await.unwrap();
    answers.complete(&question, LONG).await.unwrap();
    assert_eq!(server.connections(3).await, 1);
}

#[tokio::test]
async fn an_answer_streams_and_leaving_it_ends_it_alone() {
    let mut server = Http2Server::new(200, 1).await;
    let http = http2();
    let streams = model(&http, &format!("{}/stream", server.base_url));
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let answer = streams.forward("{}".into(), LONG).await.unwrap();
        let mut body = answer.into_body();
        for expected in ["data: 1\n\n", "data: 2\n\n"] {
            let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
            assert_eq!(piece, expected);
        }
        bodies.push(body);
    }
    bodies.pop();
    server.left.recv().await.unwrap();
    assert!(server.left.try_recv().is_err());
    let answers = model(&http, &server.base_url);
    answers
        .complete(&ChatRequest::default(), LONG)
        .await
        .unwrap();
    assert_eq!(server.connections(3).await, 1);
}

#[tokio::test]
async fn a_silent_stream_ends_in_time() {
    let server = Http2Server::new(200, 1).await;
    let streams = model(&http2(), &format!("{}/stream", server.base_url));
    let answer = streams.forward("{}".into(), SHORT).await.unwrap();
    let read = read_bounded(answer.into_body(), 1 << 10, LONG).await;
    assert_eq!(read, Err(OutboundError::Deadline));
}

#[tokio::test]
async fn a_question_that_the_server_did_not_take_up_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (io, _) = listener.accept().await.unwrap();
        let mut connection = h2::server::handshake(io).await.unwrap();
        let mut refused = 0;
        while let Some(asked) = connection.accept().await {
            let (_, mut respond) = asked.unwrap();
            if refused < 2 {
                refused += 1;
                respond.send_reset(h2::Reason::REFUSED_STREAM);
                continue;
            }
            let mut body = respond.send_response(Response::new(()), false).unwrap();
            body.send_data(Bytes::from_static(ANSWER.as_bytes()), true)
                .unwrap();
        }
    });
    let model = model(&http2(), &base_url);
    let answer = model.complete(&ChatRequest::default(), LONG).await;
    assert_eq!(answer.unwrap().text, "A");
}

#[tokio::test]
async fn a_server_that_does_not_speak_it_is_a_failure_and_no_hang() {
    let (http1, _asked) = server::http(|_| server::json(ANSWER)).await;
    let (silent, _closed) = server::bytes(vec![], SHORT).await;
    let question = ChatRequest::default();
    for (url, expected) in [
        (http1, OutboundError::Broken),
        (silent, OutboundError::Deadline),
        (
            server::nobody().await,
            OutboundError::Connect(std::io::ErrorKind::ConnectionRefused),
        ),
    ] {
        let answer = model(&http2(), &url).complete(&question, SHORT * 3).await;
        assert_eq!(answer, Err(expected.into()), "{url}");
    }
}

#[tokio::test]
async fn without_prior_knowledge_a_plain_server_is_spoken_to_by_http_1() {
    let (url, mut asked) = server::http(|_| server::json("{}")).await;
    for versions in [HttpVersions::Negotiated, HttpVersions::Http1] {
        let client = HttpClient::new().speaking(versions);
        let request = Request::get(&url).body(Full::default()).unwrap();
        let answer = client.send(request, LONG).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let seen = asked.recv().await.unwrap();
        assert_eq!(seen.version(), http::Version::HTTP_11);
    }
}
