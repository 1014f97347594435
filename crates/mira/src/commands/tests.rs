use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use super::Arguments;

const APP: &str = "app_019bb80b2e107c4d9a3f5e6b7c8d9e0f";
const KEY: &str = "key_019bb80b39c07e3a8f1d2c4b5a697887";
const ORG: &str = "org_019bb80b2e107c4d9a3f5e6b7c8d9e0f";
const USER: &str = "user_019bb80b31a0725b8c6d7e8f90a1b2c3";

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    let line = line
        .replace("APP", APP)
        .replace("KEY", KEY)
        .replace("ORG", ORG)
        .replace("USER", USER);
    Arguments::try_parse_from(["mira"].into_iter().chain(line.split(' ')))
}

#[test]
fn command_line_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn documented_lines_are_understood() {
    for line in [
        "serve",
        "serve --listen 127.0.0.1:0 --data d --config mira.toml --demo",
        "serve --database postgres://localhost/mira",
        "setup --data d --email ada@example.com",
        "setup --database postgres://localhost/mira --email ada@example.com",
        "import keys --data d --organization ORG -",
        "import keys --database postgres://localhost/mira --organization ORG -",
        "backup --data d mira-backup.tar",
        "restore --data d mira-backup.tar",
        "restore --data d --accept-older mira-backup.tar --json",
        "config check mira.toml",
        "openapi",
        "practice-model --listen 127.0.0.1:0",
        "login --email ada@example.com",
        "logout",
        "keys create --name N",
        "keys create --name N --permissions read,write --json",
        "keys create --name N --app APP --service verify",
        "--json keys list",
        "keys list --app APP --state active --limit 5",
        "keys show KEY",
        "keys rotate KEY --grace-period-secs 0",
        "keys suspend KEY",
        "keys resume KEY",
        "keys revoke KEY --reason leaked --wait 5",
        "keys verify -",
        "keys verify - --permission read --remote-addr 192.0.2.1 --cost 0",
        "keys inspect -",
        "apps list",
        "apps create --name N",
        "apps show APP",
        "apps rename APP --name N",
        "apps delete APP",
        "apps topup APP --amount 25",
        "apps adjust APP --amount -2.5 --reason twice",
        "apps transactions APP",
        "orgs list",
        "orgs create --name N",
        "orgs show",
        "orgs show ORG",
        "orgs rename ORG --name N",
        "orgs suspend ORG",
        "orgs resume ORG",
        "orgs subscribe ORG --plan business --status past_due",
        "users list --organization ORG",
        "users add --email ada@example.com --role admin",
        "users role USER member",
        "users remove USER",
        "audit list --action key.revoked",
        "audit verify",
        "usage --from 2026-01-01 --to 2026-02-01",
    ] {
        if let Err(refusal) = parse(line) {
            panic!("{line}: {refusal}");
        }
    }
}

#[test]
fn mistyped_line_is_a_usage_error() {
    for (line, kind) in [
        ("keys", ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
        ("keys burn KEY", ErrorKind::InvalidSubcommand),
        ("keys show", ErrorKind::MissingRequiredArgument),
        ("keys show APP", ErrorKind::ValueValidation),
        ("keys create", ErrorKind::MissingRequiredArgument),
        (
            "keys create --name N --app APP",
            ErrorKind::MissingRequiredArgument,
        ),
        (
            "keys create --name N --service verify",
            ErrorKind::MissingRequiredArgument,
        ),
        (
            "keys create --name N --permissions all",
            ErrorKind::ValueValidation,
        ),
        (
            "keys create --name N --permissions read --app APP --service verify",
            ErrorKind::ArgumentConflict,
        ),
        ("orgs subscribe ORG --plan gold", ErrorKind::ValueValidation),
        ("users role USER owner", ErrorKind::ValueValidation),
        ("serve --port 80", ErrorKind::UnknownArgument),
    ] {
        let refusal = parse(line).unwrap_err();
        assert_eq!(refusal.kind(), kind, "{line}");
        assert_eq!(refusal.exit_code(), 2, "{line}");
    }
}
