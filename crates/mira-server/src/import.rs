//! `mira import keys`: one JSON object a line.

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use mira_console::{ImportedKey, ImportedSecret, NewKey};
use mira_core::{
    Allowlist, AppId, Environment, OrganizationId, Permission, Permissions, RateLimit,
};
use mira_key::ServiceName;
use mira_wire::Instant;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::installation::{Installation, Place, services_of};
use crate::{Config, ServeError, hex};

/// A line: a key or its digest, and any member of its creation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    key: Option<String>,
    sha256: Option<String>,
    name: Option<String>,
    app_id: Option<String>,
    service: Option<String>,
    permissions: Option<Vec<String>>,
    environment: Option<String>,
    expires_at: Option<Instant>,
    ip_allowlist: Option<Vec<String>>,
    rate_limit: Option<Limit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    per_minute: Option<NonZeroU32>,
    per_day: Option<NonZeroU32>,
}

/// Takes the keys of `lines` into `organization`, all or none. App keys may be for
/// the built-in services and for those of the configuration file. Returns how many
/// were imported and how many were known already.
pub async fn import_keys(
    place: Place<'_>,
    config: Option<&Path>,
    organization: OrganizationId,
    lines: &str,
) -> Result<(u64, u64), ServeError> {
    let keys = parse(lines)?;
    let total = keys.len() as u64;
    let config = Config::read(config)?;
    let lease = Duration::from_millis(config.store.lease_ms);
    let installation = Installation::open_offline(place, lease, services_of(&config)).await?;
    let imported = installation.console.import_keys(organization, keys).await;
    installation.close().await;
    let imported = imported?;
    Ok((imported, total - imported))
}

fn parse(lines: &str) -> Result<Vec<ImportedKey>, ServeError> {
    lines
        .lines()
        .enumerate()
        .filter(|(_, text)| !text.trim().is_empty())
        .map(|(at, text)| {
            let line = at + 1;
            read(line, text).map_err(|what| ServeError::Import { line, what })
        })
        .collect()
}

fn read(number: usize, text: &str) -> Result<ImportedKey, String> {
    // serde's own words may repeat a value, and the value may be the key.
    let line: Line = serde_json::from_str(text).map_err(|error| {
        format!(
            "not a JSON object of the documented members (column {})",
            error.column()
        )
    })?;
    let secret = match (line.key, line.sha256) {
        (Some(key), None) => ImportedSecret::Plaintext(Zeroizing::new(key)),
        (None, Some(sha256)) => ImportedSecret::Sha256(digest(&sha256)?),
        _ => return Err("exactly one of key and sha256 is needed".to_owned()),
    };
    let app = match (line.app_id, line.service) {
        (None, None) => None,
        (Some(app), Some(service)) => Some((
            app.parse::<AppId>().map_err(|error| error.to_string())?,
            service
                .parse::<ServiceName>()
                .map_err(|error| error.to_string())?,
        )),
        _ => return Err("app_id and service go together".to_owned()),
    };
    let permissions = line.permissions.map(|words| {
        words
            .iter()
            .map(|word| word.parse::<Permission>())
            .collect::<Result<Permissions, _>>()
    });
    let environment = line.environment.map(|word| word.parse::<Environment>());
    let limit = line.rate_limit;
    let new = NewKey {
        name: line.name,
        permissions: permissions.transpose().map_err(|error| error.to_string())?,
        environment: environment
            .transpose()
            .map_err(|error| error.to_string())?
            .unwrap_or_default(),
        expires_at: line.expires_at.map(|instant| instant.0),
        ip_allowlist: line
            .ip_allowlist
            .map(|entries| Allowlist::parse(&entries))
            .transpose()
            .map_err(|error| error.to_string())?,
        rate_limit: limit.map_or_else(RateLimit::default, |limit| RateLimit {
            per_minute: limit.per_minute,
            per_day: limit.per_day,
        }),
    };
    Ok(ImportedKey {
        line: number,
        secret,
        app,
        new,
    })
}

fn digest(text: &str) -> Result<[u8; 32], String> {
    hex::parse(text).ok_or_else(|| "sha256 is 64 hexadecimal digits".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn wrong_lines_are_named_and_no_value_is_repeated() {
        let hex = "ab".repeat(32);
        for (lines, expected) in [
            (
                "{",
                "line 1: not a JSON object of the documented members (column 1)".to_owned(),
            ),
            (
                "{}",
                "line 1: exactly one of key and sha256 is needed".to_owned(),
            ),
            (
                "\n{\"sha256\":\"ab\"}",
                "line 2: sha256 is 64 hexadecimal digits".to_owned(),
            ),
            (
                "{\"key\":\"mira_live_secret\",\"x\":1}",
                "line 1: not a JSON object of the documented members (column 29)".to_owned(),
            ),
            (
                &format!("{{\"sha256\":\"{hex}\",\"app_id\":\"app_1\"}}"),
                "line 1: app_id and service go together".to_owned(),
            ),
            (
                &format!("{{\"sha256\":\"{hex}\",\"environment\":\"live\"}}"),
                "line 1: environment is one of development, staging, production".to_owned(),
            ),
        ] {
            let error = parse(lines).err().unwrap().to_string();
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn blank_lines_are_passed_over() {
        let hex = "AB".repeat(32);
        let lines = format!(
            "\n{{\"sha256\":\"{hex}\"}}\n  \n{{\"key\":\"mira_live_x\",\"permissions\":[\"write\"]}}\n"
        );
        assert_eq!(parse(&lines).unwrap().len(), 2);
    }
}
