//! The key record: what is kept about a key. It contains no plaintext.

use mira_key::{Family, ServiceName};

use crate::{
    Actor, Allowlist, AppId, Environment, IllegalTransition, KeyFacts, KeyId, KeyState,
    Permissions, RateLimit, Suspendable, Timestamp, Transition,
};

/// The longest grace period after a rotation: 30 days.
pub const MAX_GRACE_SECS: u32 = 30 * 86_400;

/// What is kept about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// What decides about it.
    pub facts: KeyFacts,
    /// Its name, 1 to 100 characters.
    pub name: String,
    /// Its displayed form, such as `mira_live_a1B2`.
    pub prefix: String,
    /// When and by whom it was issued.
    pub origin: Origin,
    /// When it was last accepted, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// The successor that a rotation made.
    pub rotated_to: Option<KeyId>,
}

/// How a key came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// When it was issued.
    pub created_at: Timestamp,
    /// Who issued it.
    pub created_by: Actor,
    /// The predecessor, if it came from a rotation.
    pub rotated_from: Option<KeyId>,
}

/// Which family a key is of, and what it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// `mira_live_…`, a key of the whole organization.
    Organization {
        /// What it may do.
        permissions: Permissions,
    },
    /// `mk_<service>_…`, a key of one app for one service.
    App {
        /// The app.
        app_id: AppId,
        /// The service.
        service: ServiceName,
    },
}

impl KeyKind {
    /// The word for it: `organization` or `app`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organization { .. } => "organization",
            Self::App { .. } => "app",
        }
    }

    /// The family, whose prefix a key of this kind begins with.
    pub const fn family(self) -> Family {
        match self {
            Self::Organization { .. } => Family::Organization,
            Self::App { service, .. } => Family::App(service),
        }
    }
}

/// Where a key is in its life at one instant, as people and callers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Good.
    Active,
    /// Rotated, and good until the grace period ends.
    Retiring {
        /// The exclusive end of the grace period.
        until: Timestamp,
    },
    /// Stopped for now.
    Suspended,
    /// Ended for ever; `by` is absent when a grace period ran out.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Who revoked it.
        by: Option<Actor>,
    },
    /// Past its end.
    Expired,
}

impl Standing {
    /// The word for it, everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retiring { .. } => "retiring",
            Self::Suspended => "suspended",
            Self::Revoked { .. } => "revoked",
            Self::Expired => "expired",
        }
    }
}

/// A change of a key's description; an absent member stays, `Some(None)` clears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    /// Another name.
    pub name: Option<String>,
    /// Other permissions; organization keys only.
    pub permissions: Option<Permissions>,
    /// Another environment.
    pub environment: Option<Environment>,
    /// Another end of life.
    pub expires_at: Option<Option<Timestamp>>,
    /// Another allowlist.
    pub ip_allowlist: Option<Option<Allowlist>>,
    /// Other limits.
    pub rate_limit: Option<Option<RateLimit>>,
    /// Another end of the grace period.
    pub retires_at: Option<Timestamp>,
}

/// Why an edit was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The key is revoked or expired.
    #[error(transparent)]
    Final(#[from] IllegalTransition),
    /// App keys carry no permissions.
    #[error("an app key is authorized for its service and carries no permissions")]
    PermissionsOfAppKey,
    /// `retires_at` on a key that is not retiring.
    #[error("only a retiring key has a retires_at")]
    NotRetiring,
    /// `retires_at` lies more than 30 days after the rotation.
    #[error("retires_at is at most 30 days after the rotation")]
    GraceTooLong,
}

