//! What can be done to an installation; [`strike`](crate::strike) does it.

/// A kind of episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A node is stopped and continued, with requests waiting in it.
    Pause,
    /// A node is killed and started again.
    Kill,
    /// Everything between nodes and database takes its time.
    Delay,
    /// What one node says does not arrive for a while.
    MuteNode,
    /// What the database says to one node does not arrive for a while.
    DeafNode,
    /// Nothing passes between one node and the database for a while.
    Partition,
    /// What the database says to one node takes ever longer, and then nothing passes
    /// any more: a reply that comes late must not count as a late question.
    Fading,
    /// What one node and the database say is lost, and their connections with it.
    Loss,
    /// The connections of a node are reset.
    Reset,
    /// Only the connection on which a node listens loses what it carries.
    Listener,
    /// The database's own processes are ended.
    Backends,
    /// The database is killed or stopped, and started again.
    Database,
    /// No node reaches the database.
    BlackHole,
    /// The primary is killed, and its synchronous standby promoted.
    Failover,
    /// All nodes and the database are killed at once and started again.
    Everything,
}

impl Fault {
    /// The kinds that one process over a file can have.
    pub(crate) const SINGLE: &[Self] = &[Self::Pause, Self::Kill];
    /// The kinds that are mixed.
    pub(crate) const MIXED: &[Self] = &[
        Self::Pause,
        Self::Kill,
        Self::Delay,
        Self::MuteNode,
        Self::DeafNode,
        Self::Partition,
        Self::Fading,
        Self::Loss,
        Self::Reset,
        Self::Listener,
        Self::Backends,
        Self::Database,
    ];

    /// The words under which it is counted.
    pub(crate) const fn evidence(self) -> &'static str {
        match self {
            Self::Pause => "nodes stopped",
            Self::Kill => "nodes killed",
            Self::Delay => "bytes delayed",
            Self::MuteNode => "bytes held before the database",
            Self::DeafNode => "bytes held before a node",
            Self::Partition => "bytes held both ways",
            Self::Fading => "bytes late and held",
            Self::Loss => "bytes lost",
            Self::Reset => "connections reset",
            Self::Listener => "bytes of a listener lost",
            Self::Backends => "backends ended",
            Self::Database => "databases ended",
            Self::BlackHole => "bytes held everywhere",
            Self::Failover => "standbys promoted",
            Self::Everything => "installations killed",
        }
    }
}
