//! `mira audit`: what was done, by whom, and whether the record of it is whole.

use clap::{Args, Subcommand};
use mira_core::OrganizationId;
use serde_json::Value;

use super::Context;
use crate::Outcome;
use crate::error::CommandError;
use crate::page::{self, PageArguments};
use crate::query::Query;
use crate::table::{Field, record};

/// What can be done with the audit trail.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List events, last first
    List(ListArguments),
    /// Recompute the hash chains; exit with 1 if one is broken
    Verify,
}

/// `mira audit list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Another organization than one's own
    #[arg(long, value_name = "ORG")]
    organization: Option<OrganizationId>,
    /// Only this action, such as key.revoked
    #[arg(long)]
    action: Option<String>,
    /// Only what was done to the key, app, person or organization with this id
    #[arg(long, value_name = "ID")]
    target: Option<String>,
    #[command(flatten)]
    page: PageArguments,
}

const COLUMNS: &[Field] = &[
    ("at", "/at"),
    ("action", "/action"),
    ("actor", "/actor/id"),
    ("target", "/target/id"),
    ("request", "/request_id"),
    ("details", "/details"),
];

const CHAINS: &[Field] = &[
    ("audit intact", "/audit/intact"),
    ("audit entries", "/audit/entries"),
    ("audit broken at", "/audit/broken_at"),
    ("changelog intact", "/changelog/intact"),
    ("changelog entries", "/changelog/entries"),
    ("changelog broken at", "/changelog/broken_at"),
];

pub(super) async fn run(audit: Audit, context: &Context) -> Result<Outcome, CommandError> {
    match audit {
        Audit::List(arguments) => {
            list(&arguments, context).await?;
            Ok(Outcome::Done)
        }
        Audit::Verify => verify(context).await,
    }
}

async fn list(arguments: &ListArguments, context: &Context) -> Result<(), CommandError> {
    let api = context.api()?;
    let organization = api.organization(arguments.organization).await?;
    let query = Query::of(format!("/v1/organizations/{organization}/audit-events"))
        .with("action", arguments.action.as_deref())
        .with("target", arguments.target.as_deref());
    let events = api.get(&arguments.page.of(query)).await?;
    page::print(context, &events, COLUMNS);
    Ok(())
}

async fn verify(context: &Context) -> Result<Outcome, CommandError> {
    let found = context.api()?.get("/v1/audit/verify").await?;
    context.print(&found, |found| record(found, CHAINS));
    let is_intact = |chain| found.value().pointer(chain) == Some(&Value::Bool(true));
    Ok(
        if is_intact("/audit/intact") && is_intact("/changelog/intact") {
            Outcome::Done
        } else {
            Outcome::Refused
        },
    )
}
