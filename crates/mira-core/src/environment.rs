//! Where a key is meant to be used.

use crate::text::words;

/// The environment of a key. A service may be bound to some; elsewhere it is a
/// label that people group and revoke by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Environment {
    /// Local testing.
    Development,
    /// Testing before production.
    Staging,
    /// The live application.
    #[default]
    Production,
}

words!(Environment, "environment", {
    Development => "development", Staging => "staging", Production => "production",
});

/// The environments that a service accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Environments(u8);

impl Environments {
    /// Every environment: the service is not bound.
    pub const ALL: Self = Self(0b111);

    /// They, in order.
    pub fn iter(self) -> impl Iterator<Item = Environment> {
        let all = Environment::ALL.iter().copied();
        all.filter(move |one| self.contains(*one))
    }

    /// Whether `environment` is one of them.
    pub fn contains(self, environment: Environment) -> bool {
        self.0 & (1 << environment as u8) != 0
    }
}

impl FromIterator<Environment> for Environments {
    fn from_iter<I: IntoIterator<Item = Environment>>(environments: I) -> Self {
        Self(
            environments
                .into_iter()
                .fold(0, |bits, one| bits | (1 << one as u8)),
        )
    }
}
