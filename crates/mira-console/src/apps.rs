//! Apps and their money.

use mira_core::{App, AppId, Change, MicroUsd, OrganizationId, Role, TransactionId, Transition};
use mira_store::audit::{Action, TargetKind};
use mira_store::keys::StoredKey;
use mira_store::ledger::{self, Movement, Transaction, TransactionType};
use mira_store::{Page, PageRequest, StoreError, apps, keys, organizations};

use crate::unit::{Settled, Unit, target};
use crate::{Caller, Console, ConsoleError, Mutator, input};

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
    ) -> Result<Settled<App>, ConsoleError> {
        caller.principal.manages(organization_id, "Organization")?;
        let name = input::name(name)?;
        self.mutate(caller, Mutator::CreateApp, move |unit| {
            Box::pin(async move {
                let organization = organizations::get(unit.tx, organization_id).await?;
                organization.ok_or(ConsoleError::NotFound("Organization"))?;
                let (balance, created_at) = (MicroUsd::ZERO, unit.now);
                let app = App {
                    id: AppId::generate(unit.now, unit.entropy())?,
                    organization_id,
                    name,
                    balance,
                    created_at,
                };
                apps::insert(unit.tx, &app).await?;
                unit.announce(&Change::App {
                    id: app.id,
                    balance,
                })
                .await?;
                unit.audit_app(Action::AppCreated, &app, &[]).await?;
                Ok(app)
            })
        })
        .await
    }

    /// Gives an app another name.
    pub async fn rename_app(
        &self,
        caller: &Caller,
        id: AppId,
        name: &str,
    ) -> Result<Settled<App>, ConsoleError> {
        let name = input::name(name)?;
        self.mutate(caller, Mutator::RenameApp, move |unit| {
            Box::pin(async move {
                let mut app = unit.app_to_manage(id).await?;
                apps::rename(unit.tx, id, &name).await?;
                app.name = name;
                unit.audit_app(Action::AppChanged, &app, &[]).await?;
                Ok(app)
            })
        })
        .await
    }

    /// Deletes an app and revokes its keys. Its ledger stays.
    pub async fn delete_app(
        &self,
        caller: &Caller,
        id: AppId,
    ) -> Result<Settled<App>, ConsoleError> {
        self.mutate(caller, Mutator::DeleteApp, move |unit| {
            Box::pin(async move {
                let app = unit.app_to_manage(id).await?;
                let (now, by) = (unit.now, unit.caller.principal.actor());
                let mut revoked: u32 = 0;
                for key in keys::unrevoked_of_app(unit.tx, id).await? {
                    if let Transition::Changed(record) = key.record.revoke(now, by) {
                        unit.put_key(&StoredKey { record, ..key }).await?;
                        revoked += 1;
                    }
                }
                apps::delete(unit.tx, id, now).await?;
                unit.audit_app(
                    Action::AppDeleted,
                    &app,
                    &[("revoked_keys", revoked.into())],
                )
                .await?;
                Ok(app)
            })
        })
        .await
    }

    /// The transactions of an app, last first.
    pub async fn transactions(
        &self,
        caller: &Caller,
        id: AppId,
        page: PageRequest,
    ) -> Result<Page<Transaction>, ConsoleError> {
        self.app(caller, id).await?;
        self.db
            .read(move |tx| Box::pin(async move { Ok(ledger::list(tx, id, &page).await?) }))
            .await
    }

    /// Pays money in by hand.
    pub async fn top_up(
        &self,
        caller: &Caller,
        id: AppId,
        amount: MicroUsd,
        reason: &str,
    ) -> Result<Settled<Transaction>, ConsoleError> {
        if amount <= MicroUsd::ZERO {
            return Err(ConsoleError::invalid("amount is more than 0"));
        }
        self.move_money(caller, id, TransactionType::Topup, amount, reason)
            .await
    }

    /// Corrects a balance, up or down.
    pub async fn adjust(
        &self,
        caller: &Caller,
        id: AppId,
        amount: MicroUsd,
        reason: &str,
    ) -> Result<Settled<Transaction>, ConsoleError> {
        if amount == MicroUsd::ZERO {
            return Err(ConsoleError::invalid("amount is not 0"));
        }
        self.move_money(caller, id, TransactionType::Adjustment, amount, reason)
            .await
    }

    /// Charges an app for what a request used, once per request id, whatever its
    /// balance. Used money leaves no audit event: the ledger is its record.
    pub async fn charge(
        &self,
        id: AppId,
        cost: MicroUsd,
        request_id: &str,
        description: &str,
    ) -> Result<(), ConsoleError> {
        let request_id = request_id.to_owned();
        let description = description.to_owned();
        self.mutate(&Self::system(), Mutator::Charge, move |unit| {
            Box::pin(async move {
                let movement = Movement {
                    id: TransactionId::generate(unit.now, unit.entropy())?,
                    app_id: id,
                    transaction_type: TransactionType::Usage,
                    amount: MicroUsd::from_micros(-cost.as_micros()),
                    request_id: Some(request_id),
                    description,
                    created_at: unit.now,
                };
                unit.append_movement(movement).await.map(|_| ())
            })
        })
        .await
        .map(|_| ())
    }

    async fn move_money(
        &self,
        caller: &Caller,
        id: AppId,
        transaction_type: TransactionType,
        amount: MicroUsd,
        reason: &str,
    ) -> Result<Settled<Transaction>, ConsoleError> {
        self.app(caller, id).await?;
        caller.principal.has_role(Role::Superadmin)?;
        let description = input::reason(Some(reason))?.unwrap_or_default();
        let mutator = match transaction_type {
            TransactionType::Adjustment => Mutator::AdjustBalance,
            _ => Mutator::TopUp,
        };
        self.mutate(caller, mutator, move |unit| {
            Box::pin(async move {
                let app = unit.app_to_manage(id).await?;
                let movement = Movement {
                    id: TransactionId::generate(unit.now, unit.entropy())?,
                    app_id: id,
                    transaction_type,
                    amount,
                    request_id: None,
                    description,
                    created_at: unit.now,
                };
                let transaction = unit.append_movement(movement).await?;
                let action = match transaction_type {
                    TransactionType::Adjustment => Action::BalanceAdjusted,
                    _ => Action::BalanceToppedUp,
                };
                let details = [
                    ("amount_micro_usd", amount.as_micros().into()),
                    ("balance_micro_usd", transaction.balance.as_micros().into()),
                ];
                unit.audit_app(action, &app, &details).await?;
                Ok(transaction)
            })
        })
        .await
    }
}

