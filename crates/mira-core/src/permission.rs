//! What an organization key may do.

use crate::text::words;

/// One permission. `Admin` includes both others; `Write` does not include `Read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Read meetings, reports, templates, team stats and insights.
    Read,
    /// Create, update and delete templates; start roleplay sessions.
    Write,
    /// Everything, including administrative operations.
    Admin,
}

words!(Permission, "permission", { Read => "read", Write => "write", Admin => "admin" });

/// The permissions a key was given. Empty means none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Permissions(u8);

impl Permissions {
    /// No permission at all.
    pub const NONE: Self = Self(0);

    /// Whether the set allows `wanted`.
    pub fn allow(self, wanted: Permission) -> bool {
        self.contains(wanted) || self.contains(Permission::Admin)
    }

    /// Whether `permission` itself was given.
    pub fn contains(self, permission: Permission) -> bool {
        self.0 & Self::bit(permission) != 0
    }

    /// Whether nothing was given.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The permissions given, in order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL
            .iter()
            .copied()
            .filter(move |permission| self.contains(*permission))
    }

    /// The words, separated by commas: `read,write`.
    pub fn to_text(self) -> String {
        self.as_str().to_owned()
    }

    /// The same without a copy.
    pub const fn as_str(self) -> &'static str {
        match self.0 {
            0b000 => "",
            0b001 => "read",
            0b010 => "write",
            0b011 => "read,write",
            0b100 => "admin",
            0b101 => "read,admin",
            0b110 => "write,admin",
            _ => "read,write,admin",
        }
    }

    const fn bit(permission: Permission) -> u8 {
        match permission {
            Permission::Read => 1,
            Permission::Write => 2,
            Permission::Admin => 4,
        }
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(
            permissions
                .into_iter()
                .fold(0, |bits, permission| bits | Self::bit(permission)),
        )
    }
}

impl std::str::FromStr for Permissions {
    type Err = crate::ParseTextError;

    /// From words separated by commas; the empty text is the empty set.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.split(',')
            .filter(|word| !word.is_empty())
            .map(str::parse)
            .collect()
    }
}
