//! A model server on a loopback port that speaks the protocol of chat completions
//! and does as it is told: answers, streams, dawdles, fails, hangs, floods and lies.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::header::CONTENT_TYPE;
use http::{StatusCode, Version};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};

/// Longer than anything that a test waits for should take.
const SOON: Duration = Duration::from_secs(10);
/// The tokens that an answer by [`Reply::Text`] says it used.
pub const ANSWER_TOKENS: (u64, u64) = (10, 5);
/// What a failing server says, and nobody else may repeat.
pub const MODEL_SECRET: &str = "the key sk-secret is wrong at 10.1.2.3";

/// What a model server does with one question.
pub enum Reply {
    /// Answers with this text, for [`ANSWER_TOKENS`].
    Text(String),
    /// Answers with this status and [`MODEL_SECRET`].
    Status(u16),
    /// Answers with this content type and body.
    Raw(&'static str, Bytes),
    /// Sends these pieces as events, and ends so.
    Events(Vec<&'static str>, End),
    /// Sends this piece again and again, at this distance and so often, and then the last one.
    Paced(&'static str, Duration, usize, &'static str),
    /// Answers with this content type and more bytes than anybody wants.
    Flood(&'static str),
    /// Does the other thing, once it has a permit.
    After(Arc<Semaphore>, Box<Reply>),
    /// Does the other thing, after a while.
    Later(Duration, Box<Reply>),
    /// Never answers.
    Hang,
}

/// How a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Well.
    Close,
    /// By a broken connection.
    Break,
    /// Not at all.
    Hang,
}

/// A running model server; it ends with its runtime.
pub struct ModelServer {
    base_url: String,
    asked: mpsc::UnboundedReceiver<(Version, Bytes)>,
    left: mpsc::UnboundedReceiver<()>,
}

/// Tells when whoever waited for an answer has gone.
struct Leaving(mpsc::UnboundedSender<()>);

impl ModelServer {
    /// A server that does with each question, as JSON, what `reply` says.
    pub async fn new<F>(reply: F) -> Self
    where
        F: Fn(&Value) -> Reply + Clone + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("a free port");
        let base_url = base_url(&listener);
        let (asking, asked) = mpsc::unbounded_channel();
        let (leaving, left) = mpsc::unbounded_channel();
        let router = Router::new().fallback(move |version: Version, body: Bytes| {
            let question = serde_json::from_slice(&body).expect("a question is JSON");
            // A test that no longer looks has dropped the other end.
            asking.send((version, body)).ok();
            respond(reply(&question), Leaving(leaving.clone()))
        });
        let listener = listener.tap_io(|stream| {
            stream.set_nodelay(true).expect("a socket has options");
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            base_url,
            asked,
            left,
        }
    }

    /// Answers with `claims` for a text, and as `letter` says of a claim for a question.
    pub async fn panelist<F>(claims: &'static [&'static str], letter: F) -> Self
    where
        F: Fn(&str) -> Reply + Clone + Send + Sync + 'static,
    {
        Self::new(move |question| match claim(question) {
            Some(claim) => letter(claim),
            None => Reply::text(json!({"claims": claims}).to_string()),
        })
        .await
    }

    /// The address for `base_url` of a model.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A `[[model]]` of this server for `mira.toml`, for 1 and 2 dollars a million tokens.
    /// HTTP/1.1 is spoken unless `http2 = true` is added; the server takes both.
    pub fn table(&self, id: &str) -> String {
        format!(
            "[[model]]\nid = \"{id}\"\nbase_url = \"{}\"\n\
             prompt_usd_per_million = 1\ncompletion_usd_per_million = 2\n",
            self.base_url
        )
    }

    /// The next question, as it was sent.
    pub async fn asked(&mut self) -> Bytes {
        self.asked_by().await.1
    }

    /// The same, with the version of HTTP by which it came.
    pub async fn asked_by(&mut self) -> (Version, Bytes) {
        let asked = timeout(SOON, self.asked.recv()).await;
        asked.expect("a question in time").expect("a question")
    }

    /// How many more questions come until none has come for a moment.
    pub async fn asked_more(&mut self) -> usize {
        const MOMENT: Duration = Duration::from_millis(200);
        let mut more = 0;
        while timeout(MOMENT, self.asked.recv()).await.is_ok() {
            more += 1;
        }
        more
    }

    /// Waits until a caller that was left hanging has gone.
    pub async fn left(&mut self) {
        let left = timeout(SOON, self.left.recv()).await;
        left.expect("a caller leaves in time").expect("a caller");
    }

    /// The address of a server that is not there.
    pub async fn nobody() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        base_url(&listener.expect("a free port"))
    }
}

