//! `mira login`: a person's session, kept for the commands that follow.

use clap::Args;
use serde_json::json;

use super::Context;
use crate::api::Api;
use crate::error::CommandError;
use crate::login::Login;
use crate::terminal::{ask, ask_password, note};

/// `mira login`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The address of the account; its password comes from `MIRA_PASSWORD` or a prompt
    #[arg(long)]
    email: Option<String>,
}

pub(super) async fn run(arguments: Arguments, context: &Context) -> Result<(), CommandError> {
    let api = Api::anonymous(&context.environment);
    let email = match arguments.email {
        Some(email) => email,
        None => ask("Email: ")?,
    };
    let password = match context.variable("MIRA_PASSWORD") {
        Some(password) => password.to_owned(),
        None => ask_password("Password: ")?,
    };
    let credentials = json!({"email": email, "password": password});
    let answer = api.post("/v1/sessions", &credentials).await?;
    let cookie = answer.cookie().ok_or_else(|| CommandError::NotMira {
        url: api.url().to_owned(),
        status: 201,
    })?;
    let login = Login {
        url: api.url().to_owned(),
        cookie: cookie.to_owned(),
    };
    login.write(&context.environment)?;
    note(&format!("Signed in at {} as {email}", api.url()));
    if context.variable("MIRA_API_KEY").is_some() {
        note("MIRA_API_KEY is set and goes first; unset it to act as this person");
    }
    Ok(())
}
