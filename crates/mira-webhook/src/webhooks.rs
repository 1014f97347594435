//! Webhooks in the database.

use std::collections::BTreeSet;

use mira_core::{OrganizationId, Timestamp, WebhookId};
use mira_db::sql::{Columns, Value, change, row, rows};
use mira_db::{DbError, Tx};

use crate::{SigningSecret, Webhook, WebhookSecrets};

const COLUMNS: &str = "id, organization_id, url, description, events, is_enabled, secret, \
                       previous_secret, previous_secret_until, created_at";

/// Adds a webhook.
pub async fn insert(tx: &mut Tx, webhook: &Webhook) -> Result<(), DbError> {
    let sql = format!(
        "INSERT INTO webhooks ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let mut values = vec![
        Value::from(webhook.id.as_bytes()),
        webhook.organization_id.as_bytes().into(),
    ];
    values.extend(changeable(webhook));
    values.push(webhook.created_at.as_millis().into());
    change(tx, &sql, &values).await?;
    Ok(())
}

/// Writes a changed webhook, and says whether it was there.
pub async fn update(tx: &mut Tx, webhook: &Webhook) -> Result<bool, DbError> {
    let mut values = vec![Value::from(webhook.id.as_bytes())];
    values.extend(changeable(webhook));
    let changed = change(
        tx,
        "UPDATE webhooks SET url = $2, description = $3, events = $4, is_enabled = $5,
             secret = $6, previous_secret = $7, previous_secret_until = $8 WHERE id = $1",
        &values,
    );
    Ok(changed.await? == 1)
}

/// Deletes a webhook, and says whether it was there.
pub async fn delete(tx: &mut Tx, id: WebhookId) -> Result<bool, DbError> {
    let values = [id.as_bytes().into()];
    Ok(change(tx, "DELETE FROM webhooks WHERE id = $1", &values).await? == 1)
}

/// One webhook. A transaction that writes keeps it as it is until the commit.
pub async fn get(tx: &mut Tx, id: WebhookId) -> Result<Option<Webhook>, DbError> {
    let lock = match tx {
        Tx::Postgres(tx) if tx.is_write() => " FOR UPDATE",
        _ => "",
    };
    let sql = format!("SELECT {COLUMNS} FROM webhooks WHERE id = $1{lock}");
    row(tx, &sql, &[id.as_bytes().into()], read).await
}

/// The webhooks of an organization, newest first.
pub async fn list(tx: &mut Tx, organization_id: OrganizationId) -> Result<Vec<Webhook>, DbError> {
    let sql = format!("SELECT {COLUMNS} FROM webhooks WHERE organization_id = $1 ORDER BY id DESC");
    rows(tx, &sql, &[organization_id.as_bytes().into()], read).await
}

/// What a change may write, in the order of the table.
fn changeable(webhook: &Webhook) -> [Value<'_>; 7] {
    let secrets = &webhook.secrets;
    let previous = secrets.previous.as_ref();
    let events: Vec<_> = webhook.events.iter().map(|event| event.as_str()).collect();
    [
        webhook.url.to_string().into(),
        webhook.description.as_str().into(),
        events.join(",").into(),
        i64::from(webhook.is_enabled).into(),
        secrets.current.as_bytes().into(),
        previous.map(|(secret, _)| secret.as_bytes()).into(),
        previous.map(|(_, until)| until.as_millis()).into(),
    ]
}

fn read(columns: &mut Columns<'_>) -> Result<Webhook, DbError> {
    Ok(Webhook {
        id: WebhookId::from_bytes(columns.bytes()?),
        organization_id: OrganizationId::from_bytes(columns.bytes()?),
        url: columns.take(|value| value.text()?.parse().ok())?,
        description: columns.text()?,
        events: columns.take(|value| {
            let words = value.text()?.split(',');
            words
                .map(str::parse)
                .collect::<Result<BTreeSet<_>, _>>()
                .ok()
        })?,
        is_enabled: columns.integer()? == 1,
        secrets: secrets(columns)?,
        created_at: Timestamp::from_millis(columns.integer()?),
    })
}

fn secrets(columns: &mut Columns<'_>) -> Result<WebhookSecrets, DbError> {
    let current = SigningSecret::from_bytes(columns.bytes()?);
    let previous = columns.take_some(|value| value.blob()?.try_into().ok())?;
    let until = columns.some_integer()?.map(Timestamp::from_millis);
    Ok(WebhookSecrets {
        current,
        previous: previous.map(SigningSecret::from_bytes).zip(until),
    })
}
