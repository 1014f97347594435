//! The one-time link by which the first person of an empty installation comes in.

use std::sync::Arc;

use mira_console::{ConsoleError, Token};
use mira_key::Entropy;
use subtle::ConstantTimeEq as _;

/// A link that this process printed. It stops working when there is a user, and
/// with the process.
#[derive(Clone)]
pub(crate) struct SetupLink(Option<Arc<Token>>);

impl SetupLink {
    /// No link: somebody can sign in already.
    pub(crate) const NONE: Self = Self(None);

    pub(crate) fn generate(entropy: &dyn Entropy) -> Result<Self, ConsoleError> {
        Ok(Self(Some(Arc::new(Token::generate(entropy)?))))
    }

    /// Where the link leads on the server at `url`.
    pub(crate) fn address(&self, url: &str) -> Option<String> {
        let token = self.0.as_ref()?;
        Some(format!("{url}/setup/{}", token.expose()))
    }

    /// Whether somebody who presents `token` was given the link.
    pub(crate) fn opens(&self, token: &str) -> bool {
        let expected = self.0.as_ref().map(|token| token.expose().as_bytes());
        expected.is_some_and(|expected| expected.ct_eq(token.as_bytes()).into())
    }
}
