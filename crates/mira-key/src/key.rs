//! The plaintext key, from its making to the one response that shows it.

use std::fmt;

use zeroize::Zeroizing;

use crate::{Entropy, EntropyError, Family, KeyDigest, base62, checksum, parts};

/// A whole plaintext key. It is wiped when dropped, and it cannot be printed,
/// serialized or compared; [`expose`](Self::expose) is the one way out.
pub struct ApiKey {
    text: Zeroizing<String>,
    family: Family,
}

impl ApiKey {
    /// Makes a new key of `family`: 26 uniform characters and their checksum.
    pub fn generate(family: Family, entropy: &dyn Entropy) -> Result<Self, EntropyError> {
        let mut random = Zeroizing::new([0_u8; parts::random_length()]);
        base62::fill_random(random.as_mut_slice(), entropy)?;

        let mut text = Zeroizing::new(String::with_capacity(80));
        text.push_str(&family.to_string());
        text.extend(random.iter().map(|byte| char::from(*byte)));
        let check = checksum::of(text.as_bytes());
        text.extend(check.map(char::from));
        Ok(Self { text, family })
    }

    /// The plaintext, for the single response that shows it.
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// What is stored instead of the key.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(self.text.as_bytes())
    }

    /// The displayed form, such as `mira_live_a1B2`.
    pub fn display_prefix(&self) -> String {
        let shown = self.family.to_string().len() + 4;
        self.text.chars().take(shown).collect()
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}…)", self.family)
    }
}
