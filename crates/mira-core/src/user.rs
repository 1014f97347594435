//! People, and whoever else acts.

use std::fmt;

use crate::text::words;
use crate::{KeyId, OrganizationId, Timestamp, UserId};

/// A person who signs in to the console. Passwords live in the store alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// The one organization that they belong to.
    pub organization_id: OrganizationId,
    /// The address they sign in with, in lower case.
    pub email: String,
    /// Their name; may be empty.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// When the account was made.
    pub created_at: Timestamp,
}

/// What a person may do in the console. Later roles include earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Reads; cannot touch keys.
    Member,
    /// Manages their own organization.
    Admin,
    /// Manages the whole installation.
    Superadmin,
}

words!(Role, "role", { Member => "member", Admin => "admin", Superadmin => "superadmin" });

/// Who did something, as written into records and audit events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A person in the console.
    User(UserId),
    /// A key on the console API.
    Key(KeyId),
    /// The installation itself: setup, import or a schedule.
    System,
}

impl Actor {
    /// The word for its kind: `user`, `key` or `system`.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Key(_) => "key",
            Self::System => "system",
        }
    }
}

impl fmt::Display for Actor {
    /// Its id, or `system`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Key(id) => id.fmt(f),
            Self::System => f.write_str("system"),
        }
    }
}

impl std::str::FromStr for Actor {
    type Err = crate::ParseIdError;

    /// Reads back what `Display` wrote.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "system" {
            return Ok(Self::System);
        }
        text.parse()
            .map(Self::User)
            .or_else(|_| text.parse().map(Self::Key))
    }
}
