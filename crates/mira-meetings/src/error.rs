//! Why a request was not carried out.

use axum::response::{IntoResponse, Response};
use mira_db::DbError;
use mira_outbound::{ModelError, OutboundError};
use mira_wire::{ErrorCode, Refusal};

use crate::NoId;
use crate::invalid::Invalid;
use crate::scoring::ScoringError;

/// Why a request was not carried out.
#[derive(Debug)]
pub(crate) enum Error {
    /// There is nothing of this kind with the given id, or it is another
    /// organization's, which must look the same.
    NotFound(Noun),
    /// The caller sent something wrong.
    Invalid(Invalid),
    /// The body could not be read.
    Body(Refusal),
    /// The state of things does not allow it.
    Conflict(&'static str),
    /// It is not the version that the caller has read.
    Changed,
    /// No model is configured.
    NoModel,
    /// The model gave nothing that can be used.
    Model(ScoringError),
    /// No id can be made now.
    NoId(NoId),
    /// The database did not do it.
    Database(DbError),
}

/// What an id may be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noun {
    Meeting,
    Template,
    RoleplaySession,
}

impl Noun {
    /// What was looked for, or that it was not found.
    pub(crate) fn found<T>(self, it: Option<T>) -> Result<T, Error> {
        it.ok_or(Error::NotFound(self))
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Body(refusal)
    }
}

impl From<ScoringError> for Error {
    fn from(error: ScoringError) -> Self {
        Self::Model(error)
    }
}

impl From<NoId> for Error {
    fn from(error: NoId) -> Self {
        Self::NoId(error)
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(noun) => Self::because(ErrorCode::NotFound, not_found(noun)),
            Error::Invalid(invalid) => Self::invalid(invalid.to_string()),
            Error::Body(refusal) => refusal,
            Error::Conflict(text) => Self::because(ErrorCode::Conflict, text),
            Error::Changed => Self::error(ErrorCode::PreconditionFailed),
            Error::Model(error) => model_failed(&error),
            Error::NoModel => Self::error(ErrorCode::NoModel),
            Error::NoId(error) => {
                tracing::error!(%error, "a record cannot be made");
                Self::unavailable()
            }
            Error::Database(error) => failed(&error),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        Refusal::from(self).into_response()
    }
}

/// The caller learns whether the model was slow or wrong; the rest is the operator's.
fn model_failed(error: &ScoringError) -> Refusal {
    tracing::warn!(%error, "a model failed");
    let text = "The model gave no usable answer";
    match error {
        ScoringError::Model(ModelError::Outbound(OutboundError::Deadline)) => {
            Refusal::because(ErrorCode::GatewayTimeout, "The model took too long")
        }
        ScoringError::TooLong => Refusal::invalid("The conversation is too long"),
        ScoringError::Model(_) | ScoringError::Unusable(_) => {
            Refusal::because(ErrorCode::BadGateway, text)
        }
    }
}

/// The caller learns only whether to come back; the reason is the operator's.
fn failed(error: &DbError) -> Refusal {
    tracing::error!(%error, "meetings database");
    match error {
        DbError::Unavailable(_) => Refusal::unavailable(),
        DbError::Conflict { .. } | DbError::Corrupt(_) | DbError::Internal(_) => {
            Refusal::error(ErrorCode::Internal)
        }
    }
}

const fn not_found(noun: Noun) -> &'static str {
    match noun {
        Noun::Meeting => "Meeting not found",
        Noun::Template => "Template not found",
        Noun::RoleplaySession => "Roleplay session not found",
    }
}
