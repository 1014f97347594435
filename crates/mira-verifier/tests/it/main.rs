//! Claims about the verifier, through the crate's public interface.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod counting;
mod lease;
mod lifeline;
mod model;
mod scene;
mod sharing;
mod verify;
