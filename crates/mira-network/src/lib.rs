//! The Mira Network: what app keys open. A text is verified claim by claim by a
//! panel of models that must agree, and chat completions are passed through to
//! them; what the models used is charged to the app at the end.
//!
//! A key is known here only as a [`mira_core::Grant`], put into the request's
//! extensions by the edge together with its [`mira_wire::RequestId`]; money only
//! as a [`Charge`] handed to a [`Meter`]. Order of refusals: key, balance and
//! limit at the edge; then `no_model`; then the body.

mod bill;
mod chat_body;
mod claims;
mod consensus;
mod events;
mod fence;
mod inference;
mod meter;
mod network;
mod passage;
mod question;
mod tap;
mod usage;
mod verification;
mod verify;
mod verify_request;
mod whole_events;

pub use inference::{INFERENCE_OPERATIONS, INFERENCE_PREFIX, inference_router};
pub use meter::{Charge, Meter, Unconfirmed};
pub use network::{Network, NetworkConfig, PricedModel};
pub use usage::Price;
pub use verify::{VERIFY_OPERATIONS, VERIFY_PREFIX, verify_router};
