//! Reading a presented string as a key, without allocation.

use crate::{Family, base62, checksum};

const SECRET_LENGTH: usize = 32;
const RANDOM_LENGTH: usize = SECRET_LENGTH - checksum::LENGTH;
const SHOWN_LENGTH: usize = 4;

/// The parts of a string that has the form of a key. Having the form says
/// nothing about validity: only a look-up by digest does.
#[derive(Clone, Copy)]
pub struct KeyParts<'a> {
    family: Family,
    /// The 26 random characters and the 6 of the checksum.
    secret: &'a [u8],
    checksum_matches: bool,
}

impl<'a> KeyParts<'a> {
    /// Takes `key` apart. The checksum is compared but not required, since an
    /// imported key need not have one; ask [`checksum_matches`](Self::checksum_matches).
    pub fn parse(key: &'a [u8]) -> Result<Self, ParseKeyError> {
        let (family, secret) = Family::split(key).ok_or(ParseKeyError::UnknownPrefix)?;
        if secret.len() != SECRET_LENGTH {
            return Err(ParseKeyError::WrongLength);
        }
        if !base62::is_base62(secret) {
            return Err(ParseKeyError::WrongCharacter);
        }
        let (body, check) = key
            .split_last_chunk::<{ checksum::LENGTH }>()
            .ok_or(ParseKeyError::WrongLength)?;
        let checksum_matches = checksum::of(body) == *check;
        Ok(Self {
            family,
            secret,
            checksum_matches,
        })
    }

    /// The family, which names the service of an app key.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Whether the last six characters are the CRC-32 of what precedes them.
    pub fn checksum_matches(&self) -> bool {
        self.checksum_matches
    }

    /// The displayed form: the family prefix and the first four random
    /// characters, such as `mira_live_a1B2`. 131 random bits stay hidden.
    pub fn display_prefix(&self) -> String {
        let shown = self.secret.get(..SHOWN_LENGTH).unwrap_or_default();
        format!("{}{}", self.family, String::from_utf8_lossy(shown))
    }
}

/// Characters of a key after its prefix that are chance rather than checksum.
pub(crate) const fn random_length() -> usize {
    RANDOM_LENGTH
}

/// Why a string does not have the form of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseKeyError {
    /// It begins with neither `mira_live_` nor `mk_<service>_`.
    #[error("a key begins with mira_live_ or mk_<service>_")]
    UnknownPrefix,
    /// Not exactly 32 characters follow the prefix.
    #[error("32 characters follow the prefix of a key")]
    WrongLength,
    /// A character after the prefix is not of `0-9A-Za-z`.
    #[error("only 0-9, A-Z and a-z follow the prefix of a key")]
    WrongCharacter,
}
