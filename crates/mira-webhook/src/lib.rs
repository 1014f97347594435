//! Outgoing webhooks: where organizations want their events sent, a durable queue
//! of what to send, signatures, and the worker that delivers.
//!
//! Whoever has something to tell calls [`enqueue`] in the transaction that it
//! tells of, so that an event is sent if and only if it happened. A [`Worker`]
//! addresses each message to the [`Webhook`]s that want it, signs it by the
//! Standard Webhooks rules, and repeats a delivery on a fixed schedule until
//! somebody has taken it. A receiver may get a message twice, under the same
//! `webhook-id`.
//!
//! The two sets of tables may live in different databases:
//! [`endpoint_migrations`] beside the records that people manage,
//! [`queue_migrations`] beside what the events tell of.

mod delivery;
mod dispatch;
mod event;
mod message;
mod queue;
mod receiver;
mod schedule;
mod schema;
mod secret;
mod signature;
mod webhook;
mod webhooks;
mod worker;

pub use delivery::{Delivery, DeliveryState, Problem};
pub use dispatch::Dispatch;
pub use event::Event;
pub use message::Message;
pub use queue::enqueue;
pub use receiver::{InvalidReceiver, Receiver};
pub use schema::{
    endpoint_migrations, endpoint_postgres_migrations, queue_migrations, queue_postgres_migrations,
};
pub use secret::{ParseSecretError, SigningSecret};
pub use webhook::{Webhook, WebhookSecrets};
pub use webhooks::{delete, get, insert, list, update};
pub use worker::{BoxFuture, Directory, Worker};
