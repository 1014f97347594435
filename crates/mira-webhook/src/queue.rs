//! Messages and deliveries in the database.

use std::time::Duration;

use mira_core::{DeliveryId, MessageId, OrganizationId, Timestamp, WebhookId};
use mira_db::sql::{Columns, Value, change, row, rows};
use mira_db::{DbError, Tx};

use crate::{Delivery, DeliveryState, Event, Message, Problem};

/// Notes that something is to be told, in the transaction that it tells of.
pub async fn enqueue(tx: &mut Tx, message: &Message) -> Result<(), DbError> {
    change(
        tx,
        "INSERT INTO webhook_messages
             (id, organization_id, event, body, created_at, is_addressed)
         VALUES ($1, $2, $3, $4, $5, 0)",
        &[
            message.id.as_bytes().into(),
            message.organization_id.as_bytes().into(),
            message.event.as_str().into(),
            message.body().into(),
            message.at.as_millis().into(),
        ],
    )
    .await?;
    Ok(())
}

/// A message that nobody has been chosen for yet.
#[derive(Debug)]
pub(crate) struct Unaddressed {
    pub(crate) id: MessageId,
    pub(crate) organization_id: OrganizationId,
    pub(crate) event: Event,
}

/// The oldest messages that nobody has been chosen for.
pub(crate) async fn unaddressed(tx: &mut Tx, limit: u32) -> Result<Vec<Unaddressed>, DbError> {
    rows(
        tx,
        "SELECT id, organization_id, event FROM webhook_messages WHERE is_addressed = 0
         ORDER BY created_at LIMIT $1",
        &[limit.into()],
        |columns| {
            Ok(Unaddressed {
                id: MessageId::from_bytes(columns.bytes()?),
                organization_id: OrganizationId::from_bytes(columns.bytes()?),
                event: columns.take(|value| value.text()?.parse().ok())?,
            })
        },
    )
    .await
}

/// Makes a delivery of a message for each of `webhooks`, unless another worker has.
pub(crate) async fn address(
    tx: &mut Tx,
    message: MessageId,
    deliveries: &[(DeliveryId, WebhookId)],
    now: Timestamp,
) -> Result<(), DbError> {
    let sql = "UPDATE webhook_messages SET is_addressed = 1 WHERE id = $1 AND is_addressed = 0";
    if change(tx, sql, &[message.as_bytes().into()]).await? == 0 {
        return Ok(());
    }
    for (id, webhook) in deliveries {
        change(
            tx,
            "INSERT INTO webhook_deliveries
                 (id, webhook_id, message_id, state, attempts, next_attempt_at, claimed_until)
             VALUES ($1, $2, $3, 'pending', 0, $4, 0)",
            &[
                id.as_bytes().into(),
                webhook.as_bytes().into(),
                message.as_bytes().into(),
                now.as_millis().into(),
            ],
        )
        .await?;
    }
    Ok(())
}

/// A delivery that this worker alone attempts now.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) id: DeliveryId,
    pub(crate) webhook_id: WebhookId,
    pub(crate) message_id: MessageId,
    pub(crate) attempts: u32,
    pub(crate) body: String,
}

/// Claims deliveries that are due, the most overdue first: at most `limit`, and so
/// that no webhook has more than `per_webhook` at once, since a slow receiver must
/// keep nobody else waiting. A claim lasts `claim`; what its worker does not settle by then is due again.
pub(crate) async fn claim(
    tx: &mut Tx,
    now: Timestamp,
    claim: Duration,
    limit: u32,
    per_webhook: u32,
) -> Result<Vec<Claimed>, DbError> {
    // Of two workers that see the same rows, PostgreSQL lets the second pass over
    // what the first has locked. SQLite has one writer.
    let skip = match tx {
        Tx::Postgres(_) => " FOR UPDATE OF due SKIP LOCKED",
        Tx::Sqlite(_) => "",
    };
    let sql = format!(
        "UPDATE webhook_deliveries SET claimed_until = $2 WHERE id IN (
             SELECT due.id FROM webhook_deliveries AS due JOIN (
                 SELECT id, row_number() OVER
                     (PARTITION BY webhook_id ORDER BY next_attempt_at, id) AS place
                 FROM webhook_deliveries
                 WHERE state = 'pending' AND next_attempt_at <= $1
             ) AS queued ON queued.id = due.id
             WHERE queued.place <= $3 AND due.claimed_until <= $1
             ORDER BY due.next_attempt_at, due.id LIMIT $4{skip})
         RETURNING id, webhook_id, message_id, attempts,
             (SELECT body FROM webhook_messages WHERE webhook_messages.id = message_id)"
    );
    let values = [
        now.as_millis().into(),
        (now + claim).as_millis().into(),
        per_webhook.into(),
        limit.into(),
    ];
    rows(tx, &sql, &values, |columns| {
        Ok(Claimed {
            id: DeliveryId::from_bytes(columns.bytes()?),
            webhook_id: WebhookId::from_bytes(columns.bytes()?),
            message_id: MessageId::from_bytes(columns.bytes()?),
            attempts: columns.take(|value| value.integer()?.try_into().ok())?,
            body: columns.text()?,
        })
    })
    .await
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) at: Timestamp,
    pub(crate) state: DeliveryState,
    pub(crate) attempts: u32,
    pub(crate) next_attempt_at: Timestamp,
    pub(crate) status: Option<u16>,
    pub(crate) problem: Option<Problem>,
}

