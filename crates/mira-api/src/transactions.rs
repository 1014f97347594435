//! The money of an app.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use mira_console::{Made, Transaction};
use mira_core::{AppId, Role};
use mira_wire::{Instant, JsonBody, json_response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Api;
use crate::amount::Dollars;
use crate::authenticated::Authenticated;
use crate::body::Body;
use crate::failure::Answer;
use crate::idempotency::{IdempotencyKey, status};
use crate::list::{List, ListQuery};
use crate::path_id::PathId;
use crate::query::Query;
use crate::text::{Text, TransactionTypeText};

/// A movement in an app's ledger.
#[derive(Serialize, ToSchema)]
#[schema(as = Transaction, example = json!({
    "id": "txn_019bb80b6d327a718cab1d2e3f4a5b6c",
    "type": "topup",
    "amount": 25,
    "balance": 37.5,
    "request_id": null,
    "description": "Invoice 1042",
    "created_at": "2026-01-15T10:30:00.000Z",
}))]
struct TransactionBody {
    /// Its id.
    id: String,
    /// Why money moved.
    #[serde(rename = "type")]
    transaction_type: TransactionTypeText,
    /// What was added to the balance, in dollars; negative for usage.
    #[schema(value_type = f64)]
    amount: Dollars,
    /// The balance after it, in dollars.
    #[schema(value_type = f64)]
    balance: Dollars,
    /// The request that it pays for.
    #[schema(required)]
    request_id: Option<String>,
    /// For people; may be empty.
    description: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    created_at: Instant,
}

/// Money to pay in.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Topup, example = json!({"amount": 25, "reason": "Invoice 1042"}))]
struct TopupBody {
    /// How much, in dollars; more than 0.
    #[schema(value_type = f64)]
    amount: Dollars,
    /// Why, for people; up to 500 characters.
    reason: Option<String>,
}

/// A correction.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Adjustment, example = json!({"amount": -2.5, "reason": "Charged twice"}))]
struct AdjustmentBody {
    /// What to add to the balance, in dollars; negative takes away.
    #[schema(value_type = f64)]
    amount: Dollars,
    /// Why, for people; up to 500 characters.
    reason: String,
}

pub(crate) fn routes() -> OpenApiRouter<Arc<Api>> {
    OpenApiRouter::new()
        .routes(routes!(list_transactions))
        .routes(routes!(top_up))
        .routes(routes!(adjust))
}

/// List the transactions of an app
///
/// Newest first.
#[utoipa::path(get, path = "/v1/apps/{app}/transactions", tag = "Apps", params(ListQuery),
    responses((status = 200, description = "A page of transactions",
        body = List<TransactionBody>)))]
async fn list_transactions(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<AppId>,
    Query(query): Query<ListQuery>,
) -> Answer {
    let page = query.page()?;
    let transactions = api.console.transactions(&caller, id, page).await?;
    let list = List::of(transactions, TransactionBody::from);
    Ok(json_response(StatusCode::OK, &list))
}

/// Pay money in
///
/// By hand. Superadmins only.
#[utoipa::path(post, path = "/v1/apps/{app}/topups", tag = "Apps",
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, example = "8a4d1f0c",
        description = "A repeat within 24 hours answers 200 with what was made then")),
    request_body = TopupBody,
    responses(
        (status = 201, description = "The transaction", body = TransactionBody),
        (status = 200, description = "A repeat: what was made then", body = TransactionBody),
        (status = 409, description = "Another body was sent under this `Idempotency-Key`"),
    ))]
async fn top_up(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<AppId>,
    idempotency: IdempotencyKey,
    body: Body<TopupBody>,
) -> Answer {
    api.app_as(Role::Superadmin, &caller, id).await?;
    let JsonBody(body) = body?;
    let idempotency = idempotency.of(&caller, &body)?;
    let reason = body.reason.unwrap_or_default();
    let made = api
        .console
        .top_up(&caller, id, body.amount.0, &reason, idempotency)
        .await?;
    Ok(moved(made.value))
}

/// Correct a balance
///
/// Up or down. Superadmins only.
#[utoipa::path(post, path = "/v1/apps/{app}/adjustments", tag = "Apps",
    params(("Idempotency-Key" = Option<String>, Header, nullable = false, example = "8a4d1f0c",
        description = "A repeat within 24 hours answers 200 with what was made then")),
    request_body = AdjustmentBody,
    responses(
        (status = 201, description = "The transaction", body = TransactionBody),
        (status = 200, description = "A repeat: what was made then", body = TransactionBody),
        (status = 409, description = "Another body was sent under this `Idempotency-Key`"),
    ))]
async fn adjust(
    State(api): State<Arc<Api>>,
    Authenticated(caller): Authenticated,
    PathId(id): PathId<AppId>,
    idempotency: IdempotencyKey,
    body: Body<AdjustmentBody>,
) -> Answer {
    api.app_as(Role::Superadmin, &caller, id).await?;
    let JsonBody(body) = body?;
    let idempotency = idempotency.of(&caller, &body)?;
    let made = api
        .console
        .adjust(&caller, id, body.amount.0, &body.reason, idempotency)
        .await?;
    Ok(moved(made.value))
}

fn moved(made: Made<Transaction>) -> Response {
    let status = status(&made);
    json_response(status, &TransactionBody::from(made.record))
}

impl From<Transaction> for TransactionBody {
    fn from(transaction: Transaction) -> Self {
        let movement = transaction.movement;
        Self {
            id: movement.id.to_string(),
            transaction_type: Text(movement.transaction_type),
            amount: Dollars(movement.amount),
            balance: Dollars(transaction.balance),
            request_id: movement.request_id,
            description: movement.description,
            created_at: Instant(movement.created_at),
        }
    }
}
