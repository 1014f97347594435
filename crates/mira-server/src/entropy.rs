//! Random bytes from the operating system.

use mira_key::{Entropy, EntropyError};

/// The operating system's random number generator. It has no state of ours that
/// could be forked, saved or guessed.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the entropy that everybody else takes"
    )]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|_| EntropyError)
    }
}
