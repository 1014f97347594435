//! What a verification may need from outside, and who fetches it.

use std::pin::Pin;

use mira_key::KeyDigest;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What memory does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refill {
    /// The facts of this key, which has the form of one but is not known here;
    /// it may have been issued on another node a moment ago.
    Key(KeyDigest),
}

/// Fetches what a verification needs.
///
/// The edge asks once per request: after `Ok` it verifies again, and a second
/// [`Needs`](crate::Verification::Needs) counts as an unknown key. Any error is
/// answered as unavailable.
pub trait Refiller: Send + Sync {
    /// Brings the verifier to where it can answer, through
    /// [`Verifier::apply`](crate::Verifier::apply). An older record must not be
    /// applied over a newer change; catching up with the changelog keeps that true.
    fn refill(&self, need: Refill) -> BoxFuture<'_, Result<(), RefillError>>;
}

/// The store could not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefillError {
    /// The store is not in reach.
    #[error("the store is not in reach")]
    Unreachable,
    /// The store took too long.
    #[error("the store did not answer in time")]
    TimedOut,
    /// Too many requests wait for the store already.
    #[error("too many requests wait for the store")]
    Overloaded,
}
