//! The console API against a real console on a real store, asked as the edge asks.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod access;
mod apps;
mod document;
mod idempotency;
mod key_changes;
mod key_creation;
mod key_life;
mod lists;
mod members;
mod organizations;
mod reports;
mod rows;
mod scene;
mod sessions;
mod strictness;
mod tenants;
mod verification;
mod webhooks;
