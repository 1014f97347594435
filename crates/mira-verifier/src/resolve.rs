//! A verification that may ask the store, once.

use mira_core::{Access, Decision, Denial, Denied};

use crate::{Credential, Refiller, Verification, Verifier};

/// What a door gets to hear: a decision, or that none can be made now.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved {
    /// Yes or no.
    Decided(Decision),
    /// It cannot be known now; answered 503.
    Unavailable,
}

/// Verifies, and where memory does not hold what it takes, lets `refiller` fetch
/// it and verifies once more. Whoever is unknown even then is unknown.
pub async fn resolve(
    verifier: &Verifier,
    refiller: &dyn Refiller,
    presented: &Credential<'_>,
    access: &Access,
) -> Resolved {
    match verifier.verify(presented, access) {
        Verification::Decided(decision) => return Resolved::Decided(decision),
        Verification::Unavailable => return Resolved::Unavailable,
        Verification::Needs(need) => {
            if refiller.refill(need).await.is_err() {
                return Resolved::Unavailable;
            }
        }
    }
    match verifier.verify(presented, access) {
        Verification::Decided(decision) => Resolved::Decided(decision),
        Verification::Unavailable => Resolved::Unavailable,
        Verification::Needs(_) => {
            let denied = Denied {
                denial: Denial::InvalidKey,
                key: None,
                quota: None,
            };
            Resolved::Decided(Decision::Deny(denied))
        }
    }
}
