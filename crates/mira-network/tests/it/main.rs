//! The network through its routers, over models on real loopback servers that
//! answer, fail, hang and talk nonsense.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod edge;
mod inference;
mod liars;
mod verify;
