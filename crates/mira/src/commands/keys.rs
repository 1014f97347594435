//! `mira keys`: the life of a key.

mod create;
mod inspect;
mod refusals;
mod verify;

use clap::{Args, Subcommand};
use mira_core::{AppId, Environment, KeyId, OrganizationId};
use mira_key::ServiceName;
use serde_json::{Map, Value, json};

use super::Context;
use crate::Outcome;
use crate::answer::Answer;
use crate::api::Api;
use crate::error::CommandError;
use crate::page::{self, PageArguments};
use crate::query::Query;
use crate::table::{Field, record};
use crate::terminal::{note, say};

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Issue a key; it is printed alone on stdout, this once
    Create(create::Arguments),
    /// List keys, newest first
    List(ListArguments),
    /// Show a key
    Show { key: KeyId },
    /// Give a key a successor, which is printed alone on stdout, this once
    Rotate(RotateArguments),
    /// Stop a key until it is resumed
    Suspend { key: KeyId },
    /// Take a suspension back
    Resume { key: KeyId },
    /// End a key for ever
    Revoke(RevokeArguments),
    /// List requests that were refused although their key is known, last first
    Refusals(refusals::Arguments),
    /// Ask the server about a key; exit with 1 if it is not good
    Verify(verify::Arguments),
    /// Read what a key says about itself, without a server
    Inspect(inspect::Arguments),
}

/// `mira keys list`.
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// The keys of one app
    #[arg(long, value_name = "APP")]
    app: Option<AppId>,
    /// Another organization than one's own
    #[arg(long, value_name = "ORG", conflicts_with = "app")]
    organization: Option<OrganizationId>,
    /// active, retiring, suspended, revoked or expired
    #[arg(long)]
    state: Option<String>,
    /// development, staging or production
    #[arg(long)]
    environment: Option<Environment>,
    /// The keys for one service
    #[arg(long)]
    service: Option<ServiceName>,
    #[command(flatten)]
    page: PageArguments,
}

/// `mira keys rotate`.
#[derive(Debug, Args)]
pub(crate) struct RotateArguments {
    key: KeyId,
    /// How long the old key stays good, up to 2592000; a day if absent
    #[arg(long, value_name = "SECS")]
    grace_period_secs: Option<u32>,
}

/// `mira keys revoke`.
#[derive(Debug, Args)]
pub(crate) struct RevokeArguments {
    key: KeyId,
    /// Why, for the audit trail
    #[arg(long)]
    reason: Option<String>,
    /// How long to wait until the key is dead everywhere
    #[arg(long, value_name = "SECS")]
    wait: Option<u32>,
}

const COLUMNS: &[Field] = &[
    ("id", "/id"),
    ("name", "/name"),
    ("prefix", "/prefix"),
    ("state", "/state"),
    ("environment", "/environment"),
    ("permissions", "/permissions"),
    ("created at", "/created_at"),
    ("last used at", "/last_used_at"),
];

const FIELDS: &[Field] = &[
    ("id", "/id"),
    ("name", "/name"),
    ("prefix", "/prefix"),
    ("kind", "/kind"),
    ("organization", "/organization_id"),
    ("app", "/app_id"),
    ("service", "/service"),
    ("environment", "/environment"),
    ("permissions", "/permissions"),
    ("state", "/state"),
    ("created at", "/created_at"),
    ("created by", "/created_by/id"),
    ("expires at", "/expires_at"),
    ("last used at", "/last_used_at"),
    ("retires at", "/retires_at"),
    ("revoked at", "/revoked_at"),
    ("revoked by", "/revoked_by/id"),
    ("rotated from", "/rotated_from"),
    ("rotated to", "/rotated_to"),
    ("ip allowlist", "/ip_allowlist"),
    ("rate limit", "/rate_limit"),
    ("effective", "/effective"),
    ("proof", "/proof"),
    ("nodes", "/nodes"),
    ("waited ms", "/waited_ms"),
    ("within ms", "/within_ms"),
];

pub(super) async fn run(keys: Keys, context: &Context) -> Result<Outcome, CommandError> {
    match keys {
        Keys::Inspect(arguments) => inspect::run(&arguments, context)?,
        Keys::Refusals(arguments) => refusals::run(arguments, context).await?,
        Keys::Verify(arguments) => return verify::run(arguments, context).await,
        Keys::Create(arguments) => create::run(arguments, context).await?,
        Keys::List(arguments) => list(&arguments, context).await?,
        Keys::Show { key } => {
            let key = context.api()?.get(&format!("/v1/keys/{key}")).await?;
            context.print(&key, shown);
        }
        Keys::Rotate(arguments) => rotate(&arguments, context).await?,
        Keys::Suspend { key } => step(context, key, "suspend").await?,
        Keys::Resume { key } => step(context, key, "resume").await?,
        Keys::Revoke(arguments) => revoke(arguments, context).await?,
    }
    Ok(Outcome::Done)
}

async fn list(arguments: &ListArguments, context: &Context) -> Result<(), CommandError> {
    let api = context.api()?;
    let query = Query::of(path_of_keys(&api, arguments.app, arguments.organization).await?)
        .with("state", arguments.state.as_deref())
        .with("environment", arguments.environment)
        .with("service", arguments.service);
    let keys = api.get(&arguments.page.of(query)).await?;
    page::print(context, &keys, COLUMNS);
    Ok(())
}

async fn rotate(arguments: &RotateArguments, context: &Context) -> Result<(), CommandError> {
    let mut body = Map::new();
    if let Some(secs) = arguments.grace_period_secs {
        body.insert("grace_period_secs".to_owned(), secs.into());
    }
    let path = format!("/v1/keys/{}/rotate", arguments.key);
    let successor = context.api()?.post(&path, &body.into()).await?;
    print_issued(context, &successor);
    Ok(())
}

async fn step(context: &Context, key: KeyId, verb: &str) -> Result<(), CommandError> {
    let path = format!("/v1/keys/{key}/{verb}");
    let key = context.api()?.post(&path, &json!({})).await?;
    context.print(&key, shown);
    Ok(())
}

async fn revoke(arguments: RevokeArguments, context: &Context) -> Result<(), CommandError> {
    let mut body = Map::new();
    if let Some(reason) = arguments.reason {
        body.insert("reason".to_owned(), reason.into());
    }
    let path = format!("/v1/keys/{}/revoke", arguments.key);
    let api = context.api()?;
    let key = api
        .post_and_wait(&path, &body.into(), arguments.wait)
        .await?;
    context.print(&key, shown);
    if key.value().pointer("/effective") == Some(&Value::Bool(false)) {
        note("Revoked, and not yet effective everywhere");
    }
    Ok(())
}

/// Where the keys of an app are, or else those of an organization.
async fn path_of_keys(
    api: &Api,
    app: Option<AppId>,
    organization: Option<OrganizationId>,
) -> Result<String, CommandError> {
    if let Some(app) = app {
        return Ok(format!("/v1/apps/{app}/keys"));
    }
    let organization = api.organization(organization).await?;
    Ok(format!("/v1/organizations/{organization}/keys"))
}

/// Prints a key that was just issued: the plaintext alone on stdout.
fn print_issued(context: &Context, issued: &Answer) {
    if context.json {
        return say(&issued.text());
    }
    note(&shown(issued.value()));
    match issued.member("/key") {
        Some(key) => {
            note("The key is shown this once:");
            say(key);
        }
        None => note("It was issued before, so the key itself is not shown again"),
    }
}

fn shown(key: &Value) -> String {
    record(key, FIELDS)
}
