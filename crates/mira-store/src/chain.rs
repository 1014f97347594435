//! Hash chains, which make a log's past checkable: nobody can edit, drop or move
//! an entry without every later link telling.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// The link of one entry: it stands for the entry and all before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chain([u8; 32]);

impl Chain {
    /// The link before the first entry.
    pub const START: Self = Self([0; 32]);

    /// From the 32 bytes of the store or the network.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The link of the next entry: SHA-256 of this link, the entry's position as
    /// 64 bits big-endian, and its body.
    pub(crate) fn next(self, position: u64, body: &[u8]) -> Self {
        let hash = Sha256::new()
            .chain_update(self.0)
            .chain_update(position.to_be_bytes())
            .chain_update(body);
        Self(hash.finalize().into())
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain({self})")
    }
}

impl fmt::Display for Chain {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Chain {
    type Err = ParseChainError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| {
            let digits = std::str::from_utf8(pair).ok()?;
            let is_hex = pair.iter().all(u8::is_ascii_hexdigit);
            u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        let bytes = bytes.filter(|_| rest.is_empty());
        bytes.map(Self).ok_or(ParseChainError)
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a link of a chain is 64 hexadecimal digits")]
pub struct ParseChainError;

/// What recomputing a chain found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// Every entry is in its place.
    Intact {
        /// How many there are.
        entries: u64,
    },
    /// The first position whose entry is missing or is not the one that was
    /// written there.
    BrokenAt(u64),
}

/// Recomputes a chain, entry by entry.
#[derive(Debug)]
pub(crate) struct Walk {
    position: u64,
    chain: Chain,
    broken_at: Option<u64>,
}

impl Walk {
    pub(crate) const START: Self = Self {
        position: 0,
        chain: Chain::START,
        broken_at: None,
    };

    /// Takes the next entry in the order of positions.
    pub(crate) fn step(&mut self, position: u64, body: &[u8], chain: Chain) {
        self.position += 1;
        self.chain = self.chain.next(self.position, body);
        if position != self.position || chain != self.chain {
            self.broken_at.get_or_insert(self.position);
        }
    }

    /// Compares the end with the head that the log remembers.
    pub(crate) fn finish(self, head: (u64, Chain)) -> Integrity {
        let (length, chain) = head;
        if let Some(position) = self.broken_at {
            Integrity::BrokenAt(position)
        } else if self.position != length {
            Integrity::BrokenAt(self.position.min(length) + 1)
        } else if self.chain != chain {
            Integrity::BrokenAt(length)
        } else {
            Integrity::Intact { entries: length }
        }
    }
}
