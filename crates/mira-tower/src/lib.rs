//! The HTTP edge: reads the credential, asks the verifier, ties what a key opened
//! to the key.
//!
//! A door calls [`Guard::admit`] with what its route demands. It gets a
//! [`Grant`](mira_core::Grant) or a [`Refusal`](mira_wire::Refusal), and wraps
//! its response with [`Guard::bind`], so that an open stream dies with the key
//! and no product needs to know. What goes on without a body is watched with
//! [`Guard::watch`].
//!
//! For a service of somebody else there are two layers. [`DoorLayer`] asks a running
//! Mira for every request, as a proxy would. [`GuardLayer`] asks a verifier in its
//! own process, for a service that keeps one in step with a store itself.

mod client_address;
mod credential;
mod door_layer;
mod guard;
mod guard_layer;
mod identity;
mod lifeline_body;
mod session_crumbs;
mod spelling;

pub use client_address::{Peer, client_address};
pub use credential::credential;
pub use door_layer::{DoorBody, DoorLayer, DoorService};
pub use guard::{Guard, refusal_of};
pub use guard_layer::{GuardBody, GuardLayer, GuardService};
pub use identity::{is_for_mira, is_identity, set_identity};
pub use lifeline_body::{KeyEnded, LifelineBody, LifelineError};
pub use mira_verifier::{End, Lifeline};
pub use session_crumbs::{refuse_session, remove_session};
pub use spelling::{begins_as, is_canonical, reads_as};
