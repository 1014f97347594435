//! Turns a presented key and an access into a decision, from memory.
//!
//! A [`Verifier`] holds what decides about keys, organizations and apps, and is
//! fed with changes by whoever reads the store. It does no I/O but reading the
//! system's clocks. Three rules keep a revoked key dead on every node:
//!
//! - It answers only while its lease runs, so a node that lost contact says
//!   [`Unavailable`](Verification::Unavailable), never yes and never no.
//! - A verification loads the lease's deadline first, reads the clock once
//!   after that, and looks the key up last.
//! - [`apply`](Verifier::apply) returns when every later verification sees the
//!   change and every open [`Lifeline`] that it concerns has been judged again.

mod address;
mod allotments;
mod arena;
mod cells;
mod clock;
mod counters;
mod credential;
mod index;
mod lease;
mod lifeline;
mod limits;
mod lock;
#[cfg(feature = "planted")]
pub mod planted;
mod record;
mod refill;
mod refusals;
mod resolve;
mod service_limits;
mod slots;
mod tally;
mod terms;
mod verification;
mod verifier;
mod window;

pub use clock::{BootClock, BootInstant, ManualTime};
pub use credential::Credential;
pub use index::Coverage;
pub use lease::{Deadline, Lease};
pub use lifeline::{End, Lifeline};
pub use limits::Limits;
pub use refill::{BoxFuture, Refill, RefillError, Refiller};
pub use resolve::{Resolved, resolve};
pub use tally::Tally;
pub use verification::Verification;
pub use verifier::Verifier;
