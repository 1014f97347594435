//! What the decision needs to know: facts about a key, its organization and its
//! app, as the verifier remembers them.

use mira_key::{KeyDigest, ServiceName};

use crate::{
    Allowlist, AppId, Environment, KeyId, KeyKind, KeyState, MicroUsd, OrganizationId, Permissions,
    RateLimit, Standing, Timestamp,
};

/// What decides about one key. Its name, dates and authors are in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFacts {
    /// The key.
    pub id: KeyId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Which family, and what it opens.
    pub kind: KeyKind,
    /// Where it is meant to be used.
    pub environment: Environment,
    /// Where it is in its life, as stored.
    pub state: KeyState,
    /// The exclusive end of its life, if fixed in advance.
    pub expires_at: Option<Timestamp>,
    /// Where it may be used from; absent means anywhere.
    pub ip_allowlist: Option<Allowlist>,
    /// Its own limits, where they differ from the default.
    pub rate_limit: RateLimit,
}

impl KeyFacts {
    /// Where the key is in its life at `now`. The one place that orders what
    /// wins: revoked, then expired, then suspended.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if let KeyState::Revoked { at, by } = self.state {
            return Standing::Revoked { at, by: Some(by) };
        }
        if let Some(until) = self
            .state
            .retires_at()
            .filter(|until| now.has_reached(*until))
        {
            return Standing::Revoked {
                at: until,
                by: None,
            };
        }
        if self.expires_at.is_some_and(|end| now.has_reached(end)) {
            return Standing::Expired;
        }
        match self.state {
            KeyState::Suspended { .. } => Standing::Suspended,
            KeyState::Retiring { until, .. } => Standing::Retiring { until },
            KeyState::Active | KeyState::Revoked { .. } => Standing::Active,
        }
    }

    /// The service of an app key.
    pub fn service(&self) -> Option<ServiceName> {
        match self.kind {
            KeyKind::App { service, .. } => Some(service),
            KeyKind::Organization { .. } => None,
        }
    }

    /// The app of an app key.
    pub fn app_id(&self) -> Option<AppId> {
        match self.kind {
            KeyKind::App { app_id, .. } => Some(app_id),
            KeyKind::Organization { .. } => None,
        }
    }

    /// The permissions of an organization key; app keys carry none.
    pub fn permissions(&self) -> Permissions {
        match self.kind {
            KeyKind::Organization { permissions } => permissions,
            KeyKind::App { .. } => Permissions::NONE,
        }
    }
}

/// What decides about an organization's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrganizationFacts {
    /// The organization.
    pub id: OrganizationId,
    /// Whether all its keys are suspended.
    pub is_suspended: bool,
    /// The exclusive end of API access for its organization keys.
    pub subscribed_until: Timestamp,
}

/// A key whose complete secret matched, and everything known about it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The digest it was found by.
    pub digest: KeyDigest,
    /// The key.
    pub key: &'a KeyFacts,
    /// Its organization.
    pub organization: OrganizationFacts,
    /// The balance of its app; absent for organization keys.
    pub balance: Option<MicroUsd>,
}

/// What a request presented, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub enum Presented<'a> {
    /// No credential.
    Absent,
    /// A bearer credential that is not one key.
    Malformed,
    /// More than one credential.
    Ambiguous,
    /// A key that nobody issued.
    Unknown,
    /// A key whose complete secret matched.
    Known(Subject<'a>),
}
