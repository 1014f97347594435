//! What the pages promise, asked through the router as the edge would ask.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod apps;
mod fixture;
mod keys;
mod markup;
mod organizations;
mod people;
mod reports;
mod revoking;
mod roles;
mod signing_in;
mod tenants;
mod webhooks;
