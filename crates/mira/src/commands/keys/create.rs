//! `mira keys create`.

use clap::Args;
use mira_core::{AppId, Environment, OrganizationId, Permission, Permissions};
use mira_key::ServiceName;
use serde_json::{Map, Value};

use super::{path_of_keys, print_issued};
use crate::commands::Context;
use crate::error::CommandError;

/// `mira keys create`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Its name; an app key may go without
    #[arg(long, required_unless_present = "app")]
    name: Option<String>,
    /// What an organization key may do: read, write, admin [default: read]
    #[arg(long, value_name = "PERMISSION,…", conflicts_with = "app")]
    permissions: Option<Permissions>,
    /// The app of an app key
    #[arg(long, value_name = "APP", requires = "service")]
    app: Option<AppId>,
    /// The service of an app key
    #[arg(long, requires = "app")]
    service: Option<ServiceName>,
    /// Another organization than one's own
    #[arg(long, value_name = "ORG", conflicts_with = "app")]
    organization: Option<OrganizationId>,
    /// development, staging or production [default: production]
    #[arg(long)]
    environment: Option<Environment>,
    /// The end of its life, such as 2027-01-01T00:00:00Z
    #[arg(long, value_name = "INSTANT")]
    expires_at: Option<String>,
    /// Addresses and networks that it may be used from
    #[arg(long, value_name = "NETWORK,…", value_delimiter = ',')]
    ip_allowlist: Option<Vec<String>>,
    /// Its own limit of requests per minute
    #[arg(long, value_name = "N")]
    per_minute: Option<u32>,
    /// Its own limit of requests per UTC day
    #[arg(long, value_name = "N")]
    per_day: Option<u32>,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<(), CommandError> {
    let api = context.api()?;
    let path = path_of_keys(&api, arguments.app, arguments.organization).await?;
    let issued = api.post(&path, &arguments.body()).await?;
    print_issued(context, &issued);
    Ok(())
}

impl Arguments {
    fn body(self) -> Value {
        let permissions = self.permissions.map(|permissions| {
            let words = permissions.iter().map(Permission::as_str);
            words.collect::<Vec<_>>().into()
        });
        let members = [
            ("name", self.name.map(Value::from)),
            ("permissions", permissions),
            ("service", self.service.map(|name| name.as_str().into())),
            (
                "environment",
                self.environment
                    .map(|environment| environment.as_str().into()),
            ),
            ("expires_at", self.expires_at.map(Value::from)),
            ("ip_allowlist", self.ip_allowlist.map(Value::from)),
            ("rate_limit", rate_limit(self.per_minute, self.per_day)),
        ];
        let given = members.into_iter();
        let given = given.filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect::<Map<_, _>>().into()
    }
}

fn rate_limit(per_minute: Option<u32>, per_day: Option<u32>) -> Option<Value> {
    let windows = [("per_minute", per_minute), ("per_day", per_day)].into_iter();
    let given = windows.filter_map(|(name, limit)| Some((name.to_owned(), limit?.into())));
    let limits: Map<_, _> = given.collect();
    (!limits.is_empty()).then(|| limits.into())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::Arguments;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn only_what_was_given_is_sent() {
        let app = "app_019bb80b2e107c4d9a3f5e6b7c8d9e0f";
        for (line, body) in [
            (vec!["--name", "CI"], json!({"name": "CI"})),
            (
                vec![
                    "--name",
                    "CI",
                    "--permissions",
                    "read,write",
                    "--per-day",
                    "5",
                ],
                json!({
                    "name": "CI", "permissions": ["read", "write"], "rate_limit": {"per_day": 5},
                }),
            ),
            (
                vec![
                    "--app",
                    app,
                    "--service",
                    "verify",
                    "--environment",
                    "staging",
                ],
                json!({"service": "verify", "environment": "staging"}),
            ),
            (
                vec!["--name", "CI", "--ip-allowlist", "192.0.2.1,10.0.0.0/8"],
                json!({"name": "CI", "ip_allowlist": ["192.0.2.1", "10.0.0.0/8"]}),
            ),
        ] {
            let line = ["create"].into_iter().chain(line);
            let arguments = Line::try_parse_from(line).ok().unwrap().arguments;
            assert_eq!(arguments.body(), body);
        }
    }
}
