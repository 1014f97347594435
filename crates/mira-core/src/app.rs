//! A customer's application, which owns app keys and a balance.

use crate::{AppId, MicroUsd, OrganizationId, Timestamp};

/// An app of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its id.
    pub id: AppId,
    /// The organization that it belongs to.
    pub organization_id: OrganizationId,
    /// Its name, 1 to 100 characters.
    pub name: String,
    /// What is left of what was paid in.
    pub balance: MicroUsd,
    /// The balance below which it is low, more than zero; absent means never.
    pub low_balance_threshold: Option<MicroUsd>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl App {
    /// Whether its people asked to be warned of a balance such as this.
    pub fn is_balance_low(&self) -> bool {
        self.low_balance_threshold
            .is_some_and(|threshold| self.balance < threshold)
    }
}
