//! Ledgers in SQLite.

use mira_core::{AppId, MicroUsd, TransactionId};
use rusqlite::{Connection, params};

use super::{Select, change, collect, find, find_value};
use crate::apps::BALANCE;
use crate::ledger::{Appended, COLUMNS, Movement, Transaction, read};
use crate::{Cursor, Page, PageRequest, StoreError};

pub(crate) fn append(connection: &Connection, movement: Movement) -> Result<Appended, StoreError> {
    if let Some(transaction) = of_request(connection, &movement)? {
        return Ok(Appended::Repeated(transaction));
    }
    let (last, balance) = end(connection, movement.app_id)?;
    let balance = balance
        .checked_add(movement.amount)
        .ok_or(StoreError::BalanceOverflow)?;
    let transaction = Transaction { movement, balance };
    insert(connection, last + 1, &transaction)?;
    Ok(Appended::New(transaction))
}

pub(crate) fn get(
    connection: &Connection,
    id: TransactionId,
) -> Result<Option<Transaction>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM transactions WHERE id = ?1");
    find(connection, &sql, [id.as_bytes()], read)
}

pub(crate) fn balance(connection: &Connection, app_id: AppId) -> Result<MicroUsd, StoreError> {
    end(connection, app_id).map(|(_, balance)| balance)
}

pub(crate) fn list(
    connection: &Connection,
    app_id: AppId,
    request: &PageRequest,
) -> Result<Page<Transaction>, StoreError> {
    let after = request
        .after_position()?
        .map(|position| i64::try_from(position).unwrap_or(i64::MAX));
    let items = Select::new(&format!("position, {COLUMNS}"), "transactions")
        .filter("app_id = ?", app_id.as_bytes().to_vec())
        .filter_some("position < ?", after)
        .last(connection, "position", request.limit(), |columns| {
            let position: u64 = columns.take()?;
            Ok((position, read(columns)?))
        })?;
    let page = Page::cut(items, request, |(position, _)| Cursor::Position(*position));
    Ok(page.map(|(_, transaction)| transaction))
}

pub(crate) fn note_moved(connection: &Connection, app_id: AppId) -> Result<(), StoreError> {
    let sql = "INSERT INTO moved_balances (app_id) VALUES (?1) ON CONFLICT DO NOTHING";
    change(connection, sql, [app_id.as_bytes()])?;
    Ok(())
}

pub(crate) fn has_moved(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM moved_balances)";
    Ok(find_value(connection, sql, [])?.unwrap_or_default())
}

pub(crate) fn take_moved(
    connection: &Connection,
    limit: u32,
) -> Result<Vec<(AppId, MicroUsd)>, StoreError> {
    let sql = format!(
        "SELECT id, {BALANCE} FROM apps
         WHERE id IN (SELECT app_id FROM moved_balances LIMIT ?1)"
    );
    let taken: Vec<(AppId, MicroUsd)> = collect(connection, &sql, [limit], |columns| {
        Ok((columns.take()?, columns.take()?))
    })?;
    for (id, _) in &taken {
        let sql = "DELETE FROM moved_balances WHERE app_id = ?1";
        change(connection, sql, [id.as_bytes()])?;
    }
    Ok(taken)
}

fn of_request(
    connection: &Connection,
    movement: &Movement,
) -> Result<Option<Transaction>, StoreError> {
    let Some(request_id) = &movement.request_id else {
        return Ok(None);
    };
    let sql = format!("SELECT {COLUMNS} FROM transactions WHERE app_id = ?1 AND request_id = ?2");
    let params = params![movement.app_id.as_bytes(), request_id];
    find(connection, &sql, params, read)
}

/// The last position and the balance there.
fn end(connection: &Connection, app_id: AppId) -> Result<(i64, MicroUsd), StoreError> {
    let sql = "SELECT position, balance FROM transactions WHERE app_id = ?1
               ORDER BY position DESC LIMIT 1";
    let last = find(connection, sql, [app_id.as_bytes()], |columns| {
        Ok((columns.take()?, columns.take()?))
    })?;
    Ok(last.unwrap_or((0, MicroUsd::ZERO)))
}

fn insert(
    connection: &Connection,
    position: i64,
    transaction: &Transaction,
) -> Result<(), StoreError> {
    let Transaction { movement, balance } = transaction;
    change(
        connection,
        "INSERT INTO transactions
         (app_id, position, id, type, amount, balance, request_id, description, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            movement.app_id.as_bytes(),
            position,
            movement.id.as_bytes(),
            movement.transaction_type.as_str(),
            movement.amount.as_micros(),
            balance.as_micros(),
            movement.request_id,
            movement.description,
            movement.created_at.as_millis(),
        ],
    )?;
    Ok(())
}
