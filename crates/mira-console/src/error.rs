//! Why a use case was not carried out.

use std::borrow::Cow;

use mira_core::{EditError, IllegalTransition};
use mira_db::DbError;
use mira_key::EntropyError;
use mira_store::StoreError;

/// Why a use case was not carried out. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The address or the password is wrong; which of them is not said.
    #[error("email or password is wrong")]
    InvalidCredentials,
    /// Too many failed sign-ins from this address or for this account.
    #[error("too many failed sign-ins")]
    TooManyAttempts {
        /// When to come back.
        retry_after_secs: u64,
    },
    /// The caller's role does not allow it.
    #[error("the caller's role does not allow this")]
    Forbidden,
    /// It does not exist, or belongs to somebody else: the same answer.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The input is wrong, and how.
    #[error("{0}")]
    Invalid(Cow<'static, str>),
    /// The state of things does not allow it now.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// Organization keys need an active Business or Enterprise subscription.
    #[error("API access requires an active Business or Enterprise subscription")]
    SubscriptionRequired,
    /// The store did not confirm, so what happened is not known.
    #[error("the store did not confirm")]
    Unavailable,
    /// Our fault; the cause is for the log.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ConsoleError {
    pub(crate) fn invalid(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid(text.into())
    }

    pub(crate) fn conflict(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict(text.into())
    }
}

impl From<EntropyError> for ConsoleError {
    fn from(error: EntropyError) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<IllegalTransition> for ConsoleError {
    fn from(error: IllegalTransition) -> Self {
        Self::conflict(capitalized(&error.to_string()))
    }
}

impl From<EditError> for ConsoleError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Final(transition) => transition.into(),
            EditError::PermissionsOfAppKey | EditError::NotRetiring => {
                Self::invalid(capitalized(&error.to_string()))
            }
            // It begins with a member's name.
            EditError::GraceTooLong => Self::invalid(error.to_string()),
        }
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

impl From<StoreError> for ConsoleError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Database(error) => error.into(),
            StoreError::Missing(record) => Self::NotFound(noun(record)),
            StoreError::Forked => Self::Unavailable,
            StoreError::Page(error) => Self::invalid(capitalized(&error.to_string())),
            StoreError::BalanceOverflow => Self::invalid("The balance would become too large"),
        }
    }
}

/// The word of the console for a record of the store.
fn noun(record: &'static str) -> &'static str {
    match record {
        "app" => "App",
        "key" => "Key",
        "organization" => "Organization",
        "user" => "Member",
        other => other,
    }
}

impl From<DbError> for ConsoleError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Unavailable(_) => Self::Unavailable,
            DbError::Conflict { .. } => Self::conflict(
                "It exists already; read it, and try again if it is not what you want",
            ),
            DbError::Corrupt(_) | DbError::Internal(_) => Self::Internal(Box::new(error)),
        }
    }
}
