//! Taking in keys that another system issued.

use mira_core::{
    Actor, AppId, KeyFacts, KeyId, KeyKind, KeyRecord, KeyState, OrganizationId, Origin,
    Permission, Permissions,
};
use mira_key::{Family, KeyDigest, KeyParts, ServiceName};
use mira_store::audit::{Action, TargetKind};
use mira_store::keys::{self, StoredKey};
use mira_store::{apps, organizations};
use zeroize::Zeroizing;

use crate::unit::{Unit, target};
use crate::{Console, ConsoleError, NewKey, input};

/// One key to take in.
pub struct ImportedKey {
    /// The key itself, or its digest.
    pub secret: ImportedSecret,
    /// The app and service of an app key; absent for an organization key.
    pub app: Option<(AppId, ServiceName)>,
    /// Everything else.
    pub new: NewKey,
}

/// What another system kept of a key.
pub enum ImportedSecret {
    /// The plaintext, which is digested and forgotten.
    Plaintext(Zeroizing<String>),
    /// SHA-256 of the whole key.
    Sha256([u8; 32]),
}

impl Console {
    /// Takes `all` keys in, in one transaction. Returns how many are new; a key
    /// whose digest is known already is skipped, so an import may be repeated.
    pub async fn import_keys(
        &self,
        organization_id: OrganizationId,
        all: Vec<ImportedKey>,
    ) -> Result<u64, ConsoleError> {
        self.mutate(&Self::system(), move |unit| {
            Box::pin(async move {
                let organization = organizations::get(unit.tx, organization_id).await?;
                organization.ok_or(ConsoleError::NotFound("Organization"))?;
                let mut imported: u64 = 0;
                for key in all {
                    imported += u64::from(unit.import(organization_id, key).await?);
                }
                let target = target(TargetKind::Organization, organization_id);
                let details = [("imported", imported.into())];
                unit.audit(
                    Action::KeysImported,
                    target,
                    Some(organization_id),
                    &details,
                )
                .await?;
                Ok(imported)
            })
        })
        .await
        .map(|settled| settled.value)
    }
}

impl Unit<'_> {
    async fn import(
        &mut self,
        organization_id: OrganizationId,
        key: ImportedKey,
    ) -> Result<bool, ConsoleError> {
        let kind = match key.app {
            None => KeyKind::Organization {
                permissions: key
                    .new
                    .permissions
                    .unwrap_or_else(|| Permissions::from_iter([Permission::Read])),
            },
            Some((app_id, service)) => {
                let app = apps::get(self.tx, app_id).await?;
                app.filter(|app| app.organization_id == organization_id)
                    .ok_or(ConsoleError::NotFound("App"))?;
                KeyKind::App { app_id, service }
            }
        };
        let (digest, prefix) = identify(&key.secret, kind)?;
        if keys::by_digest(self.tx, &digest).await?.is_some() {
            return Ok(false);
        }
        let id: KeyId = self.new_key_id()?;
        let facts = KeyFacts {
            id,
            organization_id,
            kind,
            environment: key.new.environment,
            state: KeyState::Active,
            expires_at: key.new.expires_at,
            ip_allowlist: key.new.ip_allowlist,
            rate_limit: key.new.rate_limit,
        };
        let name = key.new.name.unwrap_or_else(|| "Imported key".to_owned());
        let record = KeyRecord {
            facts,
            name: input::name(&name)?,
            prefix,
            origin: Origin {
                created_at: self.now,
                created_by: Actor::System,
                rotated_from: None,
            },
            last_used_at: None,
            rotated_to: None,
        };
        keys::insert(self.tx, &record, &digest).await?;
        self.announce_key(&StoredKey { digest, record }).await?;
        Ok(true)
    }
}

/// The digest to find a key by, and the form to show it in. Of a foreign
/// plaintext the first four characters are shown, of a bare digest just the
/// family's prefix.
fn identify(secret: &ImportedSecret, kind: KeyKind) -> Result<(KeyDigest, String), ConsoleError> {
    let family = match kind {
        KeyKind::Organization { .. } => Family::Organization,
        KeyKind::App { service, .. } => Family::App(service),
    };
    match secret {
        ImportedSecret::Sha256(digest) => Ok((KeyDigest::from_bytes(*digest), family.to_string())),
        ImportedSecret::Plaintext(key) => {
            let length = key.len();
            let is_plain = key
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte));
            if !is_plain || !(16..=512).contains(&length) {
                return Err(ConsoleError::invalid(
                    "A key has 16 to 512 characters of a bearer token (RFC 6750)",
                ));
            }
            let prefix = match KeyParts::parse(key.as_bytes()) {
                Ok(parts) if parts.family() != family => {
                    return Err(ConsoleError::invalid("The key is of another family"));
                }
                Ok(parts) => parts.display_prefix(),
                Err(_) => key.chars().take(4).collect(),
            };
            Ok((KeyDigest::of(key.as_bytes()), prefix))
        }
    }
}
