//! The nodes of an installation, and how far each has come in the changelog.
//!
//! A row is one run of one process. It is registered before its first renewal, so
//! whoever reads the roster after a commit finds every node that may still answer
//! by what held before. What a renewal is worth in time is the node's business.

use std::time::Duration;

use mira_core::{NodeId, Timestamp};
use mira_db::{DbError, Tx};

use crate::changelog::{Place, Seq};
use crate::column::{Columns, contradictory};
use crate::words::words;
use crate::{Chain, StoreError, postgres, sqlite};

/// Whether a node may be given leases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeState {
    /// It may.
    Live,
    /// It gets none any more, and may have one that still runs.
    Fenced,
    /// It gets none any more, and none runs.
    Retired,
}

words!(pub NodeState, "node state", {
    Live => "live", Fenced => "fenced", Retired => "retired",
});

/// A node that begins, or that goes on as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registration {
    /// The new node.
    pub id: NodeId,
    /// The node that this process was until now, which has given up its lease.
    pub replaces: Option<NodeId>,
    /// How long its leases will be.
    pub lease: Duration,
    /// How far it has come.
    pub applied: Place,
}

/// A renewal of a lease. It also acknowledges what the node has applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renewal {
    /// The node.
    pub id: NodeId,
    /// How long the lease is to be.
    pub lease: Duration,
    /// How far the node has come.
    pub applied: Place,
}

/// The nodes that may hold a lease, as of one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// Where the changelog ended then.
    pub head: Place,
    /// Those that are not retired, in the order of their registration.
    pub nodes: Vec<Member>,
}

/// One node of the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// Which.
    pub id: NodeId,
    /// Live or fenced.
    pub state: NodeState,
    /// The longest lease that it was ever given.
    pub lease: Duration,
    /// How often it was.
    pub renewals: u64,
    /// What it has acknowledged.
    pub applied: Place,
    /// The link that the changelog has at that position, if it has come so far.
    pub link: Option<Chain>,
}

/// Registers a node. It may ask for leases once this is committed.
pub async fn register(
    tx: &mut Tx,
    registration: &Registration,
    at: Timestamp,
) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::nodes::register(tx.connection(), registration, at),
        Tx::Postgres(tx) => postgres::nodes::register(tx, registration, at).await,
    }
}

/// Renews a lease and acknowledges, in one statement. The answer is where the
/// changelog ended when the renewal was made; there is none for a node that is not
/// live.
pub async fn renew(
    tx: &mut Tx,
    renewal: &Renewal,
    at: Timestamp,
) -> Result<Option<Place>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::nodes::renew(tx.connection(), renewal, at),
        Tx::Postgres(tx) => postgres::nodes::renew(tx, renewal, at).await,
    }
}

/// The nodes that are not retired, and where the changelog ends. One statement.
pub async fn roster(tx: &mut Tx) -> Result<Roster, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::nodes::roster(tx.connection()),
        Tx::Postgres(tx) => postgres::nodes::roster(tx).await,
    }
}

/// Refuses the node's renewals from now on; false if they are already.
pub async fn fence(tx: &mut Tx, id: NodeId) -> Result<bool, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::nodes::fence(tx.connection(), id),
        Tx::Postgres(tx) => postgres::nodes::fence(tx, id).await,
    }
}

/// Retires a node that no lease was given to after its `renewals`th: for whoever
/// has seen that number stay for longer than any lease. False if it did not stay.
pub async fn expire(tx: &mut Tx, id: NodeId, renewals: u64) -> Result<bool, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::nodes::expire(tx.connection(), id, renewals),
        Tx::Postgres(tx) => postgres::nodes::expire(tx, id, renewals).await,
    }
}

/// Retires a node that has stopped to serve.
pub async fn retire(tx: &mut Tx, id: NodeId) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::nodes::retire(tx.connection(), id),
        Tx::Postgres(tx) => postgres::nodes::retire(tx, id).await,
    }
}

/// Forgets the retired nodes that were last renewed at or before `until`.
pub async fn forget_retired(tx: &mut Tx, until: Timestamp) -> Result<u64, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::nodes::forget_retired(tx.connection(), until),
        Tx::Postgres(tx) => postgres::nodes::forget_retired(tx, until).await,
    }
}

/// The columns of [`read`], of the nodes as `n` and their entries as `c`.
pub(crate) const COLUMNS: &str =
    "n.id, n.state, n.lease_ms, n.renewals, n.position, n.chain, c.chain";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Member, DbError> {
    read_some(columns)?.ok_or_else(|| contradictory("nodes"))
}

/// Nothing where there is no node.
pub(crate) fn read_some(columns: &mut Columns<'_>) -> Result<Option<Member>, DbError> {
    let Some(id) = columns.take()? else {
        return Ok(None);
    };
    let state = columns.take()?;
    let lease = Duration::from_millis(columns.take()?);
    let renewals = columns.take()?;
    let applied = Place::read(columns)?;
    let link: Option<Chain> = columns.take()?;
    Ok(Some(Member {
        id,
        state,
        lease,
        renewals,
        applied,
        // There is no entry at the start, and one link before it.
        link: link.or_else(|| (applied.seq == Seq::START).then_some(Chain::START)),
    }))
}

/// A lease as it is kept, in whole milliseconds, rounded up.
pub(crate) fn millis(lease: Duration) -> i64 {
    i64::try_from(lease.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX)
}
