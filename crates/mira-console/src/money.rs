//! The money of apps.

use mira_core::{AppId, Change, MicroUsd, Role, TransactionId};
use mira_store::audit::Action;
use mira_store::ledger::{self, Movement, Transaction, TransactionType};
use mira_store::{Page, PageRequest, StoreError};

use crate::unit::{Settled, Unit};
use crate::{Caller, Console, ConsoleError, Idempotency, Made, Mutator, input};

impl Console {
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
        idempotency: Option<Idempotency>,
    ) -> Result<Settled<Made<Transaction>>, ConsoleError> {
        if amount <= MicroUsd::ZERO {
            return Err(ConsoleError::invalid("amount is more than 0"));
        }
        let why = (TransactionType::Topup, reason);
        self.move_money(caller, id, amount, why, idempotency).await
    }

    /// Corrects a balance, up or down.
    pub async fn adjust(
        &self,
        caller: &Caller,
        id: AppId,
        amount: MicroUsd,
        reason: &str,
        idempotency: Option<Idempotency>,
    ) -> Result<Settled<Made<Transaction>>, ConsoleError> {
        if amount == MicroUsd::ZERO {
            return Err(ConsoleError::invalid("amount is not 0"));
        }
        let why = (TransactionType::Adjustment, reason);
        self.move_money(caller, id, amount, why, idempotency).await
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
        let tells_later = self.node.tells_balances_later();
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
                if !tells_later {
                    return unit.append_movement(movement).await.map(|_| ());
                }
                if let ledger::Appended::New(_) = unit.append(movement).await? {
                    ledger::note_moved(unit.tx, id).await?;
                }
                Ok(())
            })
        })
        .await?;
        if tells_later {
            self.node.balance_has_moved();
        }
        Ok(())
    }

    async fn move_money(
        &self,
        caller: &Caller,
        id: AppId,
        amount: MicroUsd,
        (transaction_type, reason): (TransactionType, &str),
        idempotency: Option<Idempotency>,
    ) -> Result<Settled<Made<Transaction>>, ConsoleError> {
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
                if let Some(made) = unit.made_before(idempotency.as_ref()).await? {
                    let transaction = ledger::get(unit.tx, made).await?;
                    // What moved it may never have been confirmed.
                    unit.announce_balance(&app);
                    return Ok(Made::before(
                        transaction.ok_or(ConsoleError::NotFound("Transaction"))?,
                    ));
                }
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
                unit.audit_app(action, &app, &details)?;
                unit.remember(idempotency, transaction.movement.id).await?;
                Ok(Made::now(transaction))
            })
        })
        .await
    }
}

impl Unit<'_> {
    /// Appends to the ledger of an app and tells every verifier.
    pub(crate) async fn append_movement(
        &mut self,
        movement: Movement,
    ) -> Result<Transaction, ConsoleError> {
        let id = movement.app_id;
        let appended = self.append(movement).await?;
        // A repeat moved nothing, and what it says of the balance is old.
        if let ledger::Appended::New(transaction) = &appended {
            let balance = transaction.balance;
            self.announce(Change::App { id, balance });
        }
        Ok(appended.into_transaction())
    }

    async fn append(&mut self, movement: Movement) -> Result<ledger::Appended, ConsoleError> {
        ledger::append(self.tx, movement)
            .await
            .map_err(|error| match error {
                StoreError::BalanceOverflow => {
                    ConsoleError::invalid("The balance would become too large")
                }
                other => other.into(),
            })
    }
}
