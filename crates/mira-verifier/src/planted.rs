//! Bugs that the nemesis must find, for a build that exists to be broken. Nothing of
//! this is in the product: no feature of the command line leads here, and with
//! optimizations it does not compile.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use mira_core::{Access, Decision, Grant, Timestamp};
use mira_key::KeyDigest;

use crate::Verification;

#[cfg(not(debug_assertions))]
compile_error!("planted bugs are for builds without optimizations");

/// A mistake that somebody might make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bug {
    /// What was allowed is allowed for 100 ms, whatever happens meanwhile.
    Cache,
    /// A change is effective before anybody acknowledged it.
    Early,
    /// A node without a lease goes on.
    Open,
    /// A node without a lease refuses instead of saying that it does not know.
    Refuse,
    /// One use case does not wait for the other nodes.
    Forgotten,
    /// A lease is counted from the reply to its renewal.
    Reply,
    /// A change is acknowledged before it is published.
    Acknowledge,
    /// Streams do not end with their key.
    Stream,
}

impl Bug {
    /// Every bug.
    pub const ALL: &'static [Self] = &[
        Self::Cache,
        Self::Early,
        Self::Open,
        Self::Refuse,
        Self::Forgotten,
        Self::Reply,
        Self::Acknowledge,
        Self::Stream,
    ];

    /// Its name for the variable `PLANTED_BUG`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Early => "early",
            Self::Open => "open",
            Self::Refuse => "refuse",
            Self::Forgotten => "forgotten",
            Self::Reply => "reply",
            Self::Acknowledge => "acknowledge",
            Self::Stream => "stream",
        }
    }

    /// Whether this process has it.
    pub fn is_planted(self) -> bool {
        static PLANTED: OnceLock<Option<String>> = OnceLock::new();
        let planted = PLANTED.get_or_init(|| {
            #[expect(clippy::disallowed_methods, reason = "no configuration has bugs")]
            std::env::var("PLANTED_BUG").ok()
        });
        planted.as_deref() == Some(self.name())
    }
}

const CACHED: Duration = Duration::from_millis(100);

/// What the cache makes of a decision.
pub(crate) fn cached(
    digest: KeyDigest,
    access: &Access,
    now: Timestamp,
    verification: Verification,
) -> Verification {
    type Allowed = HashMap<KeyDigest, (Access, Timestamp, Grant)>;
    static CACHE: OnceLock<Mutex<Allowed>> = OnceLock::new();
    let Verification::Decided(decision) = verification else {
        return verification;
    };
    if !Bug::Cache.is_planted() {
        return Verification::Decided(decision);
    }
    let cache = CACHE.get_or_init(Mutex::default);
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    Verification::Decided(match (&decision, cache.get(&digest)) {
        (_, Some((cached, since, grant)))
            if cached == access
                && now.as_millis() - since.as_millis()
                    < CACHED.as_millis().try_into().unwrap_or(0) =>
        {
            Decision::Allow(grant.clone())
        }
        (Decision::Allow(grant), _) => {
            cache.insert(digest, (*access, now, grant.clone()));
            decision
        }
        _ => decision,
    })
}
