//! What can be wrong with a member of a body or a parameter of a query.

use crate::transcript::BadTranscript;

/// What is wrong, with the name of the member or parameter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Invalid {
    #[error("{0} is required")]
    Missing(&'static str),
    #[error("{member} must be 1 to {max} characters without control characters")]
    Line { member: &'static str, max: usize },
    #[error(
        "{member} must be text of at most {max} characters, with line breaks and tabs \
         as the only control characters"
    )]
    Prose { member: &'static str, max: usize },
    #[error("{member} must have 1 to {max} entries")]
    Count { member: &'static str, max: usize },
    #[error("{member} must have at most {max} entries")]
    TooMany { member: &'static str, max: usize },
    #[error("{0} must be a number above zero, at most 1000")]
    NotAWeight(&'static str),
    #[error("{0} must be an http or https URL of at most 2000 characters")]
    NotAUrl(&'static str),
    #[error("{0} must be a speaker of the transcript")]
    NotASpeaker(&'static str),
    #[error("transcript, {0}")]
    Transcript(#[from] BadTranscript),
    #[error("{0} is given more than once")]
    Repeated(&'static str),
    #[error("{0} must be a whole number, at least 1")]
    NotPositive(&'static str),
    #[error("{parameter} must be one of {words}")]
    NotAWord {
        parameter: &'static str,
        words: String,
    },
    #[error("{0} must be before {1}")]
    NotBefore(&'static str, &'static str),
    #[error("{0} must be a UUID")]
    NotAUuid(&'static str),
    #[error("{0} must be true or false")]
    NotABoolean(&'static str),
    #[error("{0} must be an instant as in 2026-01-15T10:30:00Z or a date as in 2026-01-15")]
    NotAnInstant(&'static str),
}
