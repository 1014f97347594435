//! One mutation: what it writes, in one transaction, and the barrier at its end.
//!
//! Everything that changes anything goes through [`Console::mutate`]. It asks
//! again, inside the transaction, whether the caller may still act, so that a
//! key or a person that is being cut off cannot slip a change in behind. Two
//! writes go past it, as they change nothing that decides and leave no audit
//! event: when a session was last used, and forgetting what has ended.

use std::sync::Arc;
use std::time::Duration;

use mira_core::{
    Change, EventId, KeyRecord, KeyState, OrganizationId, Permission, Role, Standing, Timestamp,
    Transition,
};
use mira_db::{BoxFuture, Tx};
use mira_key::{Entropy, ServiceName};
use mira_node::Effect;
use mira_store::audit::{Action, AuditEvent, Target, TargetKind};
use mira_store::changelog::Seq;
use mira_store::keys::StoredKey;
use mira_store::{keys, logs, organizations, users};
use mira_verifier::Lease;
use serde_json::{Map, Value};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::{Caller, Console, ConsoleError, Mutator, Principal, Reach};

/// How long the store may take to confirm what a caller waits for.
const COMMIT_PATIENCE: Duration = Duration::from_secs(5);
/// How long a change that only gives waits for the other nodes.
const SOON: Duration = Duration::from_millis(250);

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
    /// The services that app keys can be made for.
    pub(crate) services: Arc<[ServiceName]>,
    /// Where the change must hold before the call answers.
    pub(crate) reach: Reach,
    entropy: Arc<dyn Entropy>,
    /// What is appended to the logs at the end, since everybody who writes waits
    /// there.
    changes: Vec<Change>,
    events: Vec<AuditEvent>,
}

impl Console {
    /// Runs `work` in one transaction and then waits until its changes hold where
    /// those of `mutator` must.
    pub(crate) async fn mutate<T, F>(
        &self,
        caller: &Caller,
        mutator: Mutator,
        work: F,
    ) -> Result<Settled<T>, ConsoleError>
    where
        F: for<'u> FnOnce(&'u mut Unit<'_>) -> BoxFuture<'u, Result<T, ConsoleError>>
            + Send
            + 'static,
        T: Send + 'static,
    {
        self.refuse_without_lease()?;
        let (now, entropy) = (self.now(), Arc::clone(&self.entropy));
        let (services, wait) = (self.services(), caller.wait);
        let (db, node) = (self.db.clone(), Arc::clone(&self.node));
        let is_impatient = caller.principal != Principal::System;
        let caller = caller.clone();
        let (tell, told) = oneshot::channel();
        // A task of its own: a caller who hangs up must not leave a change that
        // is committed and holds nowhere.
        let reach = mutator.reach();
        #[cfg(feature = "planted")]
        let reach = if mira_verifier::planted::Bug::Forgotten.is_planted()
            && mutator == Mutator::SuspendKey
        {
            Reach::Here
        } else {
            reach
        };
        let mutation = tokio::spawn(async move {
            let written = db.write(move |tx| {
                Box::pin(async move {
                    let mut unit = Unit {
                        tx,
                        now,
                        caller,
                        services,
                        reach,
                        entropy,
                        changes: Vec::new(),
                        events: Vec::new(),
                    };
                    unit.reauthorize().await?;
                    let value = work(&mut unit).await?;
                    let reach = unit.reach;
                    Ok::<_, ConsoleError>((value, unit.conclude().await?, reach))
                })
            });
            let (value, seq, reach) = written.await?;
            // Whoever does not listen has given up.
            tell.send(()).ok();
            let effect = match reach {
                Reach::Here => node.hold_here(seq).await,
                Reach::Soon => node.barrier(seq, Some(SOON)).await,
                Reach::Everywhere => node.barrier(seq, wait).await,
            };
            let effect = effect.map_err(|_| ConsoleError::Unavailable)?;
            Ok(Settled { value, effect })
        });
        // What the store will not have confirmed by then may still happen, and
        // holds if it does.
        if is_impatient && timeout(COMMIT_PATIENCE, told).await.is_err() {
            return Err(ConsoleError::Unavailable);
        }
        mutation.await.unwrap_or_else(|_| {
            // It may have been committed; until that is known nothing is served.
            self.node.lose_lease();
            Err(ConsoleError::Unavailable)
        })
    }

