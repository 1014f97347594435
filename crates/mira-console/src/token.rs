//! Tokens that a person carries: sessions, invitations and the set-up link.

use std::fmt;

use mira_key::Entropy;
use mira_store::TokenDigest;
use zeroize::Zeroizing;

use crate::ConsoleError;

/// 256 random bits in hexadecimal. Only its SHA-256 is stored.
pub struct Token(Zeroizing<String>);

impl Token {
    /// A new token, which nobody has seen.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, ConsoleError> {
        let mut random = Zeroizing::new([0_u8; 32]);
        entropy.fill(random.as_mut_slice())?;
        let mut text = Zeroizing::new(String::with_capacity(2 * random.len()));
        for byte in random.iter() {
            let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
            text.extend([digit(byte >> 4), digit(byte & 15)]);
        }
        Ok(Self(text))
    }

    /// A token that somebody presented.
    pub fn presented(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    /// The text, for the one cookie or link that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn digest(&self) -> TokenDigest {
        TokenDigest::of(self.0.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
