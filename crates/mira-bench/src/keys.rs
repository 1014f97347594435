//! The keys of every measurement: made from their number, so that all parties
//! know them.

use std::sync::atomic::{AtomicU64, Ordering};

use mira_core::{
    Change, Environment, KeyFacts, KeyId, KeyKind, KeyState, OrganizationFacts, OrganizationId,
    Permission, Permissions, RateLimit, Timestamp,
};
use mira_key::{ApiKey, Entropy, EntropyError, Family, KeyDigest};
use sha2::{Digest as _, Sha256};

/// The length of an organization key.
pub(crate) const KEY_LENGTH: usize = 42;

/// How many organizations share the keys.
const ORGANIZATIONS: u32 = 1_000;

/// Key number `number`.
pub(crate) fn key(number: u32) -> [u8; KEY_LENGTH] {
    let seed = Seeded(AtomicU64::new(u64::from(number) << 8));
    let key = ApiKey::generate(Family::Organization, &seed).expect("it has bytes for ever");
    key.expose().as_bytes().try_into().expect("a key's length")
}

/// The facts of key `number`, as a store tells them.
pub(crate) fn change(number: u32) -> Change {
    Change::Key {
        digest: KeyDigest::of(&key(number)),
        facts: KeyFacts {
            id: KeyId::from_bytes(u128::from(number).to_be_bytes()),
            organization_id: organization(number % ORGANIZATIONS),
            kind: KeyKind::Organization {
                permissions: Permissions::from_iter([Permission::Read]),
            },
            environment: Environment::Production,
            state: KeyState::Active,
            expires_at: None,
            ip_allowlist: None,
            rate_limit: RateLimit::default(),
        },
    }
}

/// The organizations of all keys.
pub(crate) fn organizations() -> impl Iterator<Item = Change> {
    (0..ORGANIZATIONS).map(|number| {
        Change::Organization(OrganizationFacts {
            id: organization(number),
            is_suspended: false,
            subscribed_until: Timestamp::MAX,
        })
    })
}

fn organization(number: u32) -> OrganizationId {
    OrganizationId::from_bytes(u128::from(number).to_be_bytes())
}

/// Bytes that follow from a number.
struct Seeded(AtomicU64);

impl Entropy for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        for part in bytes.chunks_mut(32) {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            let block = Sha256::digest(number.to_le_bytes());
            part.copy_from_slice(&block[..part.len()]);
        }
        Ok(())
    }
}
