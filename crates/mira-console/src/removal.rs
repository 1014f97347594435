//! Removing a person a second time: what the audit trail says of the first.

use mira_core::{OrganizationId, Timestamp, User, UserId};
use mira_store::PageRequest;
use mira_store::audit::{self, Action, AuditEvent, AuditFilter, TargetKind};

use crate::ConsoleError;
use crate::unit::{Unit, target};

/// Nothing much happens to somebody after their removal.
const LATEST: u32 = 10;

impl Unit<'_> {
    /// Writes down who is removed, which is then all that is left of them.
    pub(crate) fn audit_removal(&mut self, user: &User) -> Result<(), ConsoleError> {
        let details = [
            ("email", user.email.as_str().into()),
            ("role", user.role.as_str().into()),
            ("name", user.name.as_str().into()),
            ("created_at_ms", user.created_at.as_millis().into()),
        ];
        let target = target(TargetKind::User, user.id);
        let organization_id = Some(user.organization_id);
        self.audit(Action::MemberRemoved, target, organization_id, &details)
    }

    /// Whoever removes who is removed may have missed the answer, and the commit that
    /// it would have told of may never have been confirmed: this one is.
    pub(crate) async fn remove_again(
        &mut self,
        organization_id: OrganizationId,
        id: UserId,
    ) -> Result<User, ConsoleError> {
        // By the target alone, which has an index: others wait for this transaction.
        let filter = AuditFilter {
            target: Some(target(TargetKind::User, id)),
            ..AuditFilter::default()
        };
        let latest = PageRequest::new(LATEST, None).map_err(mira_store::StoreError::from)?;
        let events = audit::list(self.tx, &filter, &latest).await?.items;
        let removal = events.iter().find(|event| {
            event.action == Action::MemberRemoved && event.organization_id == Some(organization_id)
        });
        let user = removal.and_then(|event| removed(event, id));
        let user = user.ok_or(ConsoleError::NotFound("Member"))?;
        self.may_manage(&user)?;
        self.announce_organization(organization_id).await?;
        Ok(user)
    }
}

/// The person whose removal `event` tells of. Events of before those members were
/// written leave the name empty and the account as old as its removal.
fn removed(event: &AuditEvent, id: UserId) -> Option<User> {
    let details = &event.details;
    let text = |name: &str| details.get(name)?.as_str();
    let created_at = details
        .get("created_at_ms")
        .and_then(serde_json::Value::as_i64);
    Some(User {
        id,
        organization_id: event.organization_id?,
        email: text("email")?.to_owned(),
        name: text("name").unwrap_or_default().to_owned(),
        role: text("role")?.parse().ok()?,
        created_at: created_at.map_or(event.at, Timestamp::from_millis),
    })
}
