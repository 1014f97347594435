//! The lease: registered, renewed, lost and given up.
//!
//! The order of the steps is the protocol. Each is a function of its own.

use mira_core::{Clock as _, NodeId};
use mira_store::StoreError;
use mira_store::changelog::Place;
use mira_store::nodes::{self, Registration, Renewal};
use mira_verifier::Deadline;

use crate::membership::Member;
use crate::roster::contradicts;
use crate::{Node, NodeError};

impl Node {
    /// Renews the lease once. What fails leaves the old lease to its end, but for a
    /// fork, which ends it.
    pub(crate) async fn renew(&self, member: &Member) -> Result<(), NodeError> {
        let losses = self.losses();
        // Before anything is sent: the store is current for no longer than since then.
        let sent = self.clock().boot();
        let applied = self.applied();
        let basis = self.send_renewal(member, applied).await?;
        let basis = basis.ok_or(NodeError::Fenced)?;
        self.reach(member, applied, basis).await?;
        #[cfg(feature = "planted")]
        let sent = if mira_verifier::planted::Bug::Reply.is_planted() {
            self.clock().boot()
        } else {
            sent
        };
        self.extend_lease(losses, Deadline::after(sent, member.lease));
        member.set_forked(false);
        Ok(())
    }

    /// Writes the renewal, which acknowledges `applied`. Returns where the changelog
    /// ended, or nothing if this node is fenced.
    async fn send_renewal(
        &self,
        member: &Member,
        applied: Place,
    ) -> Result<Option<Place>, NodeError> {
        let renewal = Renewal {
            id: member.id(),
            lease: member.lease,
            applied,
        };
        let now = self.clock().now();
        let renewed = member
            .store()
            .write_one(move |tx| Box::pin(async move { nodes::renew(tx, &renewal, now).await }));
        Ok(renewed.await?)
    }

    /// Applies everything up to `basis`, which the renewal that acknowledged
    /// `acknowledged` read.
    async fn reach(
        &self,
        member: &Member,
        acknowledged: Place,
        basis: Place,
    ) -> Result<(), NodeError> {
        if contradicts(basis, acknowledged) {
            self.fork(member);
            return Err(NodeError::Forked);
        }
        if self.applied().seq < basis.seq {
            self.catch_up().await?;
        }
        if self.applied().seq < basis.seq {
            // It was read from another server than the renewal was written to.
            return Err(NodeError::TimedOut);
        }
        Ok(())
    }

    /// The store has another past than was applied here. Nothing is served from now on,
    /// and what was revoked stays so: only a person can say which past is the right one.
    pub(crate) fn fork(&self, member: &Member) {
        self.lose_lease();
        member.set_forked(true);
    }

    /// Registers this process as a node that has not been before. It holds no lease.
    pub(crate) async fn register(
        &self,
        member: &Member,
        replaces: Option<NodeId>,
    ) -> Result<(), NodeError> {
        let now = self.clock().now();
        let id = NodeId::generate(now, member.entropy.as_ref())?;
        let registration = Registration {
            id,
            replaces,
            lease: member.lease,
            applied: self.applied(),
        };
        let registered = member.store().write(move |tx| {
            Box::pin(async move { nodes::register(tx, &registration, now).await })
        });
        registered.await?;
        member.set_id(id);
        Ok(())
    }

    /// Goes on as another node after others have fenced this one.
    pub(crate) async fn register_anew(&self, member: &Member) -> Result<(), NodeError> {
        self.lose_lease();
        // A node that has forked stays off the roster.
        self.catch_up().await?;
        self.register(member, Some(member.id())).await
    }

    /// Leaves for good. Nothing may be served any more, and nothing is from here on.
    pub(crate) async fn retire(&self, member: &Member) -> Result<(), NodeError> {
        self.lose_lease();
        let id = member.id();
        let retired = member
            .store()
            .write_one(move |tx| Box::pin(async move { nodes::retire(tx, id).await }));
        retired.await.map_err(|error: StoreError| error.into())
    }
}
