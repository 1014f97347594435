//! Webhooks on both stores, and delivery to a receiver that really listens.
#![expect(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

mod delivering;
mod queueing;
mod receiver;
mod records;
mod world;
