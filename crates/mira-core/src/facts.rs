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

/// One key as the decision sees it, wherever its parts lie: a verifier keeps
/// once what many keys have in common.
#[derive(Debug, Clone, Copy)]
pub struct KeyView<'a> {
    /// The key.
    pub id: KeyId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Which family, and what it opens.
    pub kind: &'a KeyKind,
    /// Where it is meant to be used.
    pub environment: Environment,
    /// Its state, without instants.
    pub life: Life,
    /// The exclusive end of its grace period, if it was rotated.
    pub retires_at: Option<Timestamp>,
    /// The exclusive end of its life, if fixed in advance.
    pub expires_at: Option<Timestamp>,
    /// Where it may be used from; absent means anywhere.
    pub ip_allowlist: Option<&'a Allowlist>,
}

/// What of a [`KeyState`] decides, besides the end of a grace period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// Active or retiring.
    Running,
    /// Stopped, and can be resumed.
    Suspended,
    /// Ended for ever.
    Revoked,
}

/// How a key is at one instant, as far as it decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Running,
    Suspended,
    Expired,
    Revoked,
}

impl KeyView<'_> {
    /// The one place that orders what wins: revoked, which the end of a grace
    /// period is too, then expired, then suspended.
    pub(crate) fn phase(&self, now: Timestamp) -> Phase {
        let is_over = |end: Option<Timestamp>| end.is_some_and(|end| now.has_reached(end));
        match self.life {
            Life::Revoked => Phase::Revoked,
            _ if is_over(self.retires_at) => Phase::Revoked,
            _ if is_over(self.expires_at) => Phase::Expired,
            Life::Suspended => Phase::Suspended,
            Life::Running => Phase::Running,
        }
    }

    pub(crate) fn app_id(&self) -> Option<AppId> {
        match self.kind {
            KeyKind::App { app_id, .. } => Some(*app_id),
            KeyKind::Organization { .. } => None,
        }
    }

    pub(crate) fn service(&self) -> Option<ServiceName> {
        match self.kind {
            KeyKind::App { service, .. } => Some(*service),
            KeyKind::Organization { .. } => None,
        }
    }

    pub(crate) fn permissions(&self) -> Permissions {
        match self.kind {
            KeyKind::Organization { permissions } => *permissions,
            KeyKind::App { .. } => Permissions::NONE,
        }
    }
}

impl KeyFacts {
    /// The key as the decision sees it.
    pub fn view(&self) -> KeyView<'_> {
        KeyView {
            id: self.id,
            organization_id: self.organization_id,
            kind: &self.kind,
            environment: self.environment,
            life: self.state.life(),
            retires_at: self.state.retires_at(),
            expires_at: self.expires_at,
            ip_allowlist: self.ip_allowlist.as_ref(),
        }
    }

    /// Where the key is in its life at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match (self.view().phase(now), self.state) {
            (Phase::Revoked, KeyState::Revoked { at, by }) => {
                Standing::Revoked { at, by: Some(by) }
            }
            (Phase::Revoked, state) => Standing::Revoked {
                at: state.retires_at().unwrap_or(now),
                by: None,
            },
            (Phase::Expired, _) => Standing::Expired,
            (Phase::Suspended, _) => Standing::Suspended,
            (Phase::Running, KeyState::Retiring { until, .. }) => Standing::Retiring { until },
            (Phase::Running, _) => Standing::Active,
        }
    }

    /// The service of an app key.
    pub fn service(&self) -> Option<ServiceName> {
        self.view().service()
    }

    /// The app of an app key.
    pub fn app_id(&self) -> Option<AppId> {
        self.view().app_id()
    }

    /// The permissions of an organization key; app keys carry none.
    pub fn permissions(&self) -> Permissions {
        self.view().permissions()
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
    pub key: KeyView<'a>,
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
