//! `mira keys verify`: what the server says about a key.

use std::net::IpAddr;

use clap::Args;
use mira_core::{Environment, Permission};
use mira_key::ServiceName;
use serde_json::{Map, Value};

use super::inspect::read_key;
use crate::Outcome;
use crate::commands::Context;
use crate::error::CommandError;
use crate::table::{Field, record};

/// `mira keys verify`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The key, or `-` to read it from stdin, where no process list shows it
    key: String,
    /// The service that it is wanted for
    #[arg(long)]
    service: Option<ServiceName>,
    /// The permission that it takes
    #[arg(long)]
    permission: Option<Permission>,
    /// The environment that it is wanted in
    #[arg(long)]
    environment: Option<Environment>,
    /// The address that it was presented from
    #[arg(long, value_name = "ADDRESS")]
    remote_addr: Option<IpAddr>,
    /// How many requests it counts as; 0 only asks
    #[arg(long, value_name = "N")]
    cost: Option<u32>,
}

const FIELDS: &[Field] = &[
    ("valid", "/valid"),
    ("code", "/code"),
    ("key", "/key_id"),
    ("organization", "/organization_id"),
    ("app", "/app_id"),
    ("service", "/service"),
    ("environment", "/environment"),
    ("permissions", "/permissions"),
    ("limit", "/limit"),
    ("remaining", "/remaining"),
];

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<Outcome, CommandError> {
    let question = arguments.question()?;
    let verdict = context.api()?.post("/v1/keys/verify", &question).await?;
    context.print(&verdict, |verdict| record(verdict, FIELDS));
    Ok(match verdict.value().pointer("/valid") {
        Some(Value::Bool(true)) => Outcome::Done,
        _ => Outcome::Refused,
    })
}

impl Arguments {
    fn question(self) -> Result<Value, CommandError> {
        let key = read_key(&self.key)?;
        let members = [
            ("key", Some(key.into())),
            ("service", self.service.map(|name| name.as_str().into())),
            (
                "permission",
                self.permission.map(|permission| permission.as_str().into()),
            ),
            (
                "environment",
                self.environment
                    .map(|environment| environment.as_str().into()),
            ),
            (
                "remote_addr",
                self.remote_addr.map(|address| address.to_string().into()),
            ),
            ("cost", self.cost.map(Value::from)),
        ];
        let given = members.into_iter();
        let given = given.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Ok(given.collect::<Map<_, _>>().into())
    }
}
