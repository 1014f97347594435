//! The operations over HTTP: read the request, ask [`Meetings`](crate::Meetings),
//! answer. No handler sees anything but the grant's own organization.

mod meetings;
mod roleplay;
mod team;
mod templates;

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Path};
use axum::routing::{get, post, put};
use http::request::Parts;
use mira_wire::{ErrorCode, Refusal};
use uuid::Uuid;

use crate::document;
use crate::meetings::Meetings;
use crate::operations::PREFIX;
use crate::uuid_text::parse_uuid;

/// The routes of [`OPERATIONS`](crate::OPERATIONS), below [`PREFIX`]. Every
/// request must carry an `Extension<mira_core::Grant>`, and refusals must pass
/// through [`mira_wire::finish`].
pub fn router(meetings: Arc<Meetings>) -> Router {
    let routes = Router::new()
        .route("/openapi.json", get(document::show))
        .route("/meetings", get(meetings::list).post(meetings::ingest))
        .route(
            "/meetings/{id}",
            get(meetings::show).delete(meetings::delete),
        )
        .route("/meetings/{id}/report", get(meetings::reports))
        .route("/meetings/{id}/transcript", put(meetings::bring_transcript))
        .route("/templates", get(templates::list).post(templates::create))
        .route(
            "/templates/{id}",
            get(templates::show)
                .patch(templates::edit)
                .delete(templates::delete),
        )
        .route("/team/stats", get(team::stats))
        .route("/insights", get(team::insights))
        .route(
            "/roleplay/sessions",
            get(roleplay::list).post(roleplay::start),
        )
        .route("/roleplay/sessions/{id}", get(roleplay::show))
        .route("/roleplay/sessions/{id}/messages", post(roleplay::say))
        .route("/roleplay/sessions/{id}/complete", post(roleplay::complete))
        .method_not_allowed_fallback(async || Refusal::error(ErrorCode::MethodNotAllowed));
    Router::new()
        .nest(PREFIX, routes)
        .fallback(async || Refusal::error(ErrorCode::NotFound))
        .with_state(meetings)
}

/// The id in a path. One that is no UUID is the id of nothing.
struct PathId(Option<Uuid>);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(text.ok().and_then(|Path(text)| parse_uuid(&text))))
    }
}
