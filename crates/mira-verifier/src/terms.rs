//! What keys have in common, kept once for all of them.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, OnceLock};

use hashbrown::HashTable;
use mira_core::{
    Allowlist, Environment, KeyFacts, KeyKind, KeyView, Life, OrganizationId, RateLimit, Subject,
};

use crate::arena::Arena;
use crate::cells::{AppCell, Cells, OrganizationCell};
use crate::record::Own;

/// What decides about a key and is likely the same for others. Instants, which
/// are not, are with the key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Terms {
    pub(crate) organization_id: OrganizationId,
    pub(crate) kind: KeyKind,
    pub(crate) environment: Environment,
    pub(crate) life: Life,
    pub(crate) ip_allowlist: Option<Allowlist>,
    pub(crate) rate_limit: RateLimit,
}

impl Terms {
    pub(crate) fn of(facts: &KeyFacts) -> Self {
        Self {
            organization_id: facts.organization_id,
            kind: facts.kind,
            environment: facts.environment,
            life: facts.state.life(),
            ip_allowlist: facts.ip_allowlist.clone(),
            rate_limit: facts.rate_limit,
        }
    }
}

/// Terms, and the cells of those whom they name.
pub(crate) struct Shared {
    pub(crate) terms: Terms,
    organization: Arc<OrganizationCell>,
    app: Option<Arc<AppCell>>,
}

impl Shared {
    pub(crate) fn subject(&self, own: &Own) -> Subject<'_> {
        let terms = &self.terms;
        Subject {
            digest: own.digest,
            key: KeyView {
                id: own.id,
                organization_id: terms.organization_id,
                kind: &terms.kind,
                environment: terms.environment,
                life: terms.life,
                retires_at: own.retires_at,
                expires_at: own.expires_at,
                ip_allowlist: terms.ip_allowlist.as_ref(),
            },
            organization: self.organization.load(terms.organization_id),
            balance: self.app.as_ref().map(|app| app.load()),
        }
    }
}

/// All terms that were ever told; they are kept until the end, as somebody may be
/// reading them.
pub(crate) struct AllTerms(Arena<OnceLock<Shared>, 1_024>);

/// Finds the number of terms. For the one writer.
#[derive(Default)]
pub(crate) struct TermNumbers {
    numbers: HashTable<u32>,
    hashing: RandomState,
}

impl AllTerms {
    pub(crate) fn new() -> Self {
        Self(Arena::new())
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Shared> {
        self.0.get(number)?.get()
    }

    /// The number of `terms`, which are kept if they are new; none if there is no
    /// room. One caller at a time.
    pub(crate) fn number(
        &self,
        terms: Terms,
        numbers: &mut TermNumbers,
        cells: &mut Cells,
    ) -> Option<u32> {
        let hash = numbers.hashing.hash_one(&terms);
        let is_it = |number: &u32| {
            self.get(*number)
                .is_some_and(|shared| shared.terms == terms)
        };
        if let Some(number) = numbers.numbers.find(hash, is_it) {
            return Some(*number);
        }
        let (number, place) = self.0.take()?;
        let app = match terms.kind {
            KeyKind::App { app_id, .. } => Some(cells.app(app_id)),
            KeyKind::Organization { .. } => None,
        };
        let organization = cells.organization(terms.organization_id);
        let shared = Shared {
            terms,
            organization,
            app,
        };
        place.set(shared).ok()?;
        let hash_of = |number: &u32| {
            let shared = self.get(*number);
            shared.map_or(0, |shared| numbers.hashing.hash_one(&shared.terms))
        };
        numbers.numbers.insert_unique(hash, number, hash_of);
        Some(number)
    }
}
