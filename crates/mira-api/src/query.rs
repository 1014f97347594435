//! Queries, read strictly: an unknown or repeated parameter is an error.

use axum::extract::FromRequestParts;
use http::request::Parts;
use mira_wire::Refusal;
use serde::de::DeserializeOwned;

/// The parameters of a query, as `T` names them. `T` denies unknown fields.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(parameters)| Self(parameters))
            .map_err(|rejection| {
                let text = rejection.body_text();
                let text = text
                    .rsplit_once("query string: ")
                    .map_or("", |(_, why)| why);
                Refusal::invalid(format!("The query is not as documented: {text}"))
            })
    }
}