impl Reply {
    /// An answer with this text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A body of JSON.
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::Raw("application/json", body.into())
    }
}

/// The claim that a question is about; `None` if claims are asked for.
pub fn claim(question: &Value) -> Option<&str> {
    let asked = question.pointer("/messages/1/content")?.as_str()?;
    let (_, rest) = asked.split_once("<claim>")?;
    Some(rest.split_once("</claim>")?.0)
}

/// The body of an answer by [`Reply::Text`].
pub fn completion(text: &str) -> String {
    let (prompt, answer) = ANSWER_TOKENS;
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}],
        "usage": {
            "prompt_tokens": prompt,
            "completion_tokens": answer,
            "total_tokens": prompt + answer,
        },
    })
    .to_string()
}

fn base_url(listener: &TcpListener) -> String {
    let address = listener.local_addr().expect("a bound listener");
    format!("http://{address}/v1")
}

async fn respond(reply: Reply, leaving: Leaving) -> Response {
    match reply {
        Reply::Text(text) => raw("application/json", completion(&text).into()),
        Reply::Status(status) => {
            let status = StatusCode::from_u16(status).expect("a status");
            (status, MODEL_SECRET).into_response()
        }
        Reply::Raw(kind, body) => raw(kind, body),
        Reply::Events(pieces, end) => events(pieces, end, leaving),
        Reply::Paced(piece, pause, times, last) => {
            let paced = stream::iter(0..times).then(move |_| async move {
                sleep(pause).await;
                Ok::<_, Infallible>(piece)
            });
            let last = stream::once(async move { Ok(last) });
            event_stream(Body::from_stream(paced.chain(last)))
        }
        Reply::Flood(kind) => {
            let piece = Bytes::from(vec![b' '; 1 << 20]);
            let flood = stream::repeat(piece).map(Ok::<_, Infallible>).take(1000);
            ([(CONTENT_TYPE, kind)], Body::from_stream(flood)).into_response()
        }
        Reply::After(told, reply) => {
            let permit = told.acquire().await;
            permit.expect("a semaphore that stays open").forget();
            Box::pin(respond(*reply, leaving)).await
        }
        Reply::Later(pause, reply) => {
            sleep(pause).await;
            Box::pin(respond(*reply, leaving)).await
        }
        Reply::Hang => {
            let _leaving = leaving;
            std::future::pending().await
        }
    }
}

fn raw(kind: &'static str, body: Bytes) -> Response {
    ([(CONTENT_TYPE, kind)], body).into_response()
}

fn event_stream(body: Body) -> Response {
    ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], body).into_response()
}

fn events(pieces: Vec<&'static str>, end: End, leaving: Leaving) -> Response {
    let pieces = stream::iter(pieces).map(Ok::<_, std::io::Error>);
    let end = stream::once(async move {
        let _leaving = leaving;
        match end {
            End::Close => None,
            End::Break => {
                // What was sent before must be on its way first.
                sleep(Duration::from_millis(50)).await;
                Some(Err(std::io::Error::other("broken")))
            }
            End::Hang => std::future::pending().await,
        }
    });
    event_stream(Body::from_stream(
        pieces.chain(end.filter_map(std::future::ready)),
    ))
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}
