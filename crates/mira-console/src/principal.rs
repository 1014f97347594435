//! Who asks, and what they may touch.

use std::time::Duration;

use mira_core::{Actor, OrganizationId, Role, UserId};

use crate::ConsoleError;

/// Who a console request acts for: a person by their session, or an organization
/// key with `admin`. It is read from the store at every request, so demotion and
/// sign-out hold at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal {
    /// Who, as it is written into records.
    pub actor: Actor,
    /// What they may do.
    pub role: Role,
    /// The organization that they belong to.
    pub organization_id: OrganizationId,
}

/// One request to the console: on whose behalf, and under which id.
#[derive(Debug, Clone)]
pub struct Caller {
    /// On whose behalf.
    pub principal: Principal,
    /// The request's id, for the audit trail.
    pub request_id: String,
    /// How long it waits for a change to hold everywhere (RFC 7240 §4.3); absent
    /// means as long as it takes.
    pub wait: Option<Duration>,
}

impl Principal {
    /// The installation itself, which may do everything.
    pub(crate) fn system(organization_id: OrganizationId) -> Self {
        Self {
            actor: Actor::System,
            role: Role::Superadmin,
            organization_id,
        }
    }

    /// The person, where it is one.
    pub fn user_id(&self) -> Option<UserId> {
        match self.actor {
            Actor::User(id) => Some(id),
            Actor::Key(_) | Actor::System => None,
        }
    }

    /// May see what belongs to `organization`; otherwise it reads as absent.
    pub(crate) fn sees(
        &self,
        organization: OrganizationId,
        noun: &'static str,
    ) -> Result<(), ConsoleError> {
        if self.role == Role::Superadmin || self.organization_id == organization {
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
        if self.role >= role {
            Ok(())
        } else {
            Err(ConsoleError::Forbidden)
        }
    }
}
