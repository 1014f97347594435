//! What a verification may need from outside, and who fetches it.

use std::pin::Pin;

use mira_core::{KeyId, Shortage};
use mira_key::KeyDigest;

/// A boxed future that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What memory does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refill {
    /// The facts of this key, which has the form of one but is not known here;
    /// it may have been issued on another node a moment ago.
    Key(KeyDigest),
    /// More units of a window of this key, where many nodes share its windows.
    Window {
        /// The key's digest, to credit them to.
        digest: KeyDigest,
        /// The key.
        key_id: KeyId,
        /// What is missing.
        shortage: Shortage,
    },
}

/// Fetches what a verification needs.
///
/// After `Ok` the edge verifies again. A key that is missing even then is unknown.
/// Units may have been spent by others meanwhile, and are asked for again a few
/// times. Any error is answered as unavailable.
pub trait Refiller: Send + Sync {
    /// Brings the verifier to where it can answer, through
    /// [`Verifier::apply`](crate::Verifier::apply) or
    /// [`Verifier::credit`](crate::Verifier::credit). An older record must not be
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
    /// By its own clock the store is not in the window that this node is in.
    #[error("the clocks of this node and of the store differ")]
    WrongTime,
}
