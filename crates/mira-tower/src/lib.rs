//! The HTTP edge: reads the credential, asks the verifier, ties what a key opened
//! to the key.
//!
//! A door calls [`Guard::admit`] with what its route demands. It gets a
//! [`Grant`](mira_core::Grant) or a [`Refusal`](mira_wire::Refusal), and wraps
//! its response with [`Guard::bind`], so that an open stream dies with the key
//! and no product needs to know. What goes on without a body is watched with
//! [`Guard::watch`].

mod client_address;
mod credential;
mod guard;
mod lifeline_body;

pub use client_address::{Peer, client_address};
pub use credential::credential;
pub use guard::{Guard, refusal_of};
pub use lifeline_body::{KeyEnded, LifelineBody, LifelineError};
pub use mira_verifier::{End, Lifeline};
