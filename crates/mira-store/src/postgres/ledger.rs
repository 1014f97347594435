//! Ledgers in PostgreSQL.

use mira_core::{AppId, MicroUsd, TransactionId};
use mira_db::{DbError, PostgresTx};

use super::{Select, change, collect, find, find_value, params};
use crate::apps::BALANCE;
use crate::column::{Columns, Row};
use crate::ledger::{Appended, COLUMNS, Movement, Transaction, read};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) async fn append(tx: &PostgresTx, movement: Movement) -> Result<Appended, StoreError> {
    let sql = "SELECT FROM apps WHERE id = $1 FOR NO KEY UPDATE";
    change(tx, sql, &params![movement.app_id.as_bytes()]).await?;
    if let Some(transaction) = of_request(tx, &movement).await? {
        return Ok(Appended::Repeated(transaction));
    }
    let (last, balance) = end(tx, movement.app_id).await?;
    let balance = balance
        .checked_add(movement.amount)
        .ok_or(StoreError::BalanceOverflow)?;
    let transaction = Transaction { movement, balance };
    insert(tx, last + 1, &transaction).await?;
    Ok(Appended::New(transaction))
}

pub(crate) async fn get(
    tx: &PostgresTx,
    id: TransactionId,
) -> Result<Option<Transaction>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM transactions WHERE id = $1");
    find(tx, &sql, &params![id.as_bytes()], read).await
}

pub(crate) async fn balance(tx: &PostgresTx, app_id: AppId) -> Result<MicroUsd, StoreError> {
    end(tx, app_id).await.map(|(_, balance)| balance)
}

pub(crate) async fn list(
    tx: &PostgresTx,
    app_id: AppId,
    request: &PageRequest,
) -> Result<Page<Transaction>, StoreError> {
    let after = request
        .after_position()?
        .map(|position| i64::try_from(position).unwrap_or(i64::MAX));
    let items = Select::new(&format!("position, {COLUMNS}"), "transactions")
        .filter("app_id = ?", app_id.as_bytes())
        .filter_some("position < ?", after)
        .last(tx, "position", request.limit(), |columns| {
            let position: u64 = columns.take()?;
            Ok((position, read(columns)?))
        })
        .await?;
    let page = Page::cut(items, request, |(position, _)| Cursor::Position(*position));
    Ok(page.map(|(_, transaction)| transaction))
}

pub(crate) async fn note_moved(tx: &PostgresTx, app_id: AppId) -> Result<(), StoreError> {
    let sql = "INSERT INTO moved_balances (app_id) VALUES ($1) ON CONFLICT DO NOTHING";
    change(tx, sql, &params![app_id.as_bytes()]).await?;
    Ok(())
}

pub(crate) async fn has_moved(tx: &PostgresTx) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT FROM moved_balances)";
    Ok(find_value(tx, sql, &[]).await?.unwrap_or_default())
}

/// The apps are held before anything is taken, in one order: whoever charges one notes
/// that while it holds it.
pub(crate) async fn take_moved(
    tx: &PostgresTx,
    limit: u32,
) -> Result<Vec<(AppId, MicroUsd)>, StoreError> {
    let sql = "SELECT id FROM apps WHERE id IN (SELECT app_id FROM moved_balances LIMIT $1)
               ORDER BY id FOR NO KEY UPDATE";
    let held: Vec<[u8; 16]> = collect(tx, sql, &params![limit], |id| {
        let id: AppId = id.take()?;
        Ok(*id.as_bytes())
    })
    .await?;
    let held: Vec<&[u8]> = held.iter().map(|id| &id[..]).collect();
    let sql = format!(
        "WITH taken AS (DELETE FROM moved_balances WHERE app_id = ANY($1) RETURNING app_id)
         SELECT id, {BALANCE} FROM apps JOIN taken ON taken.app_id = apps.id"
    );
    let rows = tx.query(&sql, &[&held]).await?;
    let read = |row| {
        let mut columns = Columns::of(Row::Postgres(row));
        Ok::<_, DbError>((columns.take()?, columns.take()?))
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

async fn of_request(
    tx: &PostgresTx,
    movement: &Movement,
) -> Result<Option<Transaction>, StoreError> {
    let Some(request_id) = &movement.request_id else {
        return Ok(None);
    };
    let sql = format!("SELECT {COLUMNS} FROM transactions WHERE app_id = $1 AND request_id = $2");
    let params = &params![movement.app_id.as_bytes(), request_id];
    find(tx, &sql, params, read).await
}

/// The last position and the balance there.
async fn end(tx: &PostgresTx, app_id: AppId) -> Result<(i64, MicroUsd), StoreError> {
    let sql = "SELECT position, balance FROM transactions WHERE app_id = $1
               ORDER BY position DESC LIMIT 1";
    let last = find(tx, sql, &params![app_id.as_bytes()], |columns| {
        Ok((columns.take()?, columns.take()?))
    })
    .await?;
    Ok(last.unwrap_or((0, MicroUsd::ZERO)))
}

async fn insert(
    tx: &PostgresTx,
    position: i64,
    transaction: &Transaction,
) -> Result<(), StoreError> {
    let Transaction { movement, balance } = transaction;
    change(
        tx,
        "INSERT INTO transactions
         (app_id, position, id, type, amount, balance, request_id, description, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &params![
            movement.app_id.as_bytes(),
            position,
            movement.id.as_bytes(),
            movement.transaction_type.as_str(),
            movement.amount.as_micros(),
            balance.as_micros(),
            movement.request_id.as_ref(),
            &movement.description,
            movement.created_at.as_millis(),
        ],
    )
    .await?;
    Ok(())
}
