//! What a form or a query says: names and values, as they were typed.

use std::fmt::Display;
use std::str::FromStr;

use axum::Form;
use axum::extract::{FromRequest, Query, Request};
use http::{StatusCode, Uri};
use mira_console::ConsoleError;
use mira_wire::ErrorCode;

use crate::fault::Fault;

/// The fields of a form or a query. It may hold a password, so it cannot print.
#[derive(Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The query of `uri`; one that cannot be read is empty.
    pub(crate) fn of_query(uri: &Uri) -> Self {
        Query::try_from_uri(uri).map_or_else(|_| Self::default(), |Query(pairs)| Self(pairs))
    }

    /// The same, and one more.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// The value of `name` as it was typed; absent reads as empty.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The value of `name` without the space around it, if there is anything.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// All values of `name`, such as those of checked boxes.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether `name` was sent at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The value of `name`, read as a `T`; absent and empty are `None`.
    pub(crate) fn parsed<T>(&self, name: &str) -> Result<Option<T>, ConsoleError>
    where
        T: FromStr<Err: Display>,
    {
        self.given(name)
            .map(str::parse)
            .transpose()
            .map_err(invalid)
    }

    /// The value of `name`, read as a `T`, which must be there.
    pub(crate) fn required<T>(&self, name: &str) -> Result<T, ConsoleError>
    where
        T: FromStr<Err: Display>,
    {
        self.text(name).parse().map_err(invalid)
    }
}

/// What somebody typed is not what was asked for.
pub(crate) fn invalid(error: impl Display) -> ConsoleError {
    ConsoleError::Invalid(error.to_string().into())
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        match Form::from_request(request, state).await {
            Ok(Form(pairs)) => Ok(Self(pairs)),
            Err(rejection) => Err(match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => Fault::of(ErrorCode::PayloadTooLarge),
                StatusCode::UNSUPPORTED_MEDIA_TYPE => Fault::new(
                    ErrorCode::UnsupportedMediaType,
                    "Pages take forms; programs use /v1",
                ),
                _ => Fault::of(ErrorCode::InvalidRequest),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn space_around_a_value_is_nothing() {
        let fields = Fields::default().with("name", "  ").with("age", " 7 ");
        assert_eq!(fields.given("name"), None);
        assert_eq!(fields.parsed::<u8>("age").unwrap(), Some(7));
        assert_eq!(fields.parsed::<u8>("absent").unwrap(), None);
        assert!(fields.required::<u8>("absent").is_err());
    }

    #[test]
    fn query_is_decoded_once() {
        let uri = "/apps?next=%2Fa%253F&x=1&x=2".parse().unwrap();
        let fields = Fields::of_query(&uri);
        assert_eq!(fields.text("next"), "/a%3F");
        assert_eq!(fields.all("x").collect::<Vec<_>>(), ["1", "2"]);
    }
}
