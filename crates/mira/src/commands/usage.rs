//! `mira usage`: what the keys of an organization were used for.

use clap::Args;
use mira_core::OrganizationId;
use serde_json::Value;

use super::Context;
use crate::error::CommandError;
use crate::query::Query;
use crate::table::{Field, table};

/// `mira usage`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Another organization than one's own
    #[arg(long, value_name = "ORG")]
    organization: Option<OrganizationId>,
    /// The first UTC day, such as 2026-01-01 [default: 30 days before the last]
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The UTC day after the last [default: tomorrow]
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
}

const DAYS: &[Field] = &[
    ("day", "/day"),
    ("allowed", "/allowed"),
    ("denied", "/denied"),
];

const KEYS: &[Field] = &[
    ("key", "/key_id"),
    ("allowed", "/allowed"),
    ("denied", "/denied"),
];

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<(), CommandError> {
    let api = context.api()?;
    let organization = api.organization(arguments.organization).await?;
    let query = Query::of(format!("/v1/organizations/{organization}/usage"))
        .with("from", arguments.from)
        .with("to", arguments.to);
    let usage = api.get(&query.into_target()).await?;
    context.print(&usage, |usage| {
        let rows = |list| usage.pointer(list).and_then(Value::as_array);
        let table = |list, columns| table(rows(list).map_or(&[], Vec::as_slice), columns);
        format!("{}\n\n{}", table("/by_day", DAYS), table("/by_key", KEYS))
    });
    Ok(())
}
