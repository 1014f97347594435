//! `mira apps`: apps, and the balances that their requests are paid from.

use clap::{Args, Subcommand};
use mira_core::{AppId, OrganizationId};
use serde_json::{Map, Value};

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
