//! Organizations and their subscriptions.

use mira_core::{
    Change, Organization, OrganizationId, OrganizationState, Role, Subscription, Timestamp,
};
use mira_store::audit::{Action, TargetKind};
use mira_store::{Page, PageRequest, organizations};
use serde_json::Value;

use crate::unit::{Settled, Unit, target};
use crate::{Caller, Console, ConsoleError, Idempotency, Made, Mutator, input};

/// A change of an organization; an absent member stays.
#[derive(Debug, Clone, Default)]
pub struct OrganizationEdit {
    /// Another name.
    pub name: Option<String>,
    /// Another state; for superadmins.
    pub state: Option<OrganizationState>,
}

impl Console {
    /// The organizations that the caller sees: all of them, or their own.
    pub async fn organizations(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<Organization>, ConsoleError> {
        let principal = caller.principal;
        let only = principal
            .organization_id()
            .filter(|_| principal.role() < Role::Superadmin);
        self.db
            .read(move |tx| {
                Box::pin(async move { Ok(organizations::list(tx, only, &page).await?) })
            })
            .await
    }

    /// One organization.
    pub async fn organization(
        &self,
        caller: &Caller,
        id: OrganizationId,
    ) -> Result<Organization, ConsoleError> {
        caller.principal.sees(id, "Organization")?;
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    organizations::get(tx, id)
                        .await?
                        .ok_or(ConsoleError::NotFound("Organization"))
                })
            })
            .await
    }

    /// Makes an organization, without a subscription.
    pub async fn create_organization(
        &self,
        caller: &Caller,
        name: &str,
        idempotency: Option<Idempotency>,
    ) -> Result<Settled<Made<Organization>>, ConsoleError> {
        caller.principal.has_role(Role::Superadmin)?;
        let name = input::name(name)?;
        self.mutate(caller, Mutator::CreateOrganization, move |unit| {
            Box::pin(async move {
                if let Some(id) = unit.made_before(idempotency.as_ref()).await? {
                    let organization = organizations::get(unit.tx, id).await?;
                    let organization =
                        organization.ok_or(ConsoleError::NotFound("Organization"))?;
                    unit.announce(Change::Organization(organization.facts()));
                    return Ok(Made::before(organization));
                }
                let made = unit.create_organization(name, Subscription::NONE).await?;
                unit.remember(idempotency, made.id).await?;
                Ok(Made::now(made))
            })
        })
        .await
    }

    /// Gives an organization another name.
    pub async fn rename_organization(
        &self,
        caller: &Caller,
        id: OrganizationId,
        name: &str,
    ) -> Result<Settled<Organization>, ConsoleError> {
        let edit = OrganizationEdit {
            name: Some(name.to_owned()),
            state: None,
        };
        self.edit_organization(caller, id, edit).await
    }

    /// Suspends an organization, and with it all its keys, or takes that back.
    pub async fn set_organization_state(
        &self,
        caller: &Caller,
        id: OrganizationId,
        state: OrganizationState,
    ) -> Result<Settled<Organization>, ConsoleError> {
        let edit = OrganizationEdit {
            name: None,
            state: Some(state),
        };
        self.edit_organization(caller, id, edit).await
    }

    /// Changes an organization: its admins its name, a superadmin its state too.
    pub async fn edit_organization(
        &self,
        caller: &Caller,
        id: OrganizationId,
        edit: OrganizationEdit,
    ) -> Result<Settled<Organization>, ConsoleError> {
        caller.principal.manages(id, "Organization")?;
        if edit.state.is_some() {
            caller.principal.has_role(Role::Superadmin)?;
        }
        let name = edit.name.as_deref().map(input::name).transpose()?;
        let how = (Mutator::EditOrganization, Action::OrganizationChanged);
        self.change_organization(caller, id, how, move |organization| {
            if let Some(name) = name {
                organization.name = name;
            }
            organization.state = edit.state.unwrap_or(organization.state);
        })
        .await
    }

    /// Sets what an organization has subscribed to. A lapse refuses its
    /// organization keys at once and keeps them; renewal brings them back.
    pub async fn set_subscription(
        &self,
        caller: &Caller,
        id: OrganizationId,
        subscription: Subscription,
    ) -> Result<Settled<Organization>, ConsoleError> {
        caller.principal.sees(id, "Organization")?;
        caller.principal.has_role(Role::Superadmin)?;
        self.change_organization(
            caller,
            id,
            (Mutator::SetSubscription, Action::SubscriptionChanged),
            move |organization| {
                organization.subscription = subscription;
            },
        )
        .await
    }

    async fn change_organization(
        &self,
        caller: &Caller,
        id: OrganizationId,
        (mutator, action): (Mutator, Action),
        change: impl FnOnce(&mut Organization) + Send + 'static,
    ) -> Result<Settled<Organization>, ConsoleError> {
        self.mutate(caller, mutator, move |unit| {
            Box::pin(async move {
                let mut organization = organizations::get(unit.tx, id)
                    .await?
                    .ok_or(ConsoleError::NotFound("Organization"))?;
                let before = organization.clone();
                change(&mut organization);
                if organization == before {
                    // What it repeats may never have been confirmed.
                    unit.announce(Change::Organization(organization.facts()));
                    return Ok(organization);
                }
                organizations::update(unit.tx, &organization).await?;
                unit.announce(Change::Organization(organization.facts()));
                let details = details(&organization);
                let target = target(TargetKind::Organization, id);
                unit.audit(action, target, Some(id), &details)?;
                Ok(organization)
            })
        })
        .await
    }
}

impl Unit<'_> {
    pub(crate) async fn create_organization(
        &mut self,
        name: String,
        subscription: Subscription,
    ) -> Result<Organization, ConsoleError> {
        let organization = Organization {
            id: OrganizationId::generate(self.now, self.entropy())?,
            name,
            state: OrganizationState::Active,
            subscription,
            created_at: self.now,
        };
        organizations::insert(self.tx, &organization).await?;
        self.announce(Change::Organization(organization.facts()));
        let target = target(TargetKind::Organization, organization.id);
        let details = details(&organization);
        self.audit(
            Action::OrganizationCreated,
            target,
            Some(organization.id),
            &details,
        )?;
        Ok(organization)
    }
}

fn details(organization: &Organization) -> [(&'static str, Value); 5] {
    let Subscription {
        plan,
        status,
        current_period_end,
    } = organization.subscription;
    [
        ("name", organization.name.as_str().into()),
        ("state", organization.state.as_str().into()),
        ("plan", plan.as_str().into()),
        ("status", status.as_str().into()),
        (
            "current_period_end_ms",
            current_period_end.map(Timestamp::as_millis).into(),
        ),
    ]
}
