//! A model that answers what it is told to.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What the model does next.
pub(crate) enum Line {
    Says(String),
    Fails,
    Hangs,
}

/// The model's address, and what it was asked.
pub(crate) struct Script {
    pub(crate) base_url: String,
    asked: Arc<Stage>,
}

#[derive(Default)]
struct Stage {
    lines: Mutex<Vec<Line>>,
    asked: Mutex<Vec<Value>>,
}

impl Script {
    /// Plays `lines` in their order; when they have run out it fails.
    pub(crate) async fn play(lines: Vec<Line>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}/v1", listener.local_addr().unwrap());
        let stage = Arc::new(Stage {
            lines: Mutex::new(lines.into_iter().rev().collect()),
            asked: Mutex::default(),
        });
        let router = Router::new()
            .route("/v1/chat/completions", post(answer))
            .with_state(Arc::clone(&stage));
        tokio::spawn(async { axum::serve(listener, router).await });
        Self {
            base_url,
            asked: stage,
        }
    }

    /// The bodies of the requests so far.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.asked.asked.lock().unwrap().clone()
    }
}

async fn answer(
    State(stage): State<Arc<Stage>>,
    Json(body): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    stage.asked.lock().unwrap().push(body);
    let line = stage.lines.lock().unwrap().pop();
    match line {
        Some(Line::Says(text)) => Ok(Json(json!({"choices": [{"message": {"content": text}}]}))),
        Some(Line::Hangs) => std::future::pending().await,
        Some(Line::Fails) | None => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
