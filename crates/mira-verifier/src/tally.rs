//! What each key was asked for since the last flush.

use std::sync::Mutex;

use mira_core::{KeyId, OrganizationId, Timestamp, WindowWord};
use mira_key::KeyDigest;

use crate::lock::lock;

/// What was counted for one key since the last drain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The key.
    pub key_id: KeyId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Requests that were allowed.
    pub allowed: u64,
    /// Requests that were denied although the complete secret matched.
    pub denied: u64,
    /// When it was last allowed, if it was.
    pub last_used: Option<Timestamp>,
    /// How far its minute is spent by now.
    pub minute: WindowWord,
    /// How far its day is spent by now.
    pub day: WindowWord,
}

/// The keys that have something to drain, so that a flush does not walk them all.
#[derive(Default)]
pub(crate) struct DrainList(Mutex<Vec<KeyDigest>>);

impl DrainList {
    pub(crate) fn add(&self, key: KeyDigest) {
        lock(&self.0).push(key);
    }

    pub(crate) fn take(&self) -> Vec<KeyDigest> {
        std::mem::take(&mut *lock(&self.0))
    }
}
