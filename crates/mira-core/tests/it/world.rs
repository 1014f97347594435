//! A small world to ask about: one key, its organization, its app and one access.

use mira_core::{
    Access, Actor, AppId, Audience, Environment, KeyFacts, KeyId, KeyKind, KeyRecord, KeyState,
    MicroUsd, OrganizationFacts, OrganizationId, Origin, Permission, Permissions, Presented,
    Question, RateLimit, Subject, Suspendable, Timestamp, UserId,
};
use mira_key::{KeyDigest, ServiceName};

pub(crate) const NOW: Timestamp = at(1_000);
pub(crate) const SOMEBODY: Actor = Actor::User(UserId::from_bytes([9; 16]));
pub(crate) const RETIRING: KeyState = KeyState::Retiring {
    since: at(0),
    until: at(2_000),
};
pub(crate) const SUSPENDED: KeyState = KeyState::Suspended {
    since: at(0),
    was: Suspendable::Active,
};
pub(crate) const SUSPENDED_WHILE_RETIRING: KeyState = KeyState::Suspended {
    since: at(0),
    was: Suspendable::Retiring {
        since: at(0),
        until: at(2_000),
    },
};
pub(crate) const REVOKED: KeyState = KeyState::Revoked {
    at: at(0),
    by: SOMEBODY,
};

pub(crate) const fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) key: KeyFacts,
    pub(crate) organization: OrganizationFacts,
    pub(crate) balance: Option<MicroUsd>,
    pub(crate) access: Access,
    pub(crate) now: Timestamp,
}

impl World {
    /// An organization key with `read` that asks to read the Mira API.
    pub(crate) fn organization() -> Self {
        let organization_id = OrganizationId::from_bytes([1; 16]);
        Self {
            key: KeyFacts {
                id: KeyId::from_bytes([2; 16]),
                organization_id,
                kind: KeyKind::Organization {
                    permissions: Permissions::from_iter([Permission::Read]),
                },
                environment: Environment::Production,
                state: KeyState::Active,
                expires_at: None,
                ip_allowlist: None,
                rate_limit: RateLimit::default(),
            },
            organization: OrganizationFacts {
                id: organization_id,
                is_suspended: false,
                subscribed_until: Timestamp::MAX,
            },
            balance: None,
            access: Access {
                audience: Audience::Organization,
                permission: Some(Permission::Read),
                ..Access::ANY
            },
            now: NOW,
        }
    }

    /// A `verify` key of an app with one dollar that asks for a metered route.
    pub(crate) fn app() -> Self {
        let mut world = Self::organization();
        world.key.kind = KeyKind::App {
            app_id: AppId::from_bytes([3; 16]),
            service: ServiceName::VERIFY,
        };
        world.balance = Some(MicroUsd::from_micros(1_000_000));
        world.access = Access {
            audience: Audience::Service(ServiceName::VERIFY),
            is_metered: true,
            ..Access::ANY
        };
        world
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject {
            digest: KeyDigest::from_bytes([4; 32]),
            key: self.key.view(),
            organization: self.organization,
            balance: self.balance,
        }
    }

    pub(crate) fn question(&self) -> Question<'_> {
        self.question_about(Presented::Known(self.subject()))
    }

    pub(crate) fn question_about<'a>(&'a self, presented: Presented<'a>) -> Question<'a> {
        Question {
            presented,
            access: &self.access,
            now: self.now,
        }
    }

    pub(crate) fn record(&self) -> KeyRecord {
        KeyRecord {
            facts: self.key.clone(),
            name: "billing".to_owned(),
            prefix: "mira_live_a1B2".to_owned(),
            origin: Origin {
                created_at: at(0),
                created_by: SOMEBODY,
                rotated_from: None,
            },
            last_used_at: None,
            rotated_to: None,
        }
    }
}
