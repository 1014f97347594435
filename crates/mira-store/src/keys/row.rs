//! The one place, for each direction, where columns and what decides about a key
//! become each other. Columns that contradict each other are no key.

use mira_core::{
    Actor, Allowlist, AppId, Environment, KeyFacts, KeyId, KeyKind, KeyState, OrganizationId,
    Permissions, RateLimit, Suspendable, Timestamp,
};
use mira_key::ServiceName;

use super::KindWord;
use crate::words::words;

/// The columns that decide.
#[derive(Debug)]
pub(crate) struct FactsRow {
    pub(crate) id: KeyId,
    pub(crate) organization_id: OrganizationId,
    pub(crate) kind: KindWord,
    pub(crate) permissions: Option<Permissions>,
    pub(crate) app_id: Option<AppId>,
    pub(crate) service: Option<ServiceName>,
    pub(crate) environment: Environment,
    pub(crate) state: StateWord,
    pub(crate) rotated_at: Option<Timestamp>,
    pub(crate) retires_at: Option<Timestamp>,
    pub(crate) suspended_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
    pub(crate) revoked_by: Option<Actor>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) ip_allowlist: Option<Allowlist>,
    pub(crate) rate_limit: RateLimit,
}

/// The word of a [`KeyState`], without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateWord {
    Active,
    Retiring,
    Suspended,
    Revoked,
}

words!(pub(crate) StateWord, "state", {
    Active => "active", Retiring => "retiring", Suspended => "suspended", Revoked => "revoked",
});

impl From<&KeyFacts> for FactsRow {
    fn from(facts: &KeyFacts) -> Self {
        let KeyFacts {
            id,
            organization_id,
            kind,
            environment,
            state,
            expires_at,
            ip_allowlist,
            rate_limit,
        } = facts;
        let (suspended_at, revoked) = match *state {
            KeyState::Active | KeyState::Retiring { .. } => (None, None),
            KeyState::Suspended { since, .. } => (Some(since), None),
            KeyState::Revoked { at, by } => (None, Some((at, by))),
        };
        let (word, permissions) = match *kind {
            KeyKind::Organization { permissions } => (KindWord::Organization, Some(permissions)),
            KeyKind::App { .. } => (KindWord::App, None),
        };
        Self {
            id: *id,
            organization_id: *organization_id,
            kind: word,
            permissions,
            app_id: facts.app_id(),
            service: facts.service(),
            environment: *environment,
            state: StateWord::of(*state),
            rotated_at: state.rotated_at(),
            retires_at: state.retires_at(),
            suspended_at,
            revoked_at: revoked.map(|(at, _)| at),
            revoked_by: revoked.map(|(_, by)| by),
            expires_at: *expires_at,
            ip_allowlist: ip_allowlist.clone(),
            rate_limit: *rate_limit,
        }
    }
}

impl FactsRow {
    /// The facts, unless the columns contradict each other.
    pub(crate) fn into_facts(self) -> Option<KeyFacts> {
        Some(KeyFacts {
            id: self.id,
            organization_id: self.organization_id,
            kind: self.key_kind()?,
            environment: self.environment,
            state: self.key_state()?,
            expires_at: self.expires_at,
            ip_allowlist: self.ip_allowlist,
            rate_limit: self.rate_limit,
        })
    }

    fn key_kind(&self) -> Option<KeyKind> {
        match (self.kind, self.permissions, self.app_id, self.service) {
            (KindWord::Organization, Some(permissions), None, None) => {
                Some(KeyKind::Organization { permissions })
            }
            (KindWord::App, None, Some(app_id), Some(service)) => {
                Some(KeyKind::App { app_id, service })
            }
            _ => None,
        }
    }

    fn key_state(&self) -> Option<KeyState> {
        let life = match (self.rotated_at, self.retires_at) {
            (None, None) => Suspendable::Active,
            (Some(since), Some(until)) => Suspendable::Retiring { since, until },
            _ => return None,
        };
        let revoked = match (self.revoked_at, self.revoked_by) {
            (None, None) => None,
            (Some(at), Some(by)) => Some(KeyState::Revoked { at, by }),
            _ => return None,
        };
        match (self.state, life, self.suspended_at, revoked) {
            (StateWord::Active, Suspendable::Active, None, None)
            | (StateWord::Retiring, Suspendable::Retiring { .. }, None, None) => Some(life.into()),
            (StateWord::Suspended, was, Some(since), None) => {
                Some(KeyState::Suspended { since, was })
            }
            (StateWord::Revoked, Suspendable::Active, None, revoked) => revoked,
            _ => None,
        }
    }
}

impl StateWord {
    const fn of(state: KeyState) -> Self {
        match state {
            KeyState::Active => Self::Active,
            KeyState::Retiring { .. } => Self::Retiring,
            KeyState::Suspended { .. } => Self::Suspended,
            KeyState::Revoked { .. } => Self::Revoked,
        }
    }
}

/// An allowlist as the column has it: networks separated by commas.
pub(crate) fn networks_text(allowlist: &Allowlist) -> String {
    let networks = allowlist.networks().iter().map(ToString::to_string);
    networks.collect::<Vec<_>>().join(",")
}

/// Reads what [`networks_text`] wrote.
pub(crate) fn parse_networks(text: &str) -> Option<Allowlist> {
    let networks: Vec<&str> = text.split(',').collect();
    Allowlist::parse(&networks).ok()
}
