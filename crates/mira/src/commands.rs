//! What can be typed: one file for each noun, all of them thin.

mod apps;
mod audit;
mod backup;
mod config;
mod import;
mod keys;
mod login;
mod logout;
mod orgs;
mod practice_model;
mod restore;
mod serve;
mod setup;
mod store;
mod usage;
mod users;

use std::collections::BTreeMap;

use clap::{Parser, Subcommand};
use mira_server::InheritedSockets;
use serde_json::Value;

use crate::Outcome;
use crate::answer::Answer;
use crate::api::Api;
use crate::error::CommandError;
use crate::terminal::say;
use store::StoreArguments;

/// API-key authentication: issue, verify, limit, rotate and revoke
#[derive(Debug, Parser)]
#[command(name = "mira", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Print the API's JSON instead of text for people
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A noun, or a verb that needs none.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    Serve(serve::Arguments),
    /// Make the first superadmin, or reset a password
    Setup(setup::Arguments),
    /// Take in what another system issued
    #[command(subcommand)]
    Import(import::Import),
    /// Write everything in the data folder into one file
    Backup(backup::Arguments),
    /// Put back what a backup holds
    Restore(restore::Arguments),
    /// Look after the configuration
    #[command(subcommand)]
    Config(config::Config),
    /// Print the OpenAPI document of the console API
    Openapi,
    /// Run an OpenAI-compatible model server that answers by rules
    PracticeModel(practice_model::Arguments),
    /// Sign in and keep the session
    Login(login::Arguments),
    /// End the session that `mira login` kept
    Logout,
    /// API keys
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Apps and their balances
    #[command(subcommand)]
    Apps(apps::Apps),
    /// Organizations and their subscriptions
    #[command(subcommand)]
    Orgs(orgs::Orgs),
    /// The people of an organization
    #[command(subcommand)]
    Users(users::Users),
    /// The audit trail
    #[command(subcommand)]
    Audit(audit::Audit),
    /// What keys were used for
    Usage(usage::Arguments),
}

/// What every command is given.
pub(crate) struct Context {
    /// The variables of the process.
    pub(crate) environment: BTreeMap<String, String>,
    /// Whether answers are printed as JSON.
    pub(crate) json: bool,
}

impl Command {
    /// Runs the command to its end. A server listens on what was `inherited`.
    pub(crate) async fn run(
        self,
        context: &Context,
        inherited: InheritedSockets,
    ) -> Result<Outcome, CommandError> {
        match self {
            Self::Serve(arguments) => serve::run(arguments, context, inherited).await?,
            Self::Setup(arguments) => setup::run(arguments, context).await?,
            Self::Import(import) => return import::run(import).await,
            Self::Backup(arguments) => backup::run(arguments, context).await?,
            Self::Restore(arguments) => restore::run(arguments, context).await?,
            Self::Config(config) => config::run(config, context)?,
            Self::Openapi => say(&mira_server::openapi()),
            Self::PracticeModel(arguments) => practice_model::run(arguments, context).await?,
            Self::Login(arguments) => login::run(arguments, context).await?,
            Self::Logout => logout::run(context).await?,
            Self::Keys(keys) => return keys::run(keys, context).await,
            Self::Apps(apps) => apps::run(apps, context).await?,
            Self::Orgs(orgs) => orgs::run(orgs, context).await?,
            Self::Users(users) => users::run(users, context).await?,
            Self::Audit(audit) => return audit::run(audit, context).await,
            Self::Usage(arguments) => usage::run(arguments, context).await?,
        }
        Ok(Outcome::Done)
    }
}

impl Context {
    /// The console API, as somebody.
    pub(crate) fn api(&self) -> Result<Api, CommandError> {
        Api::signed_in(&self.environment)
    }

    /// A variable, if it is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.environment.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// Prints an answer: as it came, or as `rendered` for people.
    pub(crate) fn print(&self, answer: &Answer, rendered: impl FnOnce(&Value) -> String) {
        if self.json {
            say(&answer.text());
        } else {
            say(&rendered(answer.value()));
        }
    }
}

#[cfg(test)]
mod tests;
