//! What the store tells the verifier.

use mira_key::KeyDigest;

use crate::{AppId, KeyFacts, MicroUsd, OrganizationFacts};

/// One change of what decides. A verifier that applies every change in the
/// order of the changelog knows what the store knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A key was issued or changed.
    Key {
        /// What it is found by.
        digest: KeyDigest,
        /// What holds from now on.
        facts: KeyFacts,
    },
    /// An organization was made or changed.
    Organization(OrganizationFacts),
    /// An app was made, or its balance moved.
    App {
        /// The app.
        id: AppId,
        /// What it has left.
        balance: MicroUsd,
    },
}
