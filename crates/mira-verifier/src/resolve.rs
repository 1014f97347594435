//! A verification that may ask the store.

use mira_core::{Access, Decision, Denial, Denied};

use crate::{Credential, Refill, Refiller, Verification, Verifier};

/// What a door gets to hear: a decision, or that none can be made now.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// Yes or no.
    Decided(Decision),
    /// It cannot be known now; answered 503.
    Unavailable,
}

/// A key, its minute and its day may all be missing; beyond that, others were
/// quicker to spend what was fetched.
const ROUNDS: u32 = 8;

/// Verifies, and where memory does not hold what it takes, lets `refiller` fetch
/// it and verifies again. Whoever is unknown even then is unknown.
pub async fn resolve(
    verifier: &Verifier,
    refiller: &dyn Refiller,
    presented: &Credential<'_>,
    access: &Access,
) -> Resolved {
    let mut has_asked_for_key = false;
    for _ in 0..ROUNDS {
        let need = match verifier.verify(presented, access) {
            Verification::Decided(decision) => return Resolved::Decided(decision),
            Verification::Unavailable => return Resolved::Unavailable,
            Verification::Needs(need) => need,
        };
        if matches!(need, Refill::Key(_)) {
            if has_asked_for_key {
                return Resolved::Decided(unknown());
            }
            has_asked_for_key = true;
        }
        if refiller.refill(need).await.is_err() {
            return Resolved::Unavailable;
        }
    }
    Resolved::Unavailable
}

fn unknown() -> Decision {
    Decision::Deny(Denied {
        denial: Denial::InvalidKey,
        key: None,
        quota: None,
    })
}
