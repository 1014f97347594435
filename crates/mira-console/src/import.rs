//! Taking in keys that another system issued.

use mira_core::{AppId, OrganizationId};
use mira_key::{Family, KeyDigest, KeyParts, ServiceName};
use mira_store::audit::{Action, TargetKind};
use mira_store::{keys, organizations};
use zeroize::Zeroizing;

use crate::unit::{Unit, target};
use crate::{Console, ConsoleError, Mutator, NewKey};

/// One key to take in.
pub struct ImportedKey {
    /// Its line in the file, counted from 1, for whoever has to correct it.
    pub line: usize,
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
    /// What creation refuses is refused, but for one thing: the organization need
    /// not have subscribed yet, for its keys are refused until it has.
    pub async fn import_keys(
        &self,
        organization_id: OrganizationId,
        all: Vec<ImportedKey>,
    ) -> Result<u64, ConsoleError> {
        self.mutate(&Self::system(), Mutator::ImportKeys, move |unit| {
            Box::pin(async move {
                let organization = organizations::hold(unit.tx, organization_id).await?;
                organization.ok_or(ConsoleError::NotFound("Organization"))?;
                let mut imported: u64 = 0;
                for key in all {
                    let line = key.line;
                    let is_new = unit.import(organization_id, key).await;
                    imported += u64::from(is_new.map_err(|error| at_line(line, error))?);
                }
                let target = target(TargetKind::Organization, organization_id);
                let details = [("imported", imported.into())];
                unit.audit(
                    Action::KeysImported,
                    target,
                    Some(organization_id),
                    &details,
                )?;
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
        if let Some((app_id, _)) = key.app {
            let app = self.app_to_manage(app_id).await?;
            if app.organization_id != organization_id {
                return Err(ConsoleError::NotFound("App"));
            }
        }
        let kind = self.kind(key.app, key.new.permissions)?;
        let (digest, prefix) = identify(&key.secret, kind.family())?;
        if keys::by_digest(self.tx, &digest).await?.is_some() {
            return Ok(false);
        }
        let name = key.new.name.or_else(|| Some("Imported key".to_owned()));
        let draft = self.draft(organization_id, kind, NewKey { name, ..key.new })?;
        self.make_key(draft, digest, prefix).await?;
        Ok(true)
    }
}

/// The digest to find a key by, and the form to show it in. Of a foreign
/// plaintext the first four characters are shown, of a bare digest just the
/// family's prefix.
fn identify(secret: &ImportedSecret, family: Family) -> Result<(KeyDigest, String), ConsoleError> {
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

/// Says which line of the file is wrong.
fn at_line(line: usize, error: ConsoleError) -> ConsoleError {
    match error {
        ConsoleError::Invalid(_) | ConsoleError::NotFound(_) => {
            ConsoleError::invalid(format!("line {line}: {error}"))
        }
        other => other,
    }
}
