//! One node: its verifier, its place in the changelog, its lease.

use std::sync::{Arc, Mutex, PoisonError};

use mira_core::{Access, Change, Clock as _};
use mira_db::Database;
use mira_store::changelog::{self, Entry, Place};
use mira_store::nodes::NodeState;
use mira_store::{apps, keys, organizations, windows};
use mira_verifier::{BootClock, BootInstant, Coverage, Credential, Deadline, Resolved, Verifier};
use tokio::sync::{Mutex as AsyncMutex, Semaphore, watch};

use crate::allotter::Allotter;
use crate::membership::{Member, Membership};
use crate::usage::{Unwritten, settle_all};
use crate::{NodeError, Waits, refill};

/// How many changes are read at once.
const BATCH: u32 = 2_000;

/// A verifier and the store that it keeps in step with.
pub struct Node {
    pub(crate) db: Database,
    pub(crate) verifier: Arc<Verifier>,
    /// Absent for a node that is alone with its store.
    pub(crate) member: Option<Member>,
    /// The place of the last change that was applied.
    applied: watch::Sender<Place>,
    /// Whoever applies holds the lock, so changes are applied in the order of the
    /// changelog and once. It holds when the last read that succeeded began.
    reading: AsyncMutex<Option<BootInstant>>,
    /// How often the lease was lost.
    losses: Mutex<u64>,
    /// Places for verifications that wait for the store.
    pub(crate) refills: Semaphore,
    pub(crate) allotter: Arc<Allotter>,
    pub(crate) unwritten: AsyncMutex<Unwritten>,
    pub(crate) waits: Waits,
}

/// How a node stands to the others, as of the last roster it has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The position of the last change that was applied.
    pub applied: u64,
    /// How many changes it lacked when the roster was read.
    pub behind: u64,
    /// How many nodes may be given leases; none are counted where there is one node.
    pub live: usize,
    /// How many others are waited for no longer than their leases may run.
    pub fenced: usize,
}

impl Node {
    /// A node that is alone with its store: it needs no lease, and waits for nobody.
    /// Loads everything that decides from one snapshot of the store, and only then
    /// lets the verifier answer.
    pub async fn start(db: Database, verifier: Arc<Verifier>) -> Result<Arc<Self>, NodeError> {
        let node = Self::load(db, verifier, None).await?;
        // Whatever was committed while loading comes before the first answer.
        node.catch_up().await?;
        node.verifier.set_coverage(Coverage::Complete);
        Ok(node)
    }

    /// One of many nodes over a shared store. It is registered, and has renewed its
    /// lease once, when this returns; [`run`](Self::run) keeps the lease.
    pub async fn join(
        db: Database,
        verifier: Arc<Verifier>,
        membership: Membership,
    ) -> Result<Arc<Self>, NodeError> {
        verifier.share_windows();
        let member = Member::new(&db, membership, verifier.clock())?;
        let node = Self::load(db, verifier, Some(member)).await?;
        // A key that another node issues is known there first.
        node.verifier.set_coverage(Coverage::Partial);
        if let Some(member) = &node.member {
            node.register(member, None).await?;
            node.renew(member).await?;
            let roster = member.roster_since(node.clock().boot(), node.clock());
            node.allotter.set_nodes(&*roster.await?);
        }
        Ok(node)
    }

    async fn load(
        db: Database,
        verifier: Arc<Verifier>,
        member: Option<Member>,
    ) -> Result<Arc<Self>, NodeError> {
        let loading = Arc::clone(&verifier);
        let is_alone = member.is_none();
        if is_alone {
            // The windows of the last run are in it, if that one was killed.
            settle_all(&db).await?;
        }
        let head = db
            .read(move |tx| {
                Box::pin(async move {
                    let head = changelog::head(tx).await?;
                    organizations::load_facts(tx, |facts| {
                        loading.apply(&Change::Organization(facts));
                    })
                    .await?;
                    apps::load_balances(tx, |id, balance| {
                        loading.apply(&Change::App { id, balance });
                    })
                    .await?;
                    // A table that grows leaves smaller ones behind, so there is
                    // room for those that will be made.
                    let keys = keys::count(tx).await?;
                    loading.reserve(usize::try_from(keys + keys / 8).unwrap_or(0));
                    keys::load_facts(tx, |digest, facts| {
                        loading.apply(&Change::Key { digest, facts });
                    })
                    .await?;
                    if is_alone {
                        let now = loading.clock().now();
                        windows::load(tx, now, |digest, window, word| {
                            loading.restore_window(&digest, window, word);
                        })
                        .await?;
                    }
                    Ok::<_, NodeError>(head)
                })
            })
            .await?;
        let allotter = Allotter::new(&db, Arc::clone(&verifier));
        if let Some(member) = &member {
            member.hints.published(member.id(), std::iter::once(head));
        }
        Ok(Arc::new(Self {
            db,
            verifier,
            member,
            applied: watch::Sender::new(head),
            reading: AsyncMutex::default(),
            losses: Mutex::default(),
            refills: Semaphore::new(refill::PLACES),
            allotter,
            unwritten: AsyncMutex::default(),
            waits: Waits::new(),
        }))
    }

