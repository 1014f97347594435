//! The two families of keys and their literal prefixes.

use std::fmt;

use crate::ServiceName;

/// What every organization key begins with.
pub const ORGANIZATION_PREFIX: &str = "mira_live_";

const APP_PREFIX: &str = "mk_";

/// Which of the two families a key belongs to. Its `Display` is the literal
/// prefix, `mira_live_` or `mk_<service>_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// A key of an organization; it opens the Mira API.
    Organization,
    /// A key of one app for one service.
    App(ServiceName),
}

impl Family {
    /// Splits a key into its family and what follows the prefix.
    pub(crate) fn split(key: &[u8]) -> Option<(Self, &[u8])> {
        if let Some(rest) = key.strip_prefix(ORGANIZATION_PREFIX.as_bytes()) {
            return Some((Self::Organization, rest));
        }
        let rest = key.strip_prefix(APP_PREFIX.as_bytes())?;
        let underscore = rest.iter().position(|byte| *byte == b'_')?;
        let (service, rest) = rest.split_at_checked(underscore)?;
        let service = ServiceName::parse(service).ok()?;
        Some((Self::App(service), rest.get(1..)?))
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organization => f.write_str(ORGANIZATION_PREFIX),
            Self::App(service) => write!(f, "{APP_PREFIX}{service}_"),
        }
    }
}
