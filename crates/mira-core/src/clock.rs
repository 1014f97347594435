//! Where the time comes from: an argument, never a global.

use crate::Timestamp;

/// A source of the current instant. The verifier's clock is the real one;
/// tests own one that they move by hand.
pub trait Clock: Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;
}
