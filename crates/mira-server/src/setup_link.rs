//! The one-time link by which the first person of an empty installation comes in.

use std::sync::Arc;

use mira_key::{Entropy, EntropyError};
use subtle::ConstantTimeEq as _;

/// A link that this process printed. It stops working when there is a user, and
/// with the process.
#[derive(Clone)]
pub(crate) struct SetupLink(Option<Arc<str>>);

impl SetupLink {
    /// No link: somebody can sign in already.
    pub(crate) const NONE: Self = Self(None);

    pub(crate) fn generate(entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut random = [0_u8; 24];
        entropy.fill(&mut random)?;
        let text: Vec<String> = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self(Some(text.concat().into())))
    }

    /// Where the link leads on the server at `url`.
    pub(crate) fn address(&self, url: &str) -> Option<String> {
        self.0.as_ref().map(|token| format!("{url}/setup/{token}"))
    }

    /// Whether somebody who presents `token` was given the link.
    pub(crate) fn opens(&self, token: &str) -> bool {
        let expected = self.0.as_deref();
        expected.is_some_and(|expected| expected.as_bytes().ct_eq(token.as_bytes()).into())
    }
}
