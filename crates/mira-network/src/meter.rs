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

/// Takes what requests owe.
pub trait Meter: Send + Sync {
    /// Charges a request that has ended, been aborted or lost its caller: at most
    /// once per request, and not at all where no model was asked.
    ///
    /// The call itself happens at once, so that a meter can count what is on its
    /// way; the future is then run to its end whatever becomes of the request.
    /// An answer may wait for it, so it should be bounded.
    fn charge(&self, charge: Charge) -> BoxFuture<'static, ()>;
}
