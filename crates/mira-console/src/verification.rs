//! Asking about a key: the decision as a service.

use mira_core::{Access, Decision, Denial, Grant, OrganizationId, Refused};
use mira_verifier::{Credential, Resolved};

use crate::{Caller, Console, ConsoleError};

/// A key that somebody presented to a service, and what it is wanted for.
pub struct Asked<'k> {
    /// The presented key.
    pub key: &'k str,
    /// What it is wanted for; what is absent is not checked.
    pub access: Access,
}

/// What there is to say about a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// It is good for that.
    Valid(Grant),
    /// It is not, and why.
    Denied(Denial),
}

impl Console {
    /// Decides about a key of `organization_id`. A key of another organization
    /// reads as one that nobody issued, and none of its windows are charged.
    pub async fn verify_key(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        asked: Asked<'_>,
    ) -> Result<Answer, ConsoleError> {
        let only_asks = Access {
            cost: 0,
            ..asked.access
        };
        let looked_up = self.decide(asked.key, &only_asks).await?;
        let owner = match &looked_up {
            Decision::Allow(grant) => Some(grant.organization_id()),
            Decision::Deny(denied) => denied.key.map(|(_, owner)| owner),
        };
        if owner != Some(organization_id) {
            return Ok(Answer::Denied(Denial::InvalidKey));
        }
        // A refusal is counted too, so it is decided again like a yes.
        let decision = if asked.access.cost > 0 {
            self.decide(asked.key, &asked.access).await?
        } else {
            looked_up
        };
        Ok(match decision {
            Decision::Allow(grant) => Answer::Valid(grant),
            Decision::Deny(denied) => {
                let id = caller.request_id.as_deref();
                if let Some(id) = id.and_then(Refused::parse_request_id) {
                    let verifier = self.node.verifier();
                    verifier.note_refusal(&denied, &asked.access, id);
                }
                Answer::Denied(denied.denial)
            }
        })
    }

    async fn decide(&self, key: &str, access: &Access) -> Result<Decision, ConsoleError> {
        let credential = Credential::Presented(key.as_bytes());
        match self.node.verify(&credential, access).await {
            Resolved::Decided(decision) => Ok(decision),
            Resolved::Unavailable => Err(ConsoleError::Unavailable),
        }
    }
}
