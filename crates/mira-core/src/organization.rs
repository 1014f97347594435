//! The tenant, and the subscription that its organization keys depend on.

use crate::text::words;
use crate::{OrganizationFacts, OrganizationId, Timestamp};

/// The tenant: the boundary of every query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name, 1 to 100 characters.
    pub name: String,
    /// Whether its keys may be used at all.
    pub state: OrganizationState,
    /// What it has subscribed to.
    pub subscription: Subscription,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Organization {
    /// What the decision needs to know of it.
    pub fn facts(&self) -> OrganizationFacts {
        OrganizationFacts {
            id: self.id,
            is_suspended: self.state == OrganizationState::Suspended,
            subscribed_until: self.subscription.active_until(),
        }
    }
}

/// Whether an organization's keys may be used. Suspending it suspends them all;
/// keys that were revoked or suspended one by one stay so when it is active again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrganizationState {
    /// In use.
    #[default]
    Active,
    /// All its keys are refused as suspended.
    Suspended,
}

words!(OrganizationState, "state", { Active => "active", Suspended => "suspended" });

/// What an organization has subscribed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// The plan.
    pub plan: Plan,
    /// Whether it is paid.
    pub status: SubscriptionStatus,
    /// The exclusive end of the paid period; absent means no end.
    pub current_period_end: Option<Timestamp>,
}

impl Subscription {
    /// A new organization's: pay-as-you-go, which opens no API.
    pub const NONE: Self = Self {
        plan: Plan::PayAsYouGo,
        status: SubscriptionStatus::Active,
        current_period_end: None,
    };

    /// What the operator's own organization has: everything, without an end.
    pub const OPERATOR: Self = Self {
        plan: Plan::Enterprise,
        status: SubscriptionStatus::Active,
        current_period_end: None,
    };

    /// The exclusive end of API access: [`Timestamp::MIN`] where there is none,
    /// [`Timestamp::MAX`] where it has no end. A lapse, `past_due` included, is none.
    pub fn active_until(self) -> Timestamp {
        match (self.plan, self.status) {
            (Plan::Business | Plan::Enterprise, SubscriptionStatus::Active) => {
                self.current_period_end.unwrap_or(Timestamp::MAX)
            }
            _ => Timestamp::MIN,
        }
    }

    /// Whether organization keys may be created and used at `now`.
    pub fn is_active(self, now: Timestamp) -> bool {
        !now.has_reached(self.active_until())
    }
}

/// A plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// Tokens bought one by one; no API access.
    PayAsYouGo,
    /// API access while active.
    Business,
    /// API access while active.
    Enterprise,
}

words!(Plan, "plan", {
    PayAsYouGo => "pay_as_you_go", Business => "business", Enterprise => "enterprise",
});

/// Whether a subscription is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// Paid.
    Active,
    /// A payment is due; access has lapsed.
    PastDue,
    /// Ended.
    Canceled,
}

words!(SubscriptionStatus, "status", {
    Active => "active", PastDue => "past_due", Canceled => "canceled",
});
