//! Why a node could not do its part.

use mira_db::DbError;
use mira_store::StoreError;
use mira_verifier::RefillError;

/// Why a node could not do its part.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The store could not be read or written, so the verifier may be behind.
    #[error("the verifier is out of step with the store: {0}")]
    Store(StoreError),
    /// The store lacks changes that were applied here.
    #[error(
        "the store has lost changes that this node has applied: it was restored from an older \
         backup, or a standby without them was promoted. Revocations may be among them. Nothing \
         is served; compare the store with its audit trail, revoke again what is missing, and \
         restart this node"
    )]
    Forked,
    /// Other nodes hold this one for dead.
    #[error("this node was taken off the roster")]
    Fenced,
    /// The store did not answer in time.
    #[error("the store did not answer in time")]
    TimedOut,
    /// No id could be made.
    #[error(transparent)]
    Entropy(#[from] mira_key::EntropyError),
}

impl From<StoreError> for NodeError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Forked => Self::Forked,
            error => Self::Store(error),
        }
    }
}

impl From<DbError> for NodeError {
    fn from(error: DbError) -> Self {
        Self::Store(error.into())
    }
}

impl From<NodeError> for RefillError {
    fn from(_: NodeError) -> Self {
        Self::Unreachable
    }
}