impl KeyRecord {
    /// Where the key is in its life at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        self.facts.standing(now)
    }

    /// Ends the key for ever. Always possible, also for an expired key.
    ///
    /// A key whose grace period ran out is revoked already, and from then on; that
    /// is written down here, so that no clock can take it back.
    pub fn revoke(mut self, now: Timestamp, by: Actor) -> Transition<Self> {
        let at = match (self.facts.state, self.standing(now)) {
            (KeyState::Revoked { .. }, _) => return Transition::Unchanged(self),
            (_, Standing::Revoked { at, .. }) => at,
            _ => now,
        };
        self.facts.state = KeyState::Revoked { at, by };
        Transition::Changed(self)
    }

    /// Stops the key for now.
    pub fn suspend(mut self, now: Timestamp) -> Result<Transition<Self>, IllegalTransition> {
        let was = match (self.standing(now), self.facts.state) {
            (Standing::Suspended, _) => return Ok(Transition::Unchanged(self)),
            (Standing::Active, _) => Suspendable::Active,
            (Standing::Retiring { .. }, KeyState::Retiring { since, until }) => {
                Suspendable::Retiring { since, until }
            }
            (standing, _) => return Err(illegal(standing, "be suspended")),
        };
        self.facts.state = KeyState::Suspended { since: now, was };
        Ok(Transition::Changed(self))
    }

    /// Takes a suspension back, to the state before it.
    pub fn resume(mut self, now: Timestamp) -> Result<Transition<Self>, IllegalTransition> {
        match (self.standing(now), self.facts.state) {
            (Standing::Suspended, KeyState::Suspended { was, .. }) => {
                self.facts.state = was.into();
                Ok(Transition::Changed(self))
            }
            (Standing::Active | Standing::Retiring { .. }, _) => Ok(Transition::Unchanged(self)),
            (standing, _) => Err(illegal(standing, "be resumed")),
        }
    }

    /// Retires the key in favor of `successor`, after `grace_secs`; without a
    /// grace period it is revoked at once.
    pub fn rotate(
        mut self,
        successor: KeyId,
        grace_secs: u32,
        now: Timestamp,
        by: Actor,
    ) -> Result<Self, IllegalTransition> {
        match self.standing(now) {
            Standing::Active => {}
            standing => return Err(illegal(standing, "be rotated")),
        }
        self.facts.state = if grace_secs == 0 {
            KeyState::Revoked { at: now, by }
        } else {
            KeyState::Retiring {
                since: now,
                until: now.plus_secs(i64::from(grace_secs)),
            }
        };
        self.rotated_to = Some(successor);
        Ok(self)
    }

    /// Applies `edit`. A revoked or expired key takes none, whatever it says.
    pub fn edit(mut self, edit: Edit, now: Timestamp) -> Result<Self, EditError> {
        let standing = self.standing(now);
        if matches!(standing, Standing::Revoked { .. } | Standing::Expired) {
            return Err(illegal(standing, "be changed").into());
        }
        if let Some(new) = edit.permissions {
            let KeyKind::Organization { permissions } = &mut self.facts.kind else {
                return Err(EditError::PermissionsOfAppKey);
            };
            *permissions = new;
        }
        if let Some(until) = edit.retires_at {
            let since = self
                .facts
                .state
                .rotated_at()
                .ok_or(EditError::NotRetiring)?;
            if until > since.plus_secs(i64::from(MAX_GRACE_SECS)) {
                return Err(EditError::GraceTooLong);
            }
            self.facts.state = self.facts.state.with_retires_at(until);
        }
        self.name = edit.name.unwrap_or(self.name);
        self.facts.environment = edit.environment.unwrap_or(self.facts.environment);
        self.facts.expires_at = edit.expires_at.unwrap_or(self.facts.expires_at);
        self.facts.ip_allowlist = edit.ip_allowlist.unwrap_or(self.facts.ip_allowlist);
        if let Some(rate_limit) = edit.rate_limit {
            self.facts.rate_limit = rate_limit.unwrap_or_default();
        }
        Ok(self)
    }
}

impl KeyFacts {
    /// Whether something that was allowed under `before` may be refused now, so
    /// that the change must end at the barrier. Errs on the side of yes.
    pub fn tightens(&self, before: &Self) -> bool {
        let fewer_permissions = before
            .permissions()
            .iter()
            .any(|permission| !self.permissions().allow(permission));
        let earlier = |new: Option<Timestamp>, old: Option<Timestamp>| {
            new.unwrap_or(Timestamp::MAX) < old.unwrap_or(Timestamp::MAX)
        };
        fewer_permissions
            || self.environment != before.environment
            || self.state != before.state && !matches!(before.state, KeyState::Suspended { .. })
            || earlier(self.state.retires_at(), before.state.retires_at())
            || earlier(self.expires_at, before.expires_at)
            || narrows(self.ip_allowlist.as_ref(), before.ip_allowlist.as_ref())
            || self.rate_limit != before.rate_limit
    }
}

fn narrows(new: Option<&Allowlist>, old: Option<&Allowlist>) -> bool {
    match (new, old) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(new), Some(old)) => !old
            .networks()
            .iter()
            .all(|old| new.networks().iter().any(|new| new.contains(old))),
    }
}

fn illegal(standing: Standing, step: &'static str) -> IllegalTransition {
    IllegalTransition {
        from: standing.as_str(),
        step,
    }
}
