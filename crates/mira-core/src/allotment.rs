//! Windows that many nodes share: who spends which of their units.
//!
//! The units of a window are numbered from 0, and the store gives each number
//! below the limit to one node, once. So what all nodes admit never exceeds the
//! limit, whoever crashes and whatever is lost on the way. What a node does not
//! spend is nobody's until the window ends: nothing is taken back from a node
//! that is silent. A limit that is lowered voids what is held, since nobody knows
//! how much of it the others have spent; the store goes on from what it gave.

use std::num::NonZeroU32;

use crate::Window;

/// Units of one window that the store has given to a node, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allotment {
    /// The window's number.
    pub number: u32,
    /// The first unit.
    pub from: u32,
    /// The first unit that is not part of it; the same as `from` if the store
    /// had none to give.
    pub until: u32,
}

/// What a node lacks of one window of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shortage {
    /// Which kind of window.
    pub window: Window,
    /// Its number.
    pub number: u32,
    /// The limit that holds.
    pub limit: NonZeroU32,
    /// Fewer units than so many are of no use.
    pub least: NonZeroU32,
    /// So many would serve all who wait.
    pub want: NonZeroU32,
}

impl Allotment {
    /// A node takes a quarter of its even part of what is left at a time: while
    /// there is much the trips are few, and towards the end, where a unit that
    /// stays unspent would hurt, it takes them one by one.
    pub const PARTS_PER_NODE: u32 = 4;

    /// What the store gives for `shortage` where `given` units are gone and
    /// `nodes` share the rest: what is wanted or a part of the rest, whichever is
    /// more; nothing if there is too little left to be of use.
    pub fn next(shortage: &Shortage, given: u32, nodes: NonZeroU32) -> Self {
        let left = shortage.limit.get().saturating_sub(given);
        let part = left / nodes.get().saturating_mul(Self::PARTS_PER_NODE);
        let amount = if left < shortage.least.get() {
            0
        } else {
            part.max(shortage.want.get()).min(left)
        };
        Self {
            number: shortage.number,
            from: given,
            until: given + amount,
        }
    }
}
