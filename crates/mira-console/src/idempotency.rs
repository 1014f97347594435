//! Requests that may be sent twice: `Idempotency-Key`.

use std::error::Error;
use std::fmt::Display;
use std::str::FromStr;

use mira_core::{KeyId, KeyRecord, Timestamp};
use mira_store::idempotency::{self, Remembered, Slot};
use mira_store::keys;
use sha2::{Digest as _, Sha256};

use crate::unit::Unit;
use crate::{Caller, ConsoleError};

const DAY_SECS: i64 = 86_400;
const MAX_LENGTH: usize = 255;

/// What makes a request a repeat of another: actor, route and key say which, the
/// fingerprint of its body says whether it really is the same.
#[derive(Debug, Clone)]
pub struct Idempotency {
    slot: Slot,
    fingerprint: [u8; 32],
}

impl Idempotency {
    /// Of the request by `caller` on `route` (method and path) with this
    /// `Idempotency-Key` and body.
    pub fn new(
        caller: &Caller,
        route: String,
        key: &str,
        body: &[u8],
    ) -> Result<Self, ConsoleError> {
        let is_plain = key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || key.len() > MAX_LENGTH || !is_plain {
            return Err(ConsoleError::invalid(
                "An Idempotency-Key has 1 to 255 visible ASCII characters",
            ));
        }
        let slot = Slot {
            actor: caller.principal.actor().to_string(),
            route,
            key: key.to_owned(),
        };
        Ok(Self {
            slot,
            fingerprint: Sha256::digest(body).into(),
        })
    }
}

/// What a creating request made: now, or when it was first sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made<T> {
    /// The record.
    pub record: T,
    /// Whether this request made nothing, because it was sent before.
    pub is_repeat: bool,
}

impl<T> Made<T> {
    pub(crate) fn now(record: T) -> Self {
        Self {
            record,
            is_repeat: false,
        }
    }

    pub(crate) fn before(record: T) -> Self {
        Self {
            record,
            is_repeat: true,
        }
    }
}

impl Unit<'_> {
    /// The key that the same request made in the last 24 hours. That commit may
    /// never have been confirmed, so the key is announced again.
    pub(crate) async fn repeated(
        &mut self,
        request: Option<&Idempotency>,
    ) -> Result<Option<KeyRecord>, ConsoleError> {
        let Some(id) = self.made_before::<KeyId>(request).await? else {
            return Ok(None);
        };
        let key = keys::get(self.tx, id)
            .await?
            .ok_or(ConsoleError::NotFound("Key"))?;
        self.announce_key(&key);
        Ok(Some(key.record))
    }

    /// The id of what the same request made in the last 24 hours.
    pub(crate) async fn made_before<I>(
        &mut self,
        request: Option<&Idempotency>,
    ) -> Result<Option<I>, ConsoleError>
    where
        I: FromStr<Err: Error + Send + Sync + 'static>,
    {
        let Some(Idempotency { slot, fingerprint }) = request else {
            return Ok(None);
        };
        let forgotten: Timestamp = self.now.plus_secs(-DAY_SECS);
        idempotency::prune(self.tx, forgotten).await?;
        let Some(remembered) = idempotency::get(self.tx, slot).await? else {
            return Ok(None);
        };
        if remembered.fingerprint != *fingerprint {
            return Err(ConsoleError::conflict(
                "This Idempotency-Key was used with another body",
            ));
        }
        let id = remembered.record_id.parse();
        id.map(Some)
            .map_err(|error: I::Err| ConsoleError::Internal(Box::new(error)))
    }

    pub(crate) async fn remember(
        &mut self,
        request: Option<Idempotency>,
        made: impl Display,
    ) -> Result<(), ConsoleError> {
        let Some(Idempotency { slot, fingerprint }) = request else {
            return Ok(());
        };
        let remembered = Remembered {
            fingerprint,
            record_id: made.to_string(),
            created_at: self.now,
        };
        idempotency::insert(self.tx, &slot, &remembered).await?;
        Ok(())
    }
}
