//! The HTTP side: two doors, bounded bodies, and every refusal in the shape
//! clients of the format expect.

use std::convert::Infallible;
use std::io;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Json, Response, Sse};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::chat::{Answer, Question, error};
use crate::rules::{MODELS, Model, answer};

/// The longest request body, in bytes.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// The doors of the practice server.
pub fn router() -> Router {
    Router::new()
        .route("/v1/chat/completions", post(complete))
        .route("/v1/models", get(models))
        .fallback(async || refuse(StatusCode::NOT_FOUND, "Unknown path", None))
        .method_not_allowed_fallback(async || {
            refuse(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed", None)
        })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// Serves [`router`] until `shutdown` resolves and open requests are answered.
pub async fn serve(
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let listener = listener.tap_io(|stream| {
        // Without it answers are only slower.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router())
        .with_graceful_shutdown(shutdown)
        .await
}

async fn complete(body: Result<Bytes, BytesRejection>) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return refuse(rejection.status(), "The body cannot be read", None),
    };
    let question: Question = match serde_json::from_slice(&body) {
        Ok(question) => question,
        Err(reason) => {
            let message = format!("The body is not a chat completion request: {reason}");
            return refuse(StatusCode::BAD_REQUEST, &message, None);
        }
    };
    if question.messages.is_empty() {
        return refuse(StatusCode::BAD_REQUEST, "messages must not be empty", None);
    }
    let Some(model) = Model::named(&question.model) else {
        let message = format!("The model `{}` does not exist", question.model);
        return refuse(StatusCode::NOT_FOUND, &message, Some("model_not_found"));
    };
    let answer = Answer::new(&question, model.name(), answer(model, &question.messages));
    if question.wants_stream() {
        events(answer.into_chunks(question.wants_usage_chunk()))
    } else {
        Json(answer.completion()).into_response()
    }
}

fn events(chunks: impl Iterator<Item = Value> + Send + 'static) -> Response {
    let data = chunks
        .map(|chunk| chunk.to_string())
        .chain(["[DONE]".to_owned()]);
    let events = data.map(|data| Ok::<_, Infallible>(Event::default().data(data)));
    Sse::new(stream::iter(events)).into_response()
}

async fn models() -> Json<Value> {
    let models =
        MODELS.map(|id| json!({"id": id, "object": "model", "created": 0, "owned_by": "practice"}));
    Json(json!({"object": "list", "data": models}))
}

fn refuse(status: StatusCode, message: &str, code: Option<&str>) -> Response {
    (status, Json(error(message, code))).into_response()
}
