//! Where money leaves: what one request owes, and who takes it.

use futures_util::future::BoxFuture;
use mira_core::{AppId, MicroUsd};
use mira_outbound::Usage;
use mira_wire::RequestId;

/// What one request used and costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Charge {
    /// Whose balance pays.
    pub app_id: AppId,
    /// The request; the same one is never charged twice.
    pub request_id: RequestId,
    /// The sum over all model calls, each rounded half up to a micro-dollar. Not
    /// negative; zero with free models.
    pub cost: MicroUsd,
    /// The tokens of all model calls.
    pub usage: Usage,
    /// What it was for, for the list of transactions.
    pub description: String,
}

/// The store has not confirmed a charge. It may still, so the charge is tried again;
/// nobody may be told that it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the charge is not confirmed")]
pub struct Unconfirmed;

/// Takes what requests owe.
pub trait Meter: Send + Sync {
    /// Charges a request that has ended, been aborted or lost its caller: at most
    /// once per request, and not at all where no model was asked.
    ///
    /// The call itself happens at once, so that a meter can count what is on its
    /// way; the future is then run to its end whatever becomes of the request.
    /// An answer waits for it, so it is bounded: what is not confirmed by then is
    /// [`Unconfirmed`], and the answer says so.
    fn charge(&self, charge: Charge) -> BoxFuture<'static, Result<(), Unconfirmed>>;

    /// Whether work may begin: a meter that holds many charges which nobody confirms
    /// takes no more on.
    fn is_open(&self) -> bool;
}
