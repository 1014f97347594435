//! The life of keys, as people and programs manage it.

use mira_core::{
    AppId, Edit, KeyFacts, KeyId, KeyRecord, KeyState, MAX_GRACE_SECS, OrganizationId, Timestamp,
    Transition,
};
use mira_key::ServiceName;
use mira_store::audit::{Action, TargetKind};
use mira_store::keys::{self, StoredKey};
use serde_json::Value;

use crate::idempotency::Idempotency;
use crate::new_key::{Draft, Issued, NewKey, refuse_empty, refuse_past};
use crate::unit::{Settled, Unit, target};
use crate::{Caller, Console, ConsoleError, Mutator, Reach, input};

impl Console {
    /// Issues an organization key.
    pub async fn issue_organization_key(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        new: NewKey,
        idempotency: Option<Idempotency>,
    ) -> Result<Settled<Issued>, ConsoleError> {
        caller.principal.manages(organization_id, "Organization")?;
        self.mutate(caller, Mutator::IssueKey, move |unit| {
            Box::pin(async move { unit.issue(organization_id, None, new, idempotency).await })
        })
        .await
    }

    /// Issues a key of an app for one service.
    pub async fn issue_app_key(
        &self,
        caller: &Caller,
        app_id: AppId,
        service: ServiceName,
        new: NewKey,
        idempotency: Option<Idempotency>,
    ) -> Result<Settled<Issued>, ConsoleError> {
        let app = self.app(caller, app_id).await?;
        caller.principal.manages(app.organization_id, "App")?;
        self.mutate(caller, Mutator::IssueKey, move |unit| {
            Box::pin(async move {
                // Deleting the app revokes its keys, so none may follow.
                let organization_id = unit.app_to_manage(app_id).await?.organization_id;
                let opens = Some((app_id, service));
                unit.issue(organization_id, opens, new, idempotency).await
            })
        })
        .await
    }

    /// Changes what is written about a key. Also says whether the effect matters:
    /// whether the change tightens, or may repeat one that did.
    pub async fn edit_key(
        &self,
        caller: &Caller,
        id: KeyId,
        mut edit: Edit,
    ) -> Result<(Settled<KeyRecord>, bool), ConsoleError> {
        let now = self.now();
        edit.name = edit.name.as_deref().map(input::name).transpose()?;
        let settled = self
            .mutate(caller, Mutator::EditKey, move |unit| {
                Box::pin(async move {
                    let key = unit.key_to_manage(id).await?;
                    let before = key.record.clone();
                    let record = key.record.edit(edit.clone(), now)?;
                    refuse_empty(edit.permissions)?;
                    refuse_past(edit.expires_at.flatten(), now)?;
                    let tightens = record.facts.tightens(&before.facts);
                    if !tightens {
                        unit.reach = Reach::Soon;
                    }
                    let is_repeat = record == before;
                    let key = StoredKey { record, ..key };
                    if is_repeat {
                        // What it repeats may never have been confirmed.
                        unit.reach = Reach::Everywhere;
                        unit.announce_key(&key);
                        return Ok((key.record, true));
                    }
                    unit.put_key(&key).await?;
                    unit.audit_key(
                        Action::KeyChanged,
                        &key.record,
                        &changes(&before, &key.record),
                    )?;
                    Ok((key.record, tightens))
                })
            })
            .await?;
        let (record, tightens) = settled.value;
        Ok((
            Settled {
                value: record,
                effect: settled.effect,
            },
            tightens,
        ))
    }

    /// Gives a key a successor. The old one stays good for `grace_secs`.
    pub async fn rotate_key(
        &self,
        caller: &Caller,
        id: KeyId,
        grace_secs: u32,
        idempotency: Option<Idempotency>,
    ) -> Result<Settled<Issued>, ConsoleError> {
        if grace_secs > MAX_GRACE_SECS {
            return Err(ConsoleError::invalid(
                "grace_period_secs is at most 2592000, 30 days",
            ));
        }
        self.mutate(caller, Mutator::RotateKey, move |unit| {
            Box::pin(async move {
                let old = unit.key_to_manage(id).await?;
                if let Some(record) = unit.repeated(idempotency.as_ref()).await? {
                    unit.announce_key(&old);
                    return Ok(Issued { record, key: None });
                }
                unit.require_subscription(&old.record.facts).await?;
                let (now, by) = (unit.now, unit.caller.principal.actor());
                let successor_id = KeyId::generate(now, unit.entropy())?;
                let draft = Draft {
                    facts: KeyFacts {
                        id: successor_id,
                        state: KeyState::Active,
                        ..old.record.facts.clone()
                    },
                    name: old.record.name.clone(),
                    rotated_from: Some(id),
                };
                let old = StoredKey {
                    record: old.record.rotate(successor_id, grace_secs, now, by)?,
                    ..old
                };
                let issued = unit.generate_key(draft).await?;
                unit.put_key(&old).await?;
                let details = [
                    ("rotated_to", Value::from(successor_id.to_string())),
                    ("grace_period_secs", Value::from(grace_secs)),
                ];
                unit.audit_key(Action::KeyRotated, &old.record, &details)?;
                unit.remember(idempotency, successor_id).await?;
                Ok(issued)
            })
        })
        .await
    }

