//! How a key comes to be, whether it is issued, follows another or is taken in.
//!
//! What somebody wants of a key is checked in [`Unit::kind`] and [`Unit::draft`]
//! and nowhere else, and every record is written by [`Unit::make_key`].

use mira_core::{
    Allowlist, AppId, EditError, Environment, KeyFacts, KeyId, KeyKind, KeyRecord, KeyState,
    OrganizationId, Origin, Permission, Permissions, RateLimit, Timestamp,
};
use mira_key::{ApiKey, KeyDigest, ServiceName};
use mira_store::audit::Action;
use mira_store::keys::{self, StoredKey};
use mira_store::organizations;

use crate::idempotency::Idempotency;
use crate::unit::Unit;
use crate::{ConsoleError, input};

/// What somebody wants of a new key.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// Its name; an app key may go without.
    pub name: Option<String>,
    /// Organization keys only; `read` if absent.
    pub permissions: Option<Permissions>,
    /// Where it is meant to be used.
    pub environment: Environment,
    /// The exclusive end of its life.
    pub expires_at: Option<Timestamp>,
    /// Where it may be used from.
    pub ip_allowlist: Option<Allowlist>,
    /// Its own limits.
    pub rate_limit: RateLimit,
}

/// A key that was just made. This is the one time that its plaintext is there;
/// a repeated request gets the record alone.
#[derive(Debug)]
pub struct Issued {
    /// The record.
    pub record: KeyRecord,
    /// The plaintext.
    pub key: Option<ApiKey>,
}

/// A key that may be made, and has no secret yet.
pub(crate) struct Draft {
    pub(crate) facts: KeyFacts,
    pub(crate) name: String,
    pub(crate) rotated_from: Option<KeyId>,
}

impl Unit<'_> {
    /// Issues a key, of the app and for the service that it `opens` or else of
    /// the organization; or finds the one that the same request made before.
    pub(crate) async fn issue(
        &mut self,
        organization_id: OrganizationId,
        opens: Option<(AppId, ServiceName)>,
        new: NewKey,
        idempotency: Option<Idempotency>,
    ) -> Result<Issued, ConsoleError> {
        if let Some(record) = self.repeated(idempotency.as_ref()).await? {
            return Ok(Issued { record, key: None });
        }
        let kind = self.kind(opens, new.permissions)?;
        let draft = self.draft(organization_id, kind, new)?;
        self.require_subscription(&draft.facts).await?;
        let issued = self.generate_key(draft).await?;
        let id = issued.record.facts.id;
        self.audit_key(Action::KeyCreated, &issued.record, &[])?;
        self.remember(idempotency, id).await?;
        Ok(issued)
    }

    /// The kind of a wanted key: for a configured service, or with permissions.
    pub(crate) fn kind(
        &self,
        opens: Option<(AppId, ServiceName)>,
        permissions: Option<Permissions>,
    ) -> Result<KeyKind, ConsoleError> {
        let Some((app_id, service)) = opens else {
            refuse_empty(permissions)?;
            let permissions =
                permissions.unwrap_or_else(|| [Permission::Read].into_iter().collect());
            return Ok(KeyKind::Organization { permissions });
        };
        if !self.services.contains(&service) {
            return Err(ConsoleError::invalid(format!(
                "There is no service called {service}"
            )));
        }
        if permissions.is_some() {
            return Err(EditError::PermissionsOfAppKey.into());
        }
        Ok(KeyKind::App { app_id, service })
    }

    /// Everything else that is wanted of a key, checked.
    pub(crate) fn draft(
        &self,
        organization_id: OrganizationId,
        kind: KeyKind,
        new: NewKey,
    ) -> Result<Draft, ConsoleError> {
        refuse_past(new.expires_at, self.now)?;
        let name = match (new.name, kind) {
            (None, KeyKind::App { service, .. }) => format!("{service} key"),
            (name, _) => input::name(&name.unwrap_or_default())?,
        };
        let facts = KeyFacts {
            id: KeyId::generate(self.now, self.entropy())?,
            organization_id,
            kind,
            environment: new.environment,
            state: KeyState::Active,
            expires_at: new.expires_at,
            ip_allowlist: new.ip_allowlist,
            rate_limit: new.rate_limit,
        };
        Ok(Draft {
            facts,
            name,
            rotated_from: None,
        })
    }

    /// Makes the key of `draft` with a secret that nobody has seen.
    pub(crate) async fn generate_key(&mut self, draft: Draft) -> Result<Issued, ConsoleError> {
        let key = ApiKey::generate(draft.facts.kind.family(), self.entropy())?;
        let record = self
            .make_key(draft, key.digest(), key.display_prefix())
            .await?;
        Ok(Issued {
            record,
            key: Some(key),
        })
    }

    /// Writes the record of `draft`, to be found by `digest` and shown as
    /// `prefix`, and tells every verifier.
    pub(crate) async fn make_key(
        &mut self,
        draft: Draft,
        digest: KeyDigest,
        prefix: String,
    ) -> Result<KeyRecord, ConsoleError> {
        let record = KeyRecord {
            facts: draft.facts,
            name: draft.name,
            prefix,
            origin: Origin {
                created_at: self.now,
                created_by: self.caller.principal.actor(),
                rotated_from: draft.rotated_from,
            },
            last_used_at: None,
            rotated_to: None,
        };
        keys::insert(self.tx, &record, &digest).await?;
        let stored = StoredKey { digest, record };
        self.announce_key(&stored);
        Ok(stored.record)
    }

    /// Organization keys are made only while the subscription is active.
    pub(crate) async fn require_subscription(
        &mut self,
        facts: &KeyFacts,
    ) -> Result<(), ConsoleError> {
        let organization = organizations::hold(self.tx, facts.organization_id)
            .await?
            .ok_or(ConsoleError::NotFound("Organization"))?;
        let is_needed = matches!(facts.kind, KeyKind::Organization { .. });
        if is_needed && !organization.subscription.is_active(self.now) {
            return Err(ConsoleError::SubscriptionRequired);
        }
        Ok(())
    }
}

pub(crate) fn refuse_empty(permissions: Option<Permissions>) -> Result<(), ConsoleError> {
    if permissions.is_some_and(Permissions::is_empty) {
        return Err(ConsoleError::invalid(
            "permissions has at least one of read, write, admin",
        ));
    }
    Ok(())
}

pub(crate) fn refuse_past(
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), ConsoleError> {
    if expires_at.is_some_and(|end| now.has_reached(end)) {
        return Err(ConsoleError::invalid("expires_at lies in the past"));
    }
    Ok(())
}
