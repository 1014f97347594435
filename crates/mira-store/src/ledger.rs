//! The ledger of each app: append-only, with a running balance.

use mira_core::{AppId, MicroUsd, Timestamp, TransactionId};
use mira_db::{DbError, Tx};

use crate::column::Columns;
use crate::words::words;
use crate::{Page, PageRequest, StoreError, postgres, sqlite};

/// Why money moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransactionType {
    /// Bought through a payment provider.
    Purchase,
    /// Given by an operator.
    Topup,
    /// Used by requests.
    Usage,
    /// Corrected by an operator.
    Adjustment,
}

words!(pub TransactionType, "type", {
    Purchase => "purchase", Topup => "topup", Usage => "usage", Adjustment => "adjustment",
});

/// A movement to append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The id that its transaction will have.
    pub id: TransactionId,
    /// The app.
    pub app_id: AppId,
    /// Why money moves.
    pub transaction_type: TransactionType,
    /// What is added to the balance; negative for usage.
    pub amount: MicroUsd,
    /// The request that it pays for; an app pays for each once.
    pub request_id: Option<String>,
    /// For people; may be empty.
    pub description: String,
    /// When.
    pub created_at: Timestamp,
}

/// A movement in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transaction {
    /// What moved.
    pub movement: Movement,
    /// The app's balance after it.
    pub balance: MicroUsd,
}

/// What appending did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Appended {
    /// The balance moved.
    New(Transaction),
    /// The app has a transaction for this request already; nothing moved.
    Repeated(Transaction),
}

impl Appended {
    /// The transaction, of now or of before.
    pub fn into_transaction(self) -> Transaction {
        match self {
            Self::New(transaction) | Self::Repeated(transaction) => transaction,
        }
    }
}

/// Appends a movement to its app's ledger, deleted or not. A balance beyond the
/// range of micro-dollars is [`StoreError::BalanceOverflow`].
pub async fn append(tx: &mut Tx, movement: Movement) -> Result<Appended, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::ledger::append(tx.connection(), movement),
        Tx::Postgres(tx) => postgres::ledger::append(tx, movement).await,
    }
}

/// The transaction called `id`.
pub async fn get(tx: &mut Tx, id: TransactionId) -> Result<Option<Transaction>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::ledger::get(tx.connection(), id),
        Tx::Postgres(tx) => postgres::ledger::get(tx, id).await,
    }
}

/// What an app has left; nothing if it has no transactions.
pub async fn balance(tx: &mut Tx, app_id: AppId) -> Result<MicroUsd, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::ledger::balance(tx.connection(), app_id),
        Tx::Postgres(tx) => postgres::ledger::balance(tx, app_id).await,
    }
}

/// The transactions of an app, last first.
pub async fn list(
    tx: &mut Tx,
    app_id: AppId,
    request: &PageRequest,
) -> Result<Page<Transaction>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::ledger::list(tx.connection(), app_id, request),
        Tx::Postgres(tx) => postgres::ledger::list(tx, app_id, request).await,
    }
}

/// Notes that the balance of an app has moved, to be told later. The transaction has
/// appended to its ledger.
pub async fn note_moved(tx: &mut Tx, app_id: AppId) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::ledger::note_moved(tx.connection(), app_id),
        Tx::Postgres(tx) => postgres::ledger::note_moved(tx, app_id).await,
    }
}

/// Whether balances have moved that nobody was told of. One statement.
pub async fn has_moved(tx: &mut Tx) -> Result<bool, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::ledger::has_moved(tx.connection()),
        Tx::Postgres(tx) => postgres::ledger::has_moved(tx).await,
    }
}

/// At most `limit` of the apps whose balances have moved, and what they have now. They
/// are told of by this transaction, and none of them moves before its commit.
pub async fn take_moved(tx: &mut Tx, limit: u32) -> Result<Vec<(AppId, MicroUsd)>, StoreError> {
    match tx {
        Tx::Sqlite(tx) => sqlite::ledger::take_moved(tx.connection(), limit),
        Tx::Postgres(tx) => postgres::ledger::take_moved(tx, limit).await,
    }
}

/// The columns of [`read`].
pub(crate) const COLUMNS: &str =
    "id, app_id, type, amount, request_id, description, created_at, balance";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Transaction, DbError> {
    Ok(Transaction {
        movement: Movement {
            id: columns.take()?,
            app_id: columns.take()?,
            transaction_type: columns.take()?,
            amount: columns.take()?,
            request_id: columns.take()?,
            description: columns.take()?,
            created_at: columns.take()?,
        },
        balance: columns.take()?,
    })
}
