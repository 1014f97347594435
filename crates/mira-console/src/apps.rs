//! Apps.

use mira_core::{App, AppId, Change, MicroUsd, OrganizationId};
use mira_store::audit::{Action, TargetKind};
use mira_store::{Page, PageRequest, apps, keys, organizations};

use crate::unit::{Settled, Unit, target};
use crate::{Caller, Console, ConsoleError, Idempotency, Made, Mutator, input};

/// A change of an app; an absent member stays.
#[derive(Debug, Clone, Default)]
pub struct AppEdit {
    /// Another name.
    pub name: Option<String>,
    /// Another balance below which it is low; `None` is no warning.
    pub low_balance_threshold: Option<Option<MicroUsd>>,
}

impl Console {
    /// The apps of an organization, newest first.
    pub async fn apps(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        page: PageRequest,
    ) -> Result<Page<App>, ConsoleError> {
        caller.principal.sees(organization_id, "Organization")?;
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let organization = organizations::get(tx, organization_id).await?;
                    organization.ok_or(ConsoleError::NotFound("Organization"))?;
                    Ok(apps::list(tx, organization_id, &page).await?)
                })
            })
            .await
    }

    /// One app.
    pub async fn app(&self, caller: &Caller, id: AppId) -> Result<App, ConsoleError> {
        let principal = caller.principal;
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let app = apps::get(tx, id)
                        .await?
                        .ok_or(ConsoleError::NotFound("App"))?;
                    principal.sees(app.organization_id, "App")?;
                    Ok(app)
                })
            })
            .await
    }

    /// Makes an app with an empty ledger.
    pub async fn create_app(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        name: &str,
        idempotency: Option<Idempotency>,
    ) -> Result<Settled<Made<App>>, ConsoleError> {
        caller.principal.manages(organization_id, "Organization")?;
        let name = input::name(name)?;
        self.mutate(caller, Mutator::CreateApp, move |unit| {
            Box::pin(async move {
                let organization = organizations::hold(unit.tx, organization_id).await?;
                organization.ok_or(ConsoleError::NotFound("Organization"))?;
                if let Some(id) = unit.made_before(idempotency.as_ref()).await? {
                    let app = unit.app_to_manage(id).await?;
                    unit.announce_balance(&app);
                    return Ok(Made::before(app));
                }
                let (balance, created_at) = (MicroUsd::ZERO, unit.now);
                let app = App {
                    id: AppId::generate(unit.now, unit.entropy())?,
                    organization_id,
                    name,
                    balance,
                    low_balance_threshold: None,
                    created_at,
                };
                apps::insert(unit.tx, &app).await?;
                unit.announce_balance(&app);
                unit.audit_app(Action::AppCreated, &app, &[])?;
                unit.remember(idempotency, app.id).await?;
                Ok(Made::now(app))
            })
        })
        .await
    }

    /// Changes what is written about an app.
    pub async fn edit_app(
        &self,
        caller: &Caller,
        id: AppId,
        edit: AppEdit,
    ) -> Result<Settled<App>, ConsoleError> {
        let name = edit.name.as_deref().map(input::name).transpose()?;
        let threshold = edit.low_balance_threshold;
        if threshold.flatten().is_some_and(|it| it <= MicroUsd::ZERO) {
            return Err(ConsoleError::invalid(
                "low_balance_threshold is more than 0",
            ));
        }
        self.mutate(caller, Mutator::EditApp, move |unit| {
            Box::pin(async move {
                let before = unit.app_to_manage(id).await?;
                let mut app = before.clone();
                app.name = name.unwrap_or(app.name);
                app.low_balance_threshold = threshold.unwrap_or(app.low_balance_threshold);
                if app == before {
                    return Ok(app);
                }
                apps::update(unit.tx, &app).await?;
                let threshold = app.low_balance_threshold.map(MicroUsd::as_micros);
                let details = [("low_balance_threshold_micro_usd", threshold.into())];
                unit.audit_app(Action::AppChanged, &app, &details)?;
                Ok(app)
            })
        })
        .await
    }

    /// Deletes an app and revokes its keys. Its ledger stays. A repeat changes nothing
    /// and waits for what it repeats.
    pub async fn delete_app(
        &self,
        caller: &Caller,
        id: AppId,
    ) -> Result<Settled<App>, ConsoleError> {
        self.mutate(caller, Mutator::DeleteApp, move |unit| {
            Box::pin(async move {
                let Some(app) = apps::get(unit.tx, id).await? else {
                    return unit.delete_again(id).await;
                };
                let principal = &unit.caller.principal;
                principal.manages(app.organization_id, "App")?;
                let keys = keys::unrevoked_of_app(unit.tx, id).await?;
                let revoked = unit.revoke_keys(keys).await?.len();
                apps::delete(unit.tx, id, unit.now).await?;
                // Also of an app without keys, since a repeat of it will wait.
                unit.announce_balance(&app);
                let details = [("revoked_keys", revoked.into())];
                unit.audit_app(Action::AppDeleted, &app, &details)?;
                Ok(app)
            })
        })
        .await
    }
}

impl Unit<'_> {
    pub(crate) async fn app_to_manage(&mut self, id: AppId) -> Result<App, ConsoleError> {
        let app = apps::get(self.tx, id)
            .await?
            .ok_or(ConsoleError::NotFound("App"))?;
        self.caller.principal.manages(app.organization_id, "App")?;
        Ok(app)
    }

    /// Whoever deletes what is deleted may have missed the answer, and the commit that
    /// it would have told of may never have been confirmed: this one is.
    async fn delete_again(&mut self, id: AppId) -> Result<App, ConsoleError> {
        let app = apps::deleted(self.tx, id).await?;
        let app = app.ok_or(ConsoleError::NotFound("App"))?;
        self.caller.principal.manages(app.organization_id, "App")?;
        self.announce_balance(&app);
        Ok(app)
    }

    /// Tells every verifier what an app has.
    pub(crate) fn announce_balance(&mut self, app: &App) {
        let (id, balance) = (app.id, app.balance);
        self.announce(Change::App { id, balance });
    }

    pub(crate) fn audit_app(
        &mut self,
        action: Action,
        app: &App,
        details: &[(&'static str, serde_json::Value)],
    ) -> Result<(), ConsoleError> {
        let mut all = vec![("name", app.name.as_str().into())];
        all.extend_from_slice(details);
        let target = target(TargetKind::App, app.id);
        self.audit(action, target, Some(app.organization_id), &all)
    }
}
