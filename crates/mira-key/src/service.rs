//! The name of a service, as it stands inside an app key.

use std::fmt;
use std::str::FromStr;

const MAX_LENGTH: usize = 31;

/// A service name, `[a-z][a-z0-9-]{1,30}`. It holds its bytes inline, so it is
/// copied and compared without allocation on the hot path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceName {
    // Zero padding keeps the derived order equal to the order of the text.
    bytes: [u8; MAX_LENGTH],
    length: u8,
}

impl ServiceName {
    /// The fact-verification service of the Mira Network.
    pub const VERIFY: Self = Self::literal(b"verify");
    /// The chat-completion service of the Mira Network.
    pub const INFERENCE: Self = Self::literal(b"inference");
    /// The console service, whose keys may only ask about other keys.
    pub const CONSOLE: Self = Self::literal(b"console");

    /// Parses a name from the bytes before the second underscore of an app key.
    pub fn parse(name: &[u8]) -> Result<Self, ParseServiceNameError> {
        let (first, rest) = name.split_first().ok_or(ParseServiceNameError)?;
        let rest_is_valid = rest
            .iter()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-');
        if !first.is_ascii_lowercase() || !rest_is_valid || !(2..=MAX_LENGTH).contains(&name.len())
        {
            return Err(ParseServiceNameError);
        }
        Ok(Self::literal(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        let name = self
            .bytes
            .get(..usize::from(self.length))
            .unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "a const loop over at most MAX_LENGTH bytes"
    )]
    const fn literal(name: &[u8]) -> Self {
        let mut bytes = [0; MAX_LENGTH];
        let mut at = 0;
        while at < name.len() {
            bytes[at] = name[at];
            at += 1;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most MAX_LENGTH")]
        let length = at as u8;
        Self { bytes, length }
    }
}

impl FromStr for ServiceName {
    type Err = ParseServiceNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceName({})", self.as_str())
    }
}

/// The text is not a service name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a service name is 2 to 31 characters of a-z, 0-9 and -, and starts with a letter")]
pub struct ParseServiceNameError;
