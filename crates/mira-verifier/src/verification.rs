//! What came of asking the verifier.

use mira_core::Decision;

use crate::Refill;

/// The outcome of one verification.
#[derive(Debug, Clone, PartialEq)]
pub enum Verification {
    /// Yes or no.
    Decided(Decision),
    /// It cannot be known now: there is no lease. Answered 503, never 401, so
    /// that nobody throws a good key away.
    Unavailable,
    /// The answer needs something that memory does not hold. Let a
    /// [`Refiller`](crate::Refiller) fetch it and ask once more.
    Needs(Refill),
}
