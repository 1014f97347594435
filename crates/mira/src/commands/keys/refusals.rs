//! `mira keys refusals`: what was refused, and why.

use clap::Args;
use mira_core::{KeyId, OrganizationId};

use super::Context;
use crate::error::CommandError;
use crate::page::{self, PageArguments};
use crate::query::Query;
use crate::table::Field;

/// `mira keys refusals`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only those of this key
    key: Option<KeyId>,
    /// Another organization than one's own
    #[arg(long, value_name = "ORG")]
    organization: Option<OrganizationId>,
    #[command(flatten)]
    page: PageArguments,
}

const COLUMNS: &[Field] = &[
    ("at", "/at"),
    ("code", "/code"),
    ("key", "/key_id"),
    ("kind", "/access/kind"),
    ("service", "/access/service"),
    ("permission", "/access/permission"),
    ("environments", "/access/environments"),
    ("address", "/access/address"),
    ("request", "/request_id"),
];

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<(), CommandError> {
    let api = context.api()?;
    let organization = api.organization(arguments.organization).await?;
    let key = arguments.key.map(|key| key.to_string());
    let query = Query::of(format!("/v1/organizations/{organization}/refusals")).with("key", key);
    let refusals = api.get(&arguments.page.of(query)).await?;
    page::print(context, &refusals, COLUMNS);
    Ok(())
}