impl Unit<'_> {
    pub(crate) async fn append_movement(
        &mut self,
        movement: Movement,
    ) -> Result<Transaction, ConsoleError> {
        let id = movement.app_id;
        let appended = ledger::append(self.tx, movement)
            .await
            .map_err(|error| match error {
                StoreError::BalanceOverflow => {
                    ConsoleError::invalid("The balance would become too large")
                }
                other => other.into(),
            })?;
        // A repeat moved nothing, and what it says of the balance is old.
        if let ledger::Appended::New(transaction) = &appended {
            let balance = transaction.balance;
            self.announce(&Change::App { id, balance }).await?;
        }
        Ok(appended.into_transaction())
    }

    pub(crate) async fn app_to_manage(&mut self, id: AppId) -> Result<App, ConsoleError> {
        let app = apps::get(self.tx, id)
            .await?
            .ok_or(ConsoleError::NotFound("App"))?;
        self.caller.principal.manages(app.organization_id, "App")?;
        Ok(app)
    }

    async fn audit_app(
        &mut self,
        action: Action,
        app: &App,
        details: &[(&'static str, serde_json::Value)],
    ) -> Result<(), ConsoleError> {
        let mut all = vec![("name", app.name.as_str().into())];
        all.extend_from_slice(details);
        let target = target(TargetKind::App, app.id);
        self.audit(action, target, Some(app.organization_id), &all)
            .await
    }
}
