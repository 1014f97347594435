//! What decides, by the digest of the key.
//!
//! Readers take no lock. Organizations and apps are cells that their keys
//! share, so a change of one is one store, whatever its number of keys.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use mira_core::{
    AppId, Change, KeyFacts, MicroUsd, OrganizationFacts, OrganizationId, Subject, Timestamp,
};
use mira_key::KeyDigest;
use papaya::{HashMapRef, LocalGuard};

use crate::counters::Counters;
use crate::lock::lock;

/// How much of the store the verifier holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coverage {
    /// Every key that exists: an unknown key does not.
    Complete,
    /// Perhaps not every key: one that has the form of a key may exist.
    #[default]
    Partial,
}

/// All keys that are known here.
#[derive(Default)]
pub(crate) struct Index {
    entries: papaya::HashMap<KeyDigest, Entry, DigestHashing>,
    /// One writer at a time, so that an entry is replaced as a whole.
    cells: Mutex<Cells>,
}

/// The entries, held in place while they are read.
pub(crate) type Entries<'a> = HashMapRef<'a, KeyDigest, Entry, DigestHashing, LocalGuard<'a>>;

/// One key.
pub(crate) struct Entry {
    pub(crate) facts: KeyFacts,
    pub(crate) counters: Arc<Counters>,
    organization: Arc<OrganizationCell>,
    app: Option<Arc<AppCell>>,
}

impl Index {
    /// Publishes `change`. Changes may come in any order: a key may be told
    /// before its organization, which has nothing until it is told.
    pub(crate) fn apply(&self, change: &Change) {
        let mut cells = lock(&self.cells);
        match change {
            Change::Key { digest, facts } => {
                let entries = self.entries.pin();
                let counters = entries.get(digest).map(|entry| Arc::clone(&entry.counters));
                let entry = Entry {
                    facts: facts.clone(),
                    counters: counters.unwrap_or_default(),
                    organization: cells.organization(facts.organization_id),
                    app: facts.app_id().map(|app| cells.app(app)),
                };
                entries.insert(*digest, entry);
            }
            Change::Organization(facts) => cells.organization(facts.id).store(*facts),
            Change::App { id, balance } => cells.app(*id).store(*balance),
        }
    }

    pub(crate) fn entries(&self) -> Entries<'_> {
        self.entries.pin()
    }
}

impl Entry {
    pub(crate) fn subject(&self, digest: KeyDigest) -> Subject<'_> {
        Subject {
            digest,
            key: &self.facts,
            organization: self.organization.load(self.facts.organization_id),
            balance: self.app.as_ref().map(|app| app.load()),
        }
    }
}

/// What keys share. Only writers look cells up.
#[derive(Default)]
struct Cells {
    organizations: HashMap<OrganizationId, Arc<OrganizationCell>>,
    apps: HashMap<AppId, Arc<AppCell>>,
}

impl Cells {
    fn organization(&mut self, id: OrganizationId) -> Arc<OrganizationCell> {
        Arc::clone(self.organizations.entry(id).or_default())
    }

    fn app(&mut self, id: AppId) -> Arc<AppCell> {
        Arc::clone(self.apps.entry(id).or_default())
    }
}

/// Whether an organization is suspended and until when it has subscribed, in
/// one word: a reader never sees half of a change. The lowest bit is the
/// suspension; the others are milliseconds, of which 63 bits are plenty.
struct OrganizationCell(AtomicI64);

impl OrganizationCell {
    fn store(&self, facts: OrganizationFacts) {
        let until = facts.subscribed_until.as_millis();
        let until = until.clamp(i64::MIN >> 1, i64::MAX >> 1);
        let word = until << 1 | i64::from(facts.is_suspended);
        self.0.store(word, Ordering::Release);
    }

    fn load(&self, id: OrganizationId) -> OrganizationFacts {
        let word = self.0.load(Ordering::Acquire);
        OrganizationFacts {
            id,
            is_suspended: word & 1 == 1,
            subscribed_until: Timestamp::from_millis(word >> 1),
        }
    }
}

impl Default for OrganizationCell {
    /// An organization that nobody has told of is suspended and never subscribed.
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN | 1))
    }
}

/// The balance of an app in micro-dollars; nothing until it is told.
#[derive(Default)]
struct AppCell(AtomicI64);

impl AppCell {
    fn store(&self, balance: MicroUsd) {
        self.0.store(balance.as_micros(), Ordering::Release);
    }

    fn load(&self) -> MicroUsd {
        MicroUsd::from_micros(self.0.load(Ordering::Acquire))
    }
}

type DigestHashing = BuildHasherDefault<DigestHasher>;

/// Takes the one word that a [`KeyDigest`] writes: it is a hash already, and
/// nobody can choose keys whose digests collide.
#[derive(Default)]
pub(crate) struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    fn write(&mut self, bytes: &[u8]) {
        // Not reached by a digest; correct for anything else.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
