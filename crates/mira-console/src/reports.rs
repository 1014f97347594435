//! Facts for people: the audit trail and usage.

use std::ops::Range;

use mira_core::{KeyId, OrganizationId, Refused, Role};
use mira_store::audit::{self, AuditEvent, AuditFilter};
use mira_store::refusals::{self, RefusalFilter};
use mira_store::usage::{self, Day, Tally, UsageOf};
use mira_store::{Integrity, Page, PageRequest, changelog};

use crate::{Caller, Console, ConsoleError};

/// The most keys that a usage report names.
const MAX_KEYS: u32 = 100;
/// The most days that a usage report spans.
const MAX_DAYS: i64 = 366;

/// What an organization's keys were used for.
#[derive(Debug, Clone)]
pub struct Usage {
    /// The sums of each UTC day that has any.
    pub by_day: Vec<(Day, Tally)>,
    /// The sums of the keys used most.
    pub by_key: Vec<(KeyId, Tally)>,
}

impl Console {
    /// The audit trail of an organization, last event first.
    pub async fn audit_events(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        filter: AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditEvent>, ConsoleError> {
        caller.principal.manages(organization_id, "Organization")?;
        self.organization(caller, organization_id).await?;
        let filter = AuditFilter {
            organization_id: Some(organization_id),
            ..filter
        };
        self.db
            .read(move |tx| Box::pin(async move { Ok(audit::list(tx, &filter, &page).await?) }))
            .await
    }

    /// Requests of an organization that were refused although their key is known, last
    /// first: a sample of the last days, perhaps of one key alone.
    pub async fn refusals(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        key_id: Option<KeyId>,
        page: PageRequest,
    ) -> Result<Page<Refused>, ConsoleError> {
        caller.principal.manages(organization_id, "Organization")?;
        self.organization(caller, organization_id).await?;
        let filter = RefusalFilter {
            organization_id,
            key_id,
        };
        self.db
            .read(move |tx| Box::pin(async move { Ok(refusals::list(tx, &filter, &page).await?) }))
            .await
    }

    /// Recomputes the hash chains of the audit trail and of the changelog.
    pub async fn verify_audit(
        &self,
        caller: &Caller,
    ) -> Result<(Integrity, Integrity), ConsoleError> {
        caller.principal.has_role(Role::Superadmin)?;
        self.db
            .read(|tx| {
                Box::pin(
                    async move { Ok((audit::verify(tx).await?, changelog::verify(tx).await?)) },
                )
            })
            .await
    }

    /// The usage of an organization on `days`, the end of which is outside.
    pub async fn usage(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        days: Range<Day>,
    ) -> Result<Usage, ConsoleError> {
        self.organization(caller, organization_id).await?;
        if days.end <= days.start || days.end.number() - days.start.number() > MAX_DAYS {
            return Err(ConsoleError::invalid(
                "from is before to, by at most 366 days",
            ));
        }
        let of = UsageOf::Organization(organization_id);
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let by_day = usage::by_day(tx, of, days.clone()).await?;
                    let by_key = usage::by_key(tx, of, days, MAX_KEYS).await?;
                    Ok(Usage { by_day, by_key })
                })
            })
            .await
    }
}
