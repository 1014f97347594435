//! Keeps one verifier in step with the store, and owns the revocation barrier.
//!
//! A change is committed to the store, read back from the changelog in its
//! order, and applied to the verifier; only then does the call that made it
//! answer. On one machine this is the whole protocol: store and verifier share a
//! process, so what is applied here holds everywhere. If the changelog cannot be
//! read after a commit, the verifier no longer knows what it should, and serves
//! nothing until it has caught up.

mod effect;
mod node;
mod run;
mod usage;

pub use effect::{Effect, Proof};
pub use node::{Node, NodeError};