    /// A node that may not answer about keys is cut off from the store, or may be
    /// looking at one that was.
    pub(crate) fn refuse_without_lease(&self) -> Result<(), ConsoleError> {
        match self.node.verifier().lease() {
            Lease::Absent => Err(ConsoleError::Unavailable),
            Lease::Remaining(_) | Lease::NeverEnds => Ok(()),
        }
    }
}

impl Unit<'_> {
    /// Tells every verifier about `change`, once it is committed.
    pub(crate) fn announce(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Appends everything to the logs, which is the last step.
    async fn conclude(self) -> Result<Seq, ConsoleError> {
        Ok(logs::conclude(self.tx, self.now, &self.changes, &self.events).await?)
    }

    /// Lets every node come into step after a change that no verifier needs to know,
    /// by telling again what holds for the organization.
    pub(crate) async fn announce_organization(
        &mut self,
        id: OrganizationId,
    ) -> Result<(), ConsoleError> {
        let organization = organizations::hold(self.tx, id).await?;
        let organization = organization.ok_or(ConsoleError::NotFound("Organization"))?;
        self.announce(Change::Organization(organization.facts()));
        Ok(())
    }

    /// Writes a changed key and tells every verifier.
    pub(crate) async fn put_key(&mut self, key: &StoredKey) -> Result<(), ConsoleError> {
        keys::update(self.tx, &key.record).await?;
        self.announce_key(key);
        Ok(())
    }

    pub(crate) fn announce_key(&mut self, key: &StoredKey) {
        let facts = key.record.facts.clone();
        self.announce(Change::Key {
            digest: key.digest,
            facts,
        });
    }

    /// Ends keys for ever, however many, and tells every verifier. Returns those that
    /// this ended.
    pub(crate) async fn revoke_keys(
        &mut self,
        keys: Vec<StoredKey>,
    ) -> Result<Vec<KeyRecord>, ConsoleError> {
        let by = self.caller.principal.actor();
        let (mut revoked, mut instants) = (Vec::new(), Vec::new());
        for StoredKey { digest, record } in keys {
            let Transition::Changed(record) = record.revoke(self.now, by) else {
                continue;
            };
            if let KeyState::Revoked { at, .. } = record.facts.state {
                instants.push((record.facts.id, at));
            }
            let facts = record.facts.clone();
            self.announce(Change::Key { digest, facts });
            revoked.push(record);
        }
        keys::revoke(self.tx, &instants, by).await?;
        Ok(revoked)
    }

    /// Appends to the audit trail. `details` never hold a secret.
    pub(crate) fn audit(
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
        self.events.push(AuditEvent {
            id: EventId::generate(self.now, self.entropy())?,
            at: self.now,
            actor: self.caller.principal.actor(),
            action,
            target,
            organization_id,
            request_id: self.caller.request_id.clone(),
            details,
        });
        Ok(())
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// Whether the caller is still who they were when the request began.
    async fn reauthorize(&mut self) -> Result<(), ConsoleError> {
        let still_holds = match self.caller.principal {
            Principal::System => true,
            Principal::User {
                id,
                role,
                organization_id,
            } => users::hold(self.tx, id)
                .await?
                .is_some_and(|user| user.role >= role && user.organization_id == organization_id),
            Principal::Key { id, role, .. } => keys::hold(self.tx, id).await?.is_some_and(|key| {
                let standing = key.record.standing(self.now);
                matches!(standing, Standing::Active | Standing::Retiring { .. })
                    && (role < Role::Admin
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
