//! Why a route has no answer to give, as a refusal.

use axum::response::{IntoResponse, Response};
use mira_console::{ConsoleError, PageError};
use mira_core::{Denial, Denied, Timestamp};
use mira_wire::{ErrorCode, Refusal};

/// What a route answers.
pub(crate) type Answer = Result<Response, Failure>;

/// A refusal on its way out of a route: the one table from the console's errors
/// to the wire.
pub(crate) struct Failure(Refusal);

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<PageError> for Failure {
    fn from(error: PageError) -> Self {
        Self(Refusal::invalid(error.to_string()))
    }
}

impl From<ConsoleError> for Failure {
    fn from(error: ConsoleError) -> Self {
        Self(match error {
            ConsoleError::InvalidCredentials => Refusal::error(ErrorCode::InvalidCredentials),
            ConsoleError::TooManyAttempts { retry_after_secs } => {
                Refusal::error(ErrorCode::TooManyRequests).retry_after(retry_after_secs)
            }
            ConsoleError::Forbidden => Refusal::error(ErrorCode::Forbidden),
            ConsoleError::NotFound(noun) => not_found(noun),
            ConsoleError::Invalid(text) => Refusal::invalid(text),
            ConsoleError::Conflict(text) => Refusal::because(ErrorCode::Conflict, text),
            ConsoleError::SubscriptionRequired => subscription_required(),
            ConsoleError::Unavailable => Refusal::unavailable(),
            ConsoleError::Internal(cause) => {
                tracing::error!(%cause, "the console could not answer");
                Refusal::error(ErrorCode::Internal)
            }
        })
    }
}

/// That `noun` does not exist, or belongs to somebody else: the same answer.
pub(crate) fn not_found(noun: &str) -> Refusal {
    Refusal::because(ErrorCode::NotFound, format!("{noun} not found"))
}

fn subscription_required() -> Refusal {
    let denied = Denied {
        denial: Denial::SubscriptionRequired,
        key: None,
        quota: None,
    };
    // Only windows are told by the time.
    Refusal::denied(&denied, Timestamp::MIN)
}
