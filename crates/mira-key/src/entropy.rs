//! Where random bytes come from: an argument, never a global.

/// A source of bytes that nobody can predict. The edges own one backed by the
/// operating system; tests own a seeded one.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` wholly or fails; a partly filled buffer must not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The operating system gave no random bytes, so no key may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes")]
pub struct EntropyError;
