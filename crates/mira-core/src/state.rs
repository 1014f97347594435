//! The life of a key as it is stored. Steps consume the state.

use crate::{Actor, Life, Timestamp};

/// Where a key is in its life. Expiry and the end of a grace period are not
/// states: they are computed when read, see [`Standing`](crate::Standing).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// In use.
    Active,
    /// Rotated at `since`; still good until `until`, which is outside.
    Retiring {
        /// When the successor was made.
        since: Timestamp,
        /// The exclusive end of the grace period.
        until: Timestamp,
    },
    /// Stopped, and can be resumed.
    Suspended {
        /// When it was suspended.
        since: Timestamp,
        /// What it goes back to.
        was: Suspendable,
    },
    /// Ended for ever.
    Revoked {
        /// When it was revoked.
        at: Timestamp,
        /// Who revoked it.
        by: Actor,
    },
}

/// The states that can be suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspendable {
    /// [`KeyState::Active`].
    Active,
    /// [`KeyState::Retiring`].
    Retiring {
        /// When the successor was made.
        since: Timestamp,
        /// The exclusive end of the grace period.
        until: Timestamp,
    },
}

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transition<T> {
    /// The step was taken.
    Changed(T),
    /// The key was there already, so repeating the call is harmless.
    Unchanged(T),
}

/// The step does not lead on from this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key that is {from} cannot {step}")]
pub struct IllegalTransition {
    /// The state as read, such as `expired`.
    pub from: &'static str,
    /// The step, such as `be rotated`.
    pub step: &'static str,
}

impl KeyState {
    /// What of it decides, besides [`retires_at`](Self::retires_at).
    pub fn life(self) -> Life {
        match self {
            Self::Active | Self::Retiring { .. } => Life::Running,
            Self::Suspended { .. } => Life::Suspended,
            Self::Revoked { .. } => Life::Revoked,
        }
    }

    /// The exclusive end of the grace period, also while suspended within it.
    pub fn retires_at(self) -> Option<Timestamp> {
        self.retiring().map(|(_, until)| until)
    }

    /// When a successor took over, if the key is in its grace period.
    pub fn rotated_at(self) -> Option<Timestamp> {
        self.retiring().map(|(since, _)| since)
    }

    /// The same state with another end of its grace period.
    pub(crate) fn with_retires_at(self, until: Timestamp) -> Self {
        match self {
            Self::Retiring { since, .. } => Self::Retiring { since, until },
            Self::Suspended {
                since: suspended,
                was: Suspendable::Retiring { since, .. },
            } => Self::Suspended {
                since: suspended,
                was: Suspendable::Retiring { since, until },
            },
            other => other,
        }
    }

    fn retiring(self) -> Option<(Timestamp, Timestamp)> {
        match self {
            Self::Retiring { since, until }
            | Self::Suspended {
                was: Suspendable::Retiring { since, until },
                ..
            } => Some((since, until)),
            _ => None,
        }
    }
}

impl From<Suspendable> for KeyState {
    fn from(state: Suspendable) -> Self {
        match state {
            Suspendable::Active => Self::Active,
            Suspendable::Retiring { since, until } => Self::Retiring { since, until },
        }
    }
}
