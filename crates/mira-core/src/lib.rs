//! The nouns of API-key authentication and the one decision about a request.
//!
//! Everything here is a pure function of its arguments. There is no I/O, clock,
//! randomness, storage, HTTP or logging: time arrives as a [`Timestamp`], and
//! facts arrive from whoever remembers them. [`decide`](decide()) is the only
//! place that says yes or no, and only it can lead to a [`Grant`]:
//!
//! ```compile_fail
//! // A grant has private fields and no constructor outside the decision.
//! let forged = mira_core::Grant { quota: None };
//! ```

mod access;
mod address;
mod allotment;
mod app;
mod change;
mod clock;
mod decide;
mod decision;
mod environment;
mod facts;
mod id;
mod key;
mod limit;
mod money;
mod organization;
mod permission;
mod refused;
mod state;
mod text;
mod time;
mod user;

pub use access::{Access, Audience};
pub use address::{Allowlist, ParseAllowlistError, normalize};
pub use allotment::{Allotment, Shortage};
pub use app::App;
pub use change::Change;
pub use clock::Clock;
pub use decide::{Admissible, CHECKS, Check, Question, decide, explain, still_admissible};
pub use decision::{Decision, Denial, Denied, Grant};
pub use environment::{Environment, Environments};
pub use facts::{KeyFacts, KeyView, Life, OrganizationFacts, Presented, Subject};
pub use id::{
    AppId, DeliveryId, EventId, KeyId, MessageId, NodeId, OrganizationId, ParseIdError,
    TransactionId, UserId, WebhookId,
};
pub use key::{Edit, EditError, KeyKind, KeyRecord, MAX_GRACE_SECS, Origin, Standing};
pub use limit::{Admission, Quota, RateLimit, Rule, Short, Window, WindowWord};
pub use money::MicroUsd;
pub use organization::{Organization, OrganizationState, Plan, Subscription, SubscriptionStatus};
pub use permission::{Permission, Permissions};
pub use refused::Refused;
pub use state::{IllegalTransition, KeyState, Suspendable, Transition};
pub use text::ParseTextError;
pub use time::Timestamp;
pub use user::{Actor, Role, User};
