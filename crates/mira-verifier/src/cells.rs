//! Organizations and apps: cells that their keys share, so that a change of one is
//! one store, whatever its number of keys.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use mira_core::{AppId, MicroUsd, OrganizationFacts, OrganizationId, Timestamp};

/// What keys share. Only writers look cells up.
#[derive(Default)]
pub(crate) struct Cells {
    organizations: HashMap<OrganizationId, Arc<OrganizationCell>>,
    apps: HashMap<AppId, Arc<AppCell>>,
}

impl Cells {
    pub(crate) fn organization(&mut self, id: OrganizationId) -> Arc<OrganizationCell> {
        Arc::clone(self.organizations.entry(id).or_default())
    }

    pub(crate) fn app(&mut self, id: AppId) -> Arc<AppCell> {
        Arc::clone(self.apps.entry(id).or_default())
    }
}

/// Whether an organization is suspended and until when it has subscribed, in
/// one word: a reader never sees half of a change. The lowest bit is the
/// suspension; the others are milliseconds, of which 63 bits are plenty.
pub(crate) struct OrganizationCell(AtomicI64);

impl OrganizationCell {
    pub(crate) fn store(&self, facts: OrganizationFacts) {
        let until = facts.subscribed_until.as_millis();
        let until = until.clamp(i64::MIN >> 1, i64::MAX >> 1);
        let word = until << 1 | i64::from(facts.is_suspended);
        self.0.store(word, Ordering::Release);
    }

    pub(crate) fn load(&self, id: OrganizationId) -> OrganizationFacts {
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
pub(crate) struct AppCell(AtomicI64);

impl AppCell {
    pub(crate) fn store(&self, balance: MicroUsd) {
        self.0.store(balance.as_micros(), Ordering::Release);
    }

    pub(crate) fn load(&self) -> MicroUsd {
        MicroUsd::from_micros(self.0.load(Ordering::Acquire))
    }
}