    /// Stops a key for now.
    pub async fn suspend_key(
        &self,
        caller: &Caller,
        id: KeyId,
    ) -> Result<Settled<KeyRecord>, ConsoleError> {
        self.step(
            caller,
            id,
            (Mutator::SuspendKey, Action::KeySuspended),
            vec![],
            |record, now, _| Ok(record.suspend(now)?),
        )
        .await
    }

    /// Takes a suspension back.
    pub async fn resume_key(
        &self,
        caller: &Caller,
        id: KeyId,
    ) -> Result<Settled<KeyRecord>, ConsoleError> {
        let how = (Mutator::ResumeKey, Action::KeyResumed);
        self.step(caller, id, how, vec![], |record, now, _| {
            Ok(record.resume(now)?)
        })
        .await
    }

    /// Ends a key for ever. When this answers with an effect that is effective,
    /// no request sent afterwards is accepted, by any node.
    pub async fn revoke_key(
        &self,
        caller: &Caller,
        id: KeyId,
        reason: Option<&str>,
    ) -> Result<Settled<KeyRecord>, ConsoleError> {
        let details = input::reason(reason)?.map(|reason| ("reason", Value::from(reason)));
        self.step(
            caller,
            id,
            (Mutator::RevokeKey, Action::KeyRevoked),
            details.into_iter().collect(),
            |key, now, by| Ok(key.revoke(now, by)),
        )
        .await
    }

    async fn step(
        &self,
        caller: &Caller,
        id: KeyId,
        (mutator, action): (Mutator, Action),
        details: Vec<(&'static str, Value)>,
        step: fn(
            KeyRecord,
            Timestamp,
            mira_core::Actor,
        ) -> Result<Transition<KeyRecord>, ConsoleError>,
    ) -> Result<Settled<KeyRecord>, ConsoleError> {
        self.mutate(caller, mutator, move |unit| {
            Box::pin(async move {
                let key = unit.key_to_manage(id).await?;
                let by = unit.caller.principal.actor();
                match step(key.record, unit.now, by)? {
                    Transition::Unchanged(record) => {
                        // The state may have come from a commit that was never
                        // confirmed, so a repeat announces it again.
                        unit.announce_key(&StoredKey {
                            record: record.clone(),
                            ..key
                        });
                        Ok(record)
                    }
                    Transition::Changed(record) => {
                        unit.put_key(&StoredKey {
                            record: record.clone(),
                            ..key
                        })
                        .await?;
                        unit.audit_key(action, &record, &details)?;
                        Ok(record)
                    }
                }
            })
        })
        .await
    }
}

impl Unit<'_> {
    async fn key_to_manage(&mut self, id: KeyId) -> Result<StoredKey, ConsoleError> {
        let key = keys::get(self.tx, id)
            .await?
            .ok_or(ConsoleError::NotFound("Key"))?;
        self.caller
            .principal
            .manages(key.record.facts.organization_id, "Key")?;
        Ok(key)
    }

    pub(crate) fn audit_key(
        &mut self,
        action: Action,
        record: &KeyRecord,
        details: &[(&'static str, Value)],
    ) -> Result<(), ConsoleError> {
        let mut all = vec![
            ("name", Value::from(record.name.as_str())),
            ("prefix", Value::from(record.prefix.as_str())),
        ];
        all.extend_from_slice(details);
        let organization_id = Some(record.facts.organization_id);
        self.audit(
            action,
            target(TargetKind::Key, record.facts.id),
            organization_id,
            &all,
        )
    }
}

/// The names of what an edit changed; the values stand in the record.
fn changes(before: &KeyRecord, after: &KeyRecord) -> [(&'static str, Value); 1] {
    let (old, new) = (&before.facts, &after.facts);
    let members = [
        ("name", before.name != after.name),
        ("permissions", old.permissions() != new.permissions()),
        ("environment", old.environment != new.environment),
        ("expires_at", old.expires_at != new.expires_at),
        ("ip_allowlist", old.ip_allowlist != new.ip_allowlist),
        ("rate_limit", old.rate_limit != new.rate_limit),
        ("retires_at", old.state != new.state),
    ];
    let changed: Vec<Value> = members
        .iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| (*name).into())
        .collect();
    [("changed", changed.into())]
}
