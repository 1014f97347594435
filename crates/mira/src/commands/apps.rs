//! `mira apps`: apps, and the balances that their requests are paid from.

use clap::{Args, Subcommand};
use mira_core::{AppId, Environment, OrganizationId};
use mira_key::ServiceName;
use serde_json::{Map, Value, json};

use super::Context;
use crate::error::CommandError;
use crate::page::{self, PageArguments};
use crate::query::Query;
use crate::table::{Field, record};

/// What can be done with apps.
#[derive(Debug, Subcommand)]
pub(crate) enum Apps {
    /// List the apps of an organization
    List {
        /// Another organization than one's own
        #[arg(long, value_name = "ORG")]
        organization: Option<OrganizationId>,
        #[command(flatten)]
        page: PageArguments,
    },
    /// Make an app
    Create {
        #[arg(long)]
        name: String,
        /// Another organization than one's own
        #[arg(long, value_name = "ORG")]
        organization: Option<OrganizationId>,
    },
    /// Show an app
    Show { app: AppId },
    /// Give an app another name
    Rename {
        app: AppId,
        #[arg(long)]
        name: String,
    },
    /// Set the balance below which an app is shown as low
    LowBalance {
        app: AppId,
        /// Dollars; never if absent
        #[arg(long, value_name = "USD")]
        below: Option<f64>,
    },
    /// Revoke all keys of one environment of an app at once
    RevokeKeys(RevokeKeysArguments),
    /// Delete an app and revoke its keys
    Delete { app: AppId },
    /// Add money to an app's balance
    Topup(AmountArguments),
    /// Correct an app's balance; the amount may be negative
    Adjust(AmountArguments),
    /// List what an app was paid and what it spent
    Transactions {
        app: AppId,
        #[command(flatten)]
        page: PageArguments,
    },
}

/// `mira apps revoke-keys`.
#[derive(Debug, Args)]
pub(crate) struct RevokeKeysArguments {
    app: AppId,
    /// development, staging or production
    #[arg(long)]
    environment: Environment,
    /// The keys for one service alone
    #[arg(long)]
    service: Option<ServiceName>,
    /// Why, for the audit trail
    #[arg(long)]
    reason: Option<String>,
    /// Say which keys, and revoke none
    #[arg(long)]
    dry_run: bool,
}

/// Money that comes to an app, or goes.
#[derive(Debug, Args)]
pub(crate) struct AmountArguments {
    app: AppId,
    /// Dollars
    #[arg(long, value_name = "USD", allow_negative_numbers = true)]
    amount: f64,
    /// Why, for the list of transactions
    #[arg(long)]
    reason: Option<String>,
}

const FIELDS: &[Field] = &[
    ("id", "/id"),
    ("name", "/name"),
    ("balance", "/balance"),
    ("low below", "/low_balance_threshold"),
    ("created at", "/created_at"),
];

const TRANSACTION: &[Field] = &[
    ("id", "/id"),
    ("created at", "/created_at"),
    ("type", "/type"),
    ("amount", "/amount"),
    ("balance", "/balance"),
    ("description", "/description"),
];

pub(super) async fn run(apps: Apps, context: &Context) -> Result<(), CommandError> {
    let api = context.api()?;
    match apps {
        Apps::List { organization, page } => {
            let organization = api.organization(organization).await?;
            let query = Query::of(format!("/v1/organizations/{organization}/apps"));
            page::print(context, &api.get(&page.of(query)).await?, FIELDS);
        }
        Apps::Create { name, organization } => {
            let organization = api.organization(organization).await?;
            let path = format!("/v1/organizations/{organization}/apps");
            let app = api.post(&path, &named(&name)).await?;
            context.print(&app, |app| record(app, FIELDS));
        }
        Apps::Show { app } => {
            let app = api.get(&format!("/v1/apps/{app}")).await?;
            context.print(&app, |app| record(app, FIELDS));
        }
        Apps::Rename { app, name } => {
            let app = api.patch(&format!("/v1/apps/{app}"), &named(&name)).await?;
            context.print(&app, |app| record(app, FIELDS));
        }
        Apps::LowBalance { app, below } => {
            let body = json!({"low_balance_threshold": below});
            let app = api.patch(&format!("/v1/apps/{app}"), &body).await?;
            context.print(&app, |app| record(app, FIELDS));
        }
        Apps::RevokeKeys(arguments) => {
            let path = format!("/v1/apps/{}/keys/revoke", arguments.app);
            let revoked = api.post(&path, &arguments.body()).await?;
            context.print(&revoked, keys_of);
        }
        Apps::Delete { app } => {
            let deleted = api.delete(&format!("/v1/apps/{app}")).await?;
            context.print(&deleted, |_| {
                format!("{app} is deleted, and its keys are revoked")
            });
        }
        Apps::Topup(amount) => {
            let path = format!("/v1/apps/{}/topups", amount.app);
            let transaction = api.post(&path, &amount.body()).await?;
            context.print(&transaction, |transaction| record(transaction, TRANSACTION));
        }
        Apps::Adjust(amount) => {
            let path = format!("/v1/apps/{}/adjustments", amount.app);
            let transaction = api.post(&path, &amount.body()).await?;
            context.print(&transaction, |transaction| record(transaction, TRANSACTION));
        }
        Apps::Transactions { app, page } => {
            let query = Query::of(format!("/v1/apps/{app}/transactions"));
            page::print(context, &api.get(&page.of(query)).await?, TRANSACTION);
        }
    }
    Ok(())
}

impl RevokeKeysArguments {
    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert(
            "environment".to_owned(),
            self.environment.to_string().into(),
        );
        if let Some(service) = &self.service {
            body.insert("service".to_owned(), service.to_string().into());
        }
        if let Some(reason) = &self.reason {
            body.insert("reason".to_owned(), reason.as_str().into());
        }
        body.insert("dry_run".to_owned(), self.dry_run.into());
        body.into()
    }
}

/// A line for each key, and one for all.
fn keys_of(group: &Value) -> String {
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let mut lines: Vec<String> = group["keys"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|key| {
            let (id, prefix) = (text(key, "id"), text(key, "prefix"));
            format!("{id}  {prefix}…  {}", text(key, "name"))
        })
        .collect();
    let (count, done) = (&group["count"], group["dry_run"] == json!(false));
    lines.push(match (done, group["effective"].as_bool()) {
        (false, _) => format!("{count} would be revoked"),
        (true, Some(false)) => format!("{count} revoked, and not yet effective everywhere"),
        (true, _) => format!("{count} revoked"),
    });
    lines.join("\n")
}

impl AmountArguments {
    fn body(&self) -> Value {
        let mut body = Map::new();
        body.insert("amount".to_owned(), self.amount.into());
        if let Some(reason) = &self.reason {
            body.insert("reason".to_owned(), reason.as_str().into());
        }
        body.into()
    }
}

fn named(name: &str) -> Value {
    serde_json::json!({"name": name})
}
