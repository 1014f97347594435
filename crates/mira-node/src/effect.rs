//! Since when a change holds, and how that is known.

/// What the barrier says of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// No request sent from now on is answered by what held before, by any node.
    Effective {
        /// How that is known.
        proof: Proof,
        /// How many nodes it holds on.
        nodes: u32,
        /// How long it took after the commit, in milliseconds.
        waited_ms: u64,
    },
    /// The change is committed, and the caller did not wait for the rest.
    Pending {
        /// When it will hold at the latest, in milliseconds.
        within_ms: u64,
    },
}

/// How it is known that a change holds everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// There is one node, and it has applied the change.
    Local,
    /// Every node has said that it has applied the change.
    Acks,
    /// Every node has said so or has lost its lease.
    LeaseExpiry,
}

impl Proof {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Acks => "acks",
            Self::LeaseExpiry => "lease_expiry",
        }
    }
}
