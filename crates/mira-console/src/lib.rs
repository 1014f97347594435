//! Every use case of the control plane, with its authorization and its audit
//! event; the one mutator.
//!
//! Pages, JSON API and command line are thin shells over a [`Console`]. Whatever
//! can kill or weaken a key goes through here, in one transaction with its
//! changelog row and its audit event, and ends at the same barrier.

mod apps;
mod error;
mod idempotency;
mod import;
mod input;
mod key_groups;
mod key_lists;
mod keys;
mod members;
mod money;
mod mutator;
mod names;
mod new_key;
mod organizations;
mod passwords;
mod principal;
mod removal;
mod reports;
mod sessions;
mod setup;
mod token;
mod unit;
mod verification;
mod webhooks;

use std::sync::{Arc, PoisonError, RwLock};

use mira_core::{Clock as _, Timestamp};
use mira_db::Database;
use mira_key::{Entropy, ServiceName};
use mira_node::Node;
use mira_webhook::Dispatch;

use passwords::Passwords;

pub use apps::AppEdit;
pub use error::ConsoleError;
pub use idempotency::{Idempotency, Made};
pub use import::{ImportedKey, ImportedSecret};
pub use key_groups::KeyGroup;
pub use key_lists::StandingWord;
pub use members::{Invited, NewMember};
pub use mira_node::{Effect, Proof};
pub use mira_store::audit::{Action, AuditEvent, AuditFilter, Target, TargetKind};
pub use mira_store::keys::{KeyFilter, KeyOwner, KindWord};
pub use mira_store::ledger::{Transaction, TransactionType};
pub use mira_store::usage::{Day, Tally};
pub use mira_store::{Cursor, Integrity, PAGE_LIMIT, Page, PageError, PageRequest};
pub use mira_webhook::{Delivery, DeliveryState, Event, Problem, Webhook};
pub use mutator::{Mutator, Reach};
pub use new_key::{Issued, NewKey};
pub use organizations::OrganizationEdit;
pub use principal::{Caller, Principal};
pub use reports::Usage;
pub use sessions::SignedIn;
pub use setup::NewInstallation;
pub use token::Token;
pub use unit::Settled;
pub use verification::{Answer, Asked};
pub use webhooks::{NewWebhook, WebhookEdit};

/// The control plane of one installation, as one node sees it.
pub struct Console {
    db: Database,
    node: Arc<Node>,
    entropy: Arc<dyn Entropy>,
    passwords: Passwords,
    services: RwLock<Arc<[ServiceName]>>,
    dispatch: Dispatch,
}

impl Console {
    /// A console over an open store and the node that keeps step with it. App
    /// keys can be made for `services` and no others. Webhooks are sent by `dispatch`.
    pub fn new(
        db: Database,
        node: Arc<Node>,
        entropy: Arc<dyn Entropy>,
        services: Vec<ServiceName>,
        dispatch: Dispatch,
    ) -> Result<Self, ConsoleError> {
        let passwords = Passwords::new(Arc::clone(&entropy))?;
        Ok(Self {
            db,
            node,
            entropy,
            passwords,
            services: RwLock::new(services.into()),
            dispatch,
        })
    }

    /// The services that app keys can be made for.
    pub fn services(&self) -> Arc<[ServiceName]> {
        Arc::clone(&self.services.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on app keys can be made for `services` and no others. Keys that
    /// were made stay.
    pub fn set_services(&self, services: Vec<ServiceName>) {
        *self
            .services
            .write()
            .unwrap_or_else(PoisonError::into_inner) = services.into();
    }

    /// The current instant, by the clock that decisions are made with.
    pub fn now(&self) -> Timestamp {
        self.node.verifier().clock().now()
    }
}