/// Writes down what became of an attempt, and gives the claim up.
pub(crate) async fn settle(tx: &mut Tx, id: DeliveryId, outcome: &Outcome) -> Result<(), DbError> {
    change(
        tx,
        "UPDATE webhook_deliveries SET state = $2, attempts = $3, next_attempt_at = $4,
             claimed_until = 0, last_attempt_at = $5, last_status = $6, last_problem = $7
         WHERE id = $1",
        &[
            id.as_bytes().into(),
            outcome.state.as_str().into(),
            outcome.attempts.into(),
            outcome.next_attempt_at.as_millis().into(),
            outcome.at.as_millis().into(),
            outcome.status.map(i64::from).into(),
            outcome.problem.map(Problem::as_str).into(),
        ],
    )
    .await?;
    Ok(())
}

/// Attempts a delivery again from the beginning, whatever became of it, and says
/// whether it is there and not being attempted right now.
pub(crate) async fn redeliver(
    tx: &mut Tx,
    id: DeliveryId,
    now: Timestamp,
) -> Result<bool, DbError> {
    let changed = change(
        tx,
        "UPDATE webhook_deliveries SET state = 'pending', attempts = 0, next_attempt_at = $2
         WHERE id = $1 AND claimed_until <= $2",
        &[id.as_bytes().into(), now.as_millis().into()],
    )
    .await?;
    Ok(changed == 1)
}

const COLUMNS: &str = "d.id, d.webhook_id, d.message_id, m.event, d.state, d.attempts,
    d.next_attempt_at, d.last_attempt_at, d.last_status, d.last_problem, m.created_at
    FROM webhook_deliveries AS d JOIN webhook_messages AS m ON m.id = d.message_id";

/// One delivery.
pub(crate) async fn delivery(tx: &mut Tx, id: DeliveryId) -> Result<Option<Delivery>, DbError> {
    let sql = format!("SELECT {COLUMNS} WHERE d.id = $1");
    row(tx, &sql, &[id.as_bytes().into()], read).await
}

/// At most `limit` deliveries to a webhook, newest first, after `before`.
pub(crate) async fn deliveries(
    tx: &mut Tx,
    webhook: WebhookId,
    before: Option<DeliveryId>,
    limit: u32,
) -> Result<Vec<Delivery>, DbError> {
    let condition = before.map_or("", |_| "AND d.id < $3");
    let sql =
        format!("SELECT {COLUMNS} WHERE d.webhook_id = $1 {condition} ORDER BY d.id DESC LIMIT $2");
    let mut values = vec![Value::from(webhook.as_bytes()), limit.into()];
    values.extend(before.as_ref().map(|id| Value::from(id.as_bytes())));
    rows(tx, &sql, &values, read).await
}

/// Forgets the messages that were made before `until` and owe nobody anything, with
/// their deliveries, and says how many.
pub(crate) async fn forget(tx: &mut Tx, until: Timestamp) -> Result<u64, DbError> {
    change(
        tx,
        "DELETE FROM webhook_messages WHERE created_at < $1 AND is_addressed = 1
             AND NOT EXISTS (SELECT 1 FROM webhook_deliveries
                 WHERE message_id = webhook_messages.id AND state = 'pending')",
        &[until.as_millis().into()],
    )
    .await
}

fn read(columns: &mut Columns<'_>) -> Result<Delivery, DbError> {
    Ok(Delivery {
        id: DeliveryId::from_bytes(columns.bytes()?),
        webhook_id: WebhookId::from_bytes(columns.bytes()?),
        message_id: MessageId::from_bytes(columns.bytes()?),
        event: columns.take(|value| value.text()?.parse().ok())?,
        state: columns.take(|value| value.text()?.parse().ok())?,
        attempts: columns.take(|value| value.integer()?.try_into().ok())?,
        next_attempt_at: Timestamp::from_millis(columns.integer()?),
        last_attempt_at: columns.some_integer()?.map(Timestamp::from_millis),
        last_status: columns.take_some(|value| value.integer()?.try_into().ok())?,
        last_problem: columns.take_some(|value| value.text()?.parse().ok())?,
        created_at: Timestamp::from_millis(columns.integer()?),
    })
}
