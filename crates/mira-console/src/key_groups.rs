//! The keys of an app that belong together, and their common end.

use mira_core::{AppId, Environment, KeyRecord, Standing, Timestamp};
use mira_key::ServiceName;
use mira_store::audit::Action;
use mira_store::keys;
use serde_json::Value;

use crate::unit::Settled;
use crate::{Caller, Console, ConsoleError, Mutator, input};

/// Keys of an app for one environment, perhaps of one service alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyGroup {
    /// The app.
    pub app_id: AppId,
    /// The environment.
    pub environment: Environment,
    /// The service; absent means every one.
    pub service: Option<ServiceName>,
}

impl Console {
    /// The keys that [`revoke_group`](Self::revoke_group) would end: all of the
    /// group that are not revoked or expired.
    pub async fn group(
        &self,
        caller: &Caller,
        group: KeyGroup,
    ) -> Result<Vec<KeyRecord>, ConsoleError> {
        self.app(caller, group.app_id).await?;
        let now = self.now();
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let keys = keys::unrevoked_of_app(tx, group.app_id).await?;
                    let keys = keys.into_iter().map(|key| key.record);
                    Ok(keys.filter(|key| group.has(key, now)).collect())
                })
            })
            .await
    }

    /// Ends all keys of a group for ever, at one barrier. Returns those that this
    /// call ended.
    pub async fn revoke_group(
        &self,
        caller: &Caller,
        group: KeyGroup,
        reason: Option<&str>,
    ) -> Result<Settled<Vec<KeyRecord>>, ConsoleError> {
        let mut details = vec![("environment", Value::from(group.environment.as_str()))];
        details.extend(input::reason(reason)?.map(|reason| ("reason", reason.into())));
        self.mutate(caller, Mutator::RevokeKeyGroup, move |unit| {
            Box::pin(async move {
                let app = unit.app_to_manage(group.app_id).await?;
                let now = unit.now;
                let mut keys = keys::unrevoked_of_app(unit.tx, app.id).await?;
                keys.retain(|key| group.has(&key.record, now));
                let revoked = unit.revoke_keys(keys).await?;
                for record in &revoked {
                    unit.audit_key(Action::KeyRevoked, record, &details)?;
                }
                // Last, so that a repeat, which ends no key, still waits for those
                // that the first call ended and never saw confirmed.
                unit.announce_balance(&app);
                Ok(revoked)
            })
        })
        .await
    }
}

impl KeyGroup {
    fn has(&self, key: &KeyRecord, now: Timestamp) -> bool {
        let is_over = matches!(
            key.standing(now),
            Standing::Revoked { .. } | Standing::Expired
        );
        let service = key.facts.service();
        !is_over
            && key.facts.environment == self.environment
            && self.service.is_none_or(|wanted| service == Some(wanted))
    }
}