    /// The verifier that this node feeds.
    pub fn verifier(&self) -> &Arc<Verifier> {
        &self.verifier
    }

    /// Whether the store lacks changes that were applied here, so that nothing is
    /// served until a person has looked.
    pub fn has_forked(&self) -> bool {
        self.member.as_ref().is_some_and(Member::has_forked)
    }

    /// How this node stands to the others, for people who watch over them.
    pub async fn standing(&self) -> Standing {
        let applied = self.applied().seq.number();
        let roster = match &self.member {
            Some(member) => member.last_roster().await,
            None => None,
        };
        let count = |state| {
            let nodes = roster.iter().flat_map(|roster| &roster.nodes);
            nodes.filter(|node| node.state == state).count()
        };
        Standing {
            applied,
            behind: roster
                .as_ref()
                .map_or(0, |roster| roster.head.seq.number().saturating_sub(applied)),
            live: count(NodeState::Live),
            fenced: count(NodeState::Fenced),
        }
    }

    /// How long changes that were made here took to hold.
    pub fn waits(&self) -> &Waits {
        &self.waits
    }

    /// Asks the verifier, and the store for what memory does not hold.
    pub async fn verify(&self, presented: &Credential<'_>, access: &Access) -> Resolved {
        mira_verifier::resolve(&self.verifier, self, presented, access).await
    }

    pub(crate) fn clock(&self) -> &BootClock {
        self.verifier.clock()
    }

    /// The place of the last change that every verification sees.
    pub fn applied(&self) -> Place {
        *self.applied.borrow()
    }

    /// Tells of every change that is applied from now on.
    pub(crate) fn follow_applied(&self) -> watch::Receiver<Place> {
        self.applied.subscribe()
    }

    /// Applies every change that was committed before the call.
    pub(crate) async fn catch_up(&self) -> Result<(), NodeError> {
        self.catch_up_since(self.clock().boot()).await
    }

    /// Applies every change that was committed before `asked`. One read serves all
    /// who asked before it began.
    pub(crate) async fn catch_up_since(&self, asked: BootInstant) -> Result<(), NodeError> {
        let mut begun = self.reading.lock().await;
        if begun.is_some_and(|begun| begun > asked) {
            return Ok(());
        }
        let (losses, begins) = (self.losses(), self.clock().boot());
        if let Err(error) = self.read_on().await {
            // Alone with its store, a node has nothing else to be sure by. One of
            // many has its lease, which knowing less than the store does not end.
            match &self.member {
                None => self.lose_lease(),
                Some(member) if matches!(error, NodeError::Forked) => self.fork(member),
                Some(_) => {}
            }
            return Err(error);
        }
        *begun = Some(begins);
        if self.member.is_none() {
            self.extend_lease(losses, Deadline::NEVER_ENDS);
        }
        Ok(())
    }

    async fn read_on(&self) -> Result<(), NodeError> {
        let store = self.member.as_ref().map_or(&self.db, Member::store);
        loop {
            let after = self.applied();
            let entries = store
                .read_one(move |tx| {
                    Box::pin(
                        async move { Ok::<_, NodeError>(changelog::tail(tx, after, BATCH).await?) },
                    )
                })
                .await?;
            #[cfg(feature = "planted")]
            if mira_verifier::planted::Bug::Acknowledge.is_planted() && !entries.is_empty() {
                self.publish(&entries);
                // Not the same on every node, or whoever answers is as late as the others.
                let late = self.clock().boot().as_nanos() % 600_000_000;
                tokio::time::sleep(std::time::Duration::from_nanos(late)).await;
            }
            for entry in &entries {
                self.verifier.apply(&entry.change);
            }
            self.publish(&entries);
            // What there was when this read began has been read.
            if entries.len() < BATCH as usize {
                return Ok(());
            }
        }
    }

    /// Says that changes are published: only now are they to be acknowledged.
    fn publish(&self, entries: &[Entry]) {
        let Some(last) = entries.last() else { return };
        self.applied.send_replace(last.place());
        if let Some(member) = &self.member {
            let places = entries.iter().map(Entry::place);
            member.hints.published(member.id(), places);
        }
    }

    /// How often the lease was lost, for [`extend_lease`](Self::extend_lease).
    pub(crate) fn losses(&self) -> u64 {
        *self.losses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Extends the lease, unless it was lost after `losses` were counted: what had
    /// begun before the loss does not bring it back.
    pub(crate) fn extend_lease(&self, losses: u64, until: Deadline) {
        let now = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        if *now == losses {
            self.verifier.extend_lease(until);
        }
    }

    /// Serves nothing from now on, until a new lease.
    pub fn lose_lease(&self) {
        let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
        *losses += 1;
        self.verifier.drop_lease();
    }
}
