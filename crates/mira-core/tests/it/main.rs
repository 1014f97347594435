//! Claims about the nouns and the decision, through the crate's public interface.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod allotment;
mod decision;
mod edit;
mod life;
mod limit;
mod values;
mod world;
