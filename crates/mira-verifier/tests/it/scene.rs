//! A verifier with one organization, one app and keys of both, at a fixed time.

use std::sync::{Arc, Mutex};

use mira_core::{
    Access, AppId, Audience, Change, Decision, Denied, Environment, Grant, KeyFacts, KeyId,
    KeyKind, KeyState, MicroUsd, OrganizationFacts, OrganizationId, Permission, Permissions,
    RateLimit, Timestamp,
};
use mira_key::{ApiKey, Entropy, EntropyError, Family, KeyDigest, ServiceName};
use mira_verifier::{
    BootClock, Coverage, Credential, Deadline, Limits, ManualTime, Verification, Verifier,
};

/// 2026-01-01T00:00:00Z, the first instant of a minute and of a day.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);
pub(crate) const ORGANIZATION: OrganizationId = OrganizationId::from_bytes([1; 16]);
pub(crate) const APP: AppId = AppId::from_bytes([2; 16]);

/// What a reader of the Mira API asks for.
pub(crate) const READ: Access = Access {
    audience: Audience::Organization,
    permission: Some(Permission::Read),
    ..Access::ANY
};

/// What a caller of the verify service asks for.
pub(crate) const VERIFY: Access = Access {
    audience: Audience::Service(ServiceName::VERIFY),
    is_metered: true,
    ..Access::ANY
};

/// An issued key.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) text: String,
    pub(crate) facts: KeyFacts,
}

impl Issued {
    pub(crate) fn new(seed: u8, family: Family) -> Self {
        let key = ApiKey::generate(family, &Seeded::new(seed)).unwrap();
        let kind = match family {
            Family::Organization => KeyKind::Organization {
                permissions: Permissions::from_iter([Permission::Read]),
            },
            Family::App(service) => KeyKind::App {
                app_id: APP,
                service,
            },
        };
        Self {
            text: key.expose().to_owned(),
            facts: KeyFacts {
                id: KeyId::from_bytes([seed; 16]),
                organization_id: ORGANIZATION,
                kind,
                environment: Environment::Production,
                state: KeyState::Active,
                expires_at: None,
                ip_allowlist: None,
                rate_limit: RateLimit::default(),
            },
        }
    }

    pub(crate) fn digest(&self) -> KeyDigest {
        KeyDigest::of(self.text.as_bytes())
    }

    /// The change that tells of this key, with `edit` applied.
    pub(crate) fn change(&self, edit: impl FnOnce(&mut KeyFacts)) -> Change {
        let mut facts = self.facts.clone();
        edit(&mut facts);
        Change::Key {
            digest: self.digest(),
            facts,
        }
    }
}

pub(crate) struct Scene {
    pub(crate) verifier: Arc<Verifier>,
    pub(crate) time: ManualTime,
    pub(crate) organization_key: Issued,
    pub(crate) app_key: Issued,
}

impl Scene {
    /// All known, served for ever.
    pub(crate) fn new() -> Self {
        let scene = Self::without_lease(Limits::default());
        scene.verifier.extend_lease(Deadline::NEVER_ENDS);
        scene
    }

    pub(crate) fn with_limits(limits: Limits) -> Self {
        let scene = Self::without_lease(limits);
        scene.verifier.extend_lease(Deadline::NEVER_ENDS);
        scene
    }

    /// All known, served for ever, its windows shared with other nodes.
    pub(crate) fn sharing(limits: Limits) -> Self {
        let scene = Self::without_lease(limits);
        scene.verifier.share_windows();
        scene.verifier.extend_lease(Deadline::NEVER_ENDS);
        scene
    }

    /// All known, no lease yet.
    pub(crate) fn without_lease(limits: Limits) -> Self {
        let (clock, time) = BootClock::manual(START);
        let scene = Self {
            verifier: Arc::new(Verifier::new(limits, clock)),
            time,
            organization_key: Issued::new(3, Family::Organization),
            app_key: Issued::new(4, Family::App(ServiceName::VERIFY)),
        };
        scene.verifier.set_coverage(Coverage::Complete);
        scene.verifier.apply(&organization(|_| {}));
        scene.verifier.apply(&balance(1_000_000));
        scene.verifier.apply(&scene.organization_key.change(|_| {}));
        scene.verifier.apply(&scene.app_key.change(|_| {}));
        scene
    }

    pub(crate) fn read(&self) -> Verification {
        self.ask(&self.organization_key, &READ)
    }

    pub(crate) fn ask(&self, key: &Issued, access: &Access) -> Verification {
        let credential = Credential::Presented(key.text.as_bytes());
        self.verifier.verify(&credential, access)
    }

    pub(crate) fn edit_key(&self, edit: impl FnOnce(&mut KeyFacts)) {
        self.verifier.apply(&self.organization_key.change(edit));
    }

    pub(crate) fn edit_organization(&self, edit: impl FnOnce(&mut OrganizationFacts)) {
        self.verifier.apply(&organization(edit));
    }
}

pub(crate) fn organization(edit: impl FnOnce(&mut OrganizationFacts)) -> Change {
    let mut facts = OrganizationFacts {
        id: ORGANIZATION,
        is_suspended: false,
        subscribed_until: Timestamp::MAX,
    };
    edit(&mut facts);
    Change::Organization(facts)
}

pub(crate) fn balance(micros: i64) -> Change {
    Change::App {
        id: APP,
        balance: MicroUsd::from_micros(micros),
    }
}

pub(crate) fn revoked() -> KeyState {
    KeyState::Revoked {
        at: START,
        by: mira_core::Actor::System,
    }
}

/// The code of a denial, or `allow`, `unavailable`, `needs`.
pub(crate) fn code(verification: &Verification) -> &'static str {
    match verification {
        Verification::Decided(Decision::Allow(_)) => "allow",
        Verification::Decided(Decision::Deny(denied)) => denied.denial.code(),
        Verification::Unavailable => "unavailable",
        Verification::Needs(_) => "needs",
    }
}

pub(crate) fn granted(verification: Verification) -> Grant {
    match verification {
        Verification::Decided(Decision::Allow(grant)) => grant,
        other => panic!("not allowed: {other:?}"),
    }
}

pub(crate) fn denied(verification: Verification) -> Denied {
    match verification {
        Verification::Decided(Decision::Deny(denied)) => denied,
        other => panic!("not denied: {other:?}"),
    }
}

/// A known sequence of bytes.
struct Seeded(Mutex<u8>);

impl Seeded {
    fn new(seed: u8) -> Self {
        Self(Mutex::new(seed))
    }
}

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        let mut state = self.0.lock().unwrap();
        for byte in bytes {
            *state = state.wrapping_mul(5).wrapping_add(17);
            *byte = *state;
        }
        Ok(())
    }
}
