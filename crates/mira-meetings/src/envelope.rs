//! What a success looks like: `{"data":…,"error":null,"meta":…}`.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use mira_wire::json_response;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::page::{Listed, Meta, Page};

/// The envelope of a success. Its members stand in the order in which the
/// published pages print them.
#[derive(Debug, Serialize)]
pub(crate) struct Envelope<T> {
    data: T,
    error: (),
    meta: Option<Meta>,
}

/// What is said of something that was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deleted {
    #[schema(value_type = String, format = Uuid)]
    pub(crate) id: Uuid,
}

impl<T> Envelope<T> {
    /// Around one thing.
    pub(crate) fn of(data: T) -> Self {
        Self {
            data,
            error: (),
            meta: None,
        }
    }
}

impl<T> Envelope<Vec<T>> {
    /// Around one page of a list.
    pub(crate) fn page(listed: Listed<T>, page: Page) -> Self {
        Self {
            data: listed.items,
            error: (),
            meta: Some(page.meta(listed.total)),
        }
    }
}

impl<T: Serialize> IntoResponse for Envelope<T> {
    fn into_response(self) -> Response {
        json_response(StatusCode::OK, &self)
    }
}
