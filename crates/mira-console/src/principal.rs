//! Who asks, and what they may touch.

use std::time::Duration;

use mira_core::{Actor, KeyId, OrganizationId, Role, User, UserId};

use crate::ConsoleError;

/// Who a console request acts for. It is read from the store at every request, so
/// demotion and sign-out hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principal {
    /// The installation itself, which may do everything and belongs to nobody.
    System,
    /// A person, by their session.
    User {
        /// Who.
        id: UserId,
        /// What they may do.
        role: Role,
        /// The organization that they belong to.
        organization_id: OrganizationId,
    },
    /// A key, in its own organization and no other.
    Key {
        /// Which.
        id: KeyId,
        /// What it may do here.
        role: Role,
        /// The organization that it belongs to.
        organization_id: OrganizationId,
    },
}

/// One request to the console: on whose behalf, and under which id.
#[derive(Debug, Clone)]
pub struct Caller {
    /// On whose behalf.
    pub principal: Principal,
    /// The request's id, for the audit trail; absent where no request stands behind it.
    pub request_id: Option<String>,
    /// How long it waits for a change to hold everywhere (RFC 7240 §4.3); absent
    /// means as long as it takes.
    pub wait: Option<Duration>,
}

impl Caller {
    /// A person, who waits as long as it takes.
    pub(crate) fn of_user(user: &User, request_id: &str) -> Self {
        Self {
            principal: Principal::of_user(user),
            request_id: Some(request_id.to_owned()),
            wait: None,
        }
    }
}

impl Principal {
    /// A person, as the store knows them now.
    pub fn of_user(user: &User) -> Self {
        Self::User {
            id: user.id,
            role: user.role,
            organization_id: user.organization_id,
        }
    }

    /// An organization key with `admin`.
    pub fn of_admin_key(id: KeyId, organization_id: OrganizationId) -> Self {
        Self::Key {
            id,
            role: Role::Admin,
            organization_id,
        }
    }

    /// A key that may ask about other keys, and nothing more.
    pub fn of_asking_key(id: KeyId, organization_id: OrganizationId) -> Self {
        Self::Key {
            id,
            role: Role::Member,
            organization_id,
        }
    }

    /// Who, as it is written into records.
    pub fn actor(&self) -> Actor {
        match *self {
            Self::System => Actor::System,
            Self::User { id, .. } => Actor::User(id),
            Self::Key { id, .. } => Actor::Key(id),
        }
    }

    /// What they may do.
    pub fn role(&self) -> Role {
        match *self {
            Self::System => Role::Superadmin,
            Self::User { role, .. } | Self::Key { role, .. } => role,
        }
    }

    /// The organization that they belong to; the installation itself has none.
    pub fn organization_id(&self) -> Option<OrganizationId> {
        match *self {
            Self::System => None,
            Self::User {
                organization_id, ..
            }
            | Self::Key {
                organization_id, ..
            } => Some(organization_id),
        }
    }

    /// May see what belongs to `organization`; otherwise it reads as absent.
    pub(crate) fn sees(
        &self,
        organization: OrganizationId,
        noun: &'static str,
    ) -> Result<(), ConsoleError> {
        if self.role() == Role::Superadmin || self.organization_id() == Some(organization) {
            return Ok(());
        }
        Err(ConsoleError::NotFound(noun))
    }

    /// May change what belongs to `organization`.
    pub(crate) fn manages(
        &self,
        organization: OrganizationId,
        noun: &'static str,
    ) -> Result<(), ConsoleError> {
        self.sees(organization, noun)?;
        self.has_role(Role::Admin)
    }

    /// Has at least `role`. Every use case asks for itself; a shell asks before it
    /// looks at a request's body.
    pub fn has_role(&self, role: Role) -> Result<(), ConsoleError> {
        if self.role() >= role {
            Ok(())
        } else {
            Err(ConsoleError::Forbidden)
        }
    }
}
