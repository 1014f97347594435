//! A provider on a loopback port that does as it is told, good or bad.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

use crate::edge::SOON;

/// What a provider does with one question.
pub(crate) enum Reply {
    /// Answers with this text, for 10 and 5 tokens.
    Text(String),
    /// Answers with this status and a text that must not get out.
    Status(u16),
    /// Answers with this content type and body.
    Raw(&'static str, String),
    /// Sends these pieces as events and then ends, or not.
    Events(Vec<&'static str>, End),
    /// Does the other thing, once it has a permit.
    After(Arc<Semaphore>, Box<Reply>),
    /// Never answers.
    Hang,
}

/// How a stream ends.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Close,
    Break,
    Hang,
}

pub(crate) struct Provider {
    pub(crate) base_url: String,
    asked: mpsc::UnboundedReceiver<Bytes>,
    left: mpsc::UnboundedReceiver<()>,
}

/// Tells when whoever waited for an answer has gone.
struct Leaving(mpsc::UnboundedSender<()>);

impl Provider {
    pub(crate) async fn new<F>(reply: F) -> Self
    where
        F: Fn(&Value) -> Reply + Clone + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let (asking, asked) = mpsc::unbounded_channel();
        let (leaving, left) = mpsc::unbounded_channel();
        let router = Router::new().fallback(move |body: Bytes| {
            let question = serde_json::from_slice(&body).unwrap();
            asking.send(body).unwrap();
            respond(reply(&question), Leaving(leaving.clone()))
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            base_url,
            asked,
            left,
        }
    }

    /// Claims for a text, and `letter` of the claim for a question.
    pub(crate) async fn panelist(
        claims: &'static [&'static str],
        letter: impl Fn(&str) -> Reply + Clone + Send + Sync + 'static,
    ) -> Self {
        Self::new(move |question| match claim(question) {
            Some(claim) => letter(claim),
            None => Reply::text(json!({"claims": claims}).to_string()),
        })
        .await
    }

    /// The next question, as it was sent.
    pub(crate) async fn asked(&mut self) -> Bytes {
        timeout(SOON, self.asked.recv()).await.unwrap().unwrap()
    }

    /// How many more questions came within a moment.
    pub(crate) async fn asked_more(&mut self) -> usize {
        let mut more = 0;
        while timeout(Duration::from_millis(200), self.asked.recv())
            .await
            .is_ok()
        {
            more += 1;
        }
        more
    }

    /// Waits until a caller that was left hanging has gone.
    pub(crate) async fn left(&mut self) {
        timeout(SOON, self.left.recv()).await.unwrap().unwrap();
    }
}

impl Reply {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

/// The claim that a question is about; `None` if claims are asked for.
pub(crate) fn claim(question: &Value) -> Option<&str> {
    let asked = question["messages"][1]["content"].as_str().unwrap();
    let (_, rest) = asked.split_once("<claim>")?;
    Some(rest.split_once("</claim>").unwrap().0)
}

pub(crate) fn completion(text: &str) -> String {
    json!({
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    })
    .to_string()
}

async fn respond(reply: Reply, leaving: Leaving) -> Response {
    match reply {
        Reply::Text(text) => raw("application/json", completion(&text)),
        Reply::Status(status) => {
            let secret = "the key sk-secret is wrong";
            (StatusCode::from_u16(status).unwrap(), secret).into_response()
        }
        Reply::Raw(kind, body) => raw(kind, body),
        Reply::Events(pieces, end) => events(pieces, end, leaving),
        Reply::After(told, reply) => {
            told.acquire().await.unwrap().forget();
            Box::pin(respond(*reply, leaving)).await
        }
        Reply::Hang => {
            let _leaving = leaving;
            std::future::pending().await
        }
    }
}

fn raw(kind: &'static str, body: String) -> Response {
    ([(CONTENT_TYPE, kind)], body).into_response()
}

fn events(pieces: Vec<&'static str>, end: End, leaving: Leaving) -> Response {
    let pieces = stream::iter(pieces).map(Ok::<_, std::io::Error>);
    let end = stream::once(async move {
        let _leaving = leaving;
        match end {
            End::Close => None,
            End::Break => {
                // What was sent before must be on its way first.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Some(Err(std::io::Error::other("broken")))
            }
            End::Hang => std::future::pending().await,
        }
    });
    let body = Body::from_stream(pieces.chain(end.filter_map(std::future::ready)));
    ([(CONTENT_TYPE, "text/event-stream; charset=utf-8")], body).into_response()
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// An address on which nothing listens.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}
