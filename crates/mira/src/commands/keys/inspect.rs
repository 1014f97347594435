//! `mira keys inspect`: what a key says about itself. The key is not repeated.

use clap::Args;
use mira_key::{Family, KeyParts};
use serde_json::{Value, json};

use crate::commands::Context;
use crate::error::CommandError;
use crate::table::{Field, record};
use crate::terminal::{read_input, say};

/// `mira keys inspect`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The key, or `-` to read it from stdin, where no process list shows it
    key: String,
}

const FIELDS: &[Field] = &[
    ("prefix", "/prefix"),
    ("kind", "/kind"),
    ("service", "/service"),
    ("checksum", "/checksum"),
];

pub(super) fn run(arguments: &Arguments, context: &Context) -> Result<(), CommandError> {
    let inspected = inspect(&read_key(&arguments.key)?)?;
    if context.json {
        say(&inspected.to_string());
    } else {
        say(&record(&inspected, FIELDS));
    }
    Ok(())
}

/// The key that an argument is, or that it says stdin has.
pub(super) fn read_key(argument: &str) -> Result<String, CommandError> {
    let key = match argument {
        "-" => read_input()?,
        key => key.to_owned(),
    };
    Ok(key.trim().to_owned())
}

fn inspect(key: &str) -> Result<Value, CommandError> {
    let parts = KeyParts::parse(key.as_bytes()).map_err(CommandError::NotAKey)?;
    let (kind, service) = match parts.family() {
        Family::Organization => ("organization", None),
        Family::App(service) => ("app", Some(service.to_string())),
    };
    // Only an imported key may be without a checksum.
    let checksum = if parts.checksum_matches() {
        "ok"
    } else {
        "wrong"
    };
    Ok(json!({
        "prefix": parts.display_prefix(),
        "kind": kind,
        "service": service,
        "checksum": checksum,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::inspect;

    #[test]
    fn key_is_taken_apart_and_not_repeated() {
        let key = "mk_verify_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6";
        let expected = json!({
            "prefix": "mk_verify_a1b2", "kind": "app", "service": "verify", "checksum": "wrong",
        });
        assert_eq!(inspect(key).unwrap(), expected);
        let error = inspect("mira_live_secret").unwrap_err().to_string();
        assert_eq!(error, "not a key: 32 characters follow the prefix of a key");
    }
}
