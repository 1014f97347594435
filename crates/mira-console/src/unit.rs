//! One mutation: what it writes, in one transaction, and the barrier at its end.
//!
//! Everything that changes anything goes through [`Console::mutate`]. It asks
//! again, inside the transaction, whether the caller may still act, so that a
//! key or a person that is being cut off cannot slip a change in behind.

use std::sync::Arc;

use mira_core::{
    Actor, AppId, Change, EventId, KeyId, OrganizationId, Permission, Role, Standing, Timestamp,
    TransactionId, UserId,
};
use mira_db::{BoxFuture, Tx};
use mira_key::Entropy;
use mira_node::Effect;
use mira_store::audit::{self, Action, AuditEvent, Target, TargetKind};
use mira_store::changelog::{self, Seq};
use mira_store::keys::StoredKey;
use mira_store::{keys, users};
use serde_json::{Map, Value};

use crate::{Caller, Console, ConsoleError};

/// What a mutation made, and since when the change holds everywhere.
#[derive(Debug)]
pub struct Settled<T> {
    /// What was made or changed.
    pub value: T,
    /// How it is known to hold.
    pub effect: Effect,
}

/// A transaction in the hands of one use case.
pub(crate) struct Unit<'t> {
    pub(crate) tx: &'t mut Tx,
    pub(crate) now: Timestamp,
    pub(crate) caller: Caller,
    entropy: Arc<dyn Entropy>,
    seq: Seq,
}

impl Console {
    /// Runs `work` in one transaction and then waits until its changes hold.
    pub(crate) async fn mutate<T, F>(
        &self,
        caller: &Caller,
        work: F,
    ) -> Result<Settled<T>, ConsoleError>
    where
        F: for<'u> FnOnce(&'u mut Unit<'_>) -> BoxFuture<'u, Result<T, ConsoleError>>
            + Send
            + 'static,
        T: Send + 'static,
    {
        let (now, caller, entropy) = (self.now(), caller.clone(), Arc::clone(&self.entropy));
        let wait = caller.wait;
        let (value, seq) = self
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let mut unit = Unit {
                        tx,
                        now,
                        caller,
                        entropy,
                        seq: Seq::START,
                    };
                    unit.reauthorize().await?;
                    let value = work(&mut unit).await?;
                    Ok::<_, ConsoleError>((value, unit.seq))
                })
            })
            .await?;
        let effect = self
            .node
            .barrier(seq, wait)
            .await
            .map_err(|_| ConsoleError::Unavailable)?;
        Ok(Settled { value, effect })
    }
}

impl Unit<'_> {
    /// Tells every verifier about `change`.
    pub(crate) async fn announce(&mut self, change: &Change) -> Result<(), ConsoleError> {
        self.seq = changelog::append(self.tx, self.now, change).await?;
        Ok(())
    }

    /// Writes a changed key and tells every verifier.
    pub(crate) async fn put_key(&mut self, key: &StoredKey) -> Result<(), ConsoleError> {
        keys::update(self.tx, &key.record).await?;
        self.announce_key(key).await
    }

    pub(crate) async fn announce_key(&mut self, key: &StoredKey) -> Result<(), ConsoleError> {
        let facts = key.record.facts.clone();
        self.announce(&Change::Key {
            digest: key.digest,
            facts,
        })
        .await
    }

    /// Appends to the audit trail. `details` never hold a secret.
    pub(crate) async fn audit(
        &mut self,
        action: Action,
        target: Target,
        organization_id: Option<OrganizationId>,
        details: &[(&str, Value)],
    ) -> Result<(), ConsoleError> {
        let details: Map<String, Value> = details
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let event = AuditEvent {
            id: EventId::new(self.now, self.random()?),
            at: self.now,
            actor: self.caller.principal.actor,
            action,
            target,
            organization_id,
            request_id: Some(self.caller.request_id.clone()).filter(|id| !id.is_empty()),
            details,
        };
        audit::append(self.tx, &event).await?;
        Ok(())
    }

    pub(crate) fn new_key_id(&self) -> Result<KeyId, ConsoleError> {
        Ok(KeyId::new(self.now, self.random()?))
    }

    pub(crate) fn new_organization_id(&self) -> Result<OrganizationId, ConsoleError> {
        Ok(OrganizationId::new(self.now, self.random()?))
    }

    pub(crate) fn new_app_id(&self) -> Result<AppId, ConsoleError> {
        Ok(AppId::new(self.now, self.random()?))
    }

    pub(crate) fn new_user_id(&self) -> Result<UserId, ConsoleError> {
        Ok(UserId::new(self.now, self.random()?))
    }

    pub(crate) fn new_transaction_id(&self) -> Result<TransactionId, ConsoleError> {
        Ok(TransactionId::new(self.now, self.random()?))
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    fn random(&self) -> Result<[u8; 10], ConsoleError> {
        let mut random = [0; 10];
        self.entropy.fill(&mut random)?;
        Ok(random)
    }

    /// Whether the caller is still who they were when the request began.
    async fn reauthorize(&mut self) -> Result<(), ConsoleError> {
        let principal = self.caller.principal;
        let still_holds = match principal.actor {
            Actor::System => true,
            Actor::User(id) => users::get(self.tx, id).await?.is_some_and(|user| {
                user.role >= principal.role && user.organization_id == principal.organization_id
            }),
            Actor::Key(id) => keys::get(self.tx, id).await?.is_some_and(|key| {
                let standing = key.record.standing(self.now);
                matches!(standing, Standing::Active | Standing::Retiring { .. })
                    && (principal.role < Role::Admin
                        || key.record.facts.permissions().allow(Permission::Admin))
            }),
        };
        if still_holds {
            Ok(())
        } else {
            Err(ConsoleError::Forbidden)
        }
    }
}

/// A target of the audit trail.
pub(crate) fn target(kind: TargetKind, id: impl std::fmt::Display) -> Target {
    Target {
        kind,
        id: id.to_string(),
    }
}
