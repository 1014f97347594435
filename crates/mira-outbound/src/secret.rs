//! Text that must not be seen: a provider's API key on its way from the
//! configuration to a request header.

use std::fmt;

use zeroize::Zeroizing;

/// A secret string: overwritten when dropped, redacted in `Debug`, without
/// `Display` or serialization.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}
