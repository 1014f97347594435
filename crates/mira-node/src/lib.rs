//! Keeps one verifier in step with the store, and owns the revocation barrier.
//!
//! A change is committed to the store, read back from the changelog in its
//! order, and applied to the verifier of every node; only then does the call that
//! made it answer. Four rules make that true whatever fails:
//!
//! - A node answers only while it holds a **lease**. The lease is counted from the
//!   instant before its renewal was sent, and is extended after everything that the
//!   renewal saw in the changelog has been applied.
//! - A node **acknowledges** what it has applied, and after it has.
//! - Whoever commits a change reads the **roster** of nodes after the commit, and
//!   waits until each of them has acknowledged, or until the longest lease that it
//!   may hold is over.
//! - A node whose store has another past than it has applied **forked**: it serves
//!   nothing, and never takes a revocation back by itself.
//!
//! Hints only make it fast. On one machine store and verifier share a process: one
//! node, a lease that never ends, and nobody to wait for.

mod allotter;
mod balances;
mod barrier;
mod effect;
mod error;
mod hints;
mod membership;
mod node;
mod refill;
mod renewal;
mod roster;
mod run;
mod usage;
mod waits;

pub use effect::{Effect, Proof};
pub use error::NodeError;
pub use membership::Membership;
pub use node::{Node, Standing};
pub use waits::Waits;
