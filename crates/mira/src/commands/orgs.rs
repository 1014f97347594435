//! `mira orgs`: organizations and their subscriptions.

use clap::Subcommand;
use mira_core::{OrganizationId, Plan, SubscriptionStatus};
use serde_json::json;

use super::Context;
use crate::error::CommandError;
use crate::page::{self, PageArguments};
use crate::query::Query;
use crate::table::{Field, record};

/// What can be done with organizations.
#[derive(Debug, Subcommand)]
pub(crate) enum Orgs {
    /// List the organizations that one may see
    List {
        #[command(flatten)]
        page: PageArguments,
    },
    /// Make an organization
    Create {
        #[arg(long)]
        name: String,
    },
    /// Show an organization
    Show {
        /// Another organization than one's own
        org: Option<OrganizationId>,
    },
    /// Give an organization another name
    Rename {
        org: OrganizationId,
        #[arg(long)]
        name: String,
    },
    /// Refuse all keys of an organization until it is resumed
    Suspend { org: OrganizationId },
    /// Accept the keys of an organization again
    Resume { org: OrganizationId },
    /// Set what an organization has subscribed to
    Subscribe {
        org: OrganizationId,
        /// `pay_as_you_go`, `business` or `enterprise`
        #[arg(long)]
        plan: Plan,
        /// `active`, `past_due` or `canceled`
        #[arg(long, default_value = "active")]
        status: SubscriptionStatus,
        /// The end of the paid period; without one it does not end
        #[arg(long, value_name = "INSTANT")]
        current_period_end: Option<String>,
    },
}

const FIELDS: &[Field] = &[
    ("id", "/id"),
    ("name", "/name"),
    ("state", "/state"),
    ("plan", "/subscription/plan"),
    ("status", "/subscription/status"),
    ("period end", "/subscription/current_period_end"),
    ("created at", "/created_at"),
];

pub(super) async fn run(orgs: Orgs, context: &Context) -> Result<(), CommandError> {
    let api = context.api()?;
    let path = |org: OrganizationId| format!("/v1/organizations/{org}");
    let answer = match orgs {
        Orgs::List { page } => {
            let query = Query::of("/v1/organizations");
            page::print(context, &api.get(&page.of(query)).await?, FIELDS);
            return Ok(());
        }
        Orgs::Create { name } => {
            api.post("/v1/organizations", &json!({"name": name}))
                .await?
        }
        Orgs::Show { org } => {
            let org = api.organization(org).await?;
            api.get(&format!("/v1/organizations/{org}")).await?
        }
        Orgs::Rename { org, name } => api.patch(&path(org), &json!({"name": name})).await?,
        Orgs::Suspend { org } => {
            api.patch(&path(org), &json!({"state": "suspended"}))
                .await?
        }
        Orgs::Resume { org } => api.patch(&path(org), &json!({"state": "active"})).await?,
        Orgs::Subscribe {
            org,
            plan,
            status,
            current_period_end,
        } => {
            let subscription = json!({
                "plan": plan.as_str(),
                "status": status.as_str(),
                "current_period_end": current_period_end,
            });
            let path = format!("{}/subscription", path(org));
            api.put(&path, &subscription).await?
        }
    };
    context.print(&answer, |organization| record(organization, FIELDS));
    Ok(())
}
