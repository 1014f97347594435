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
    /// When it was made.
    pub created_at: Timestamp,
}
