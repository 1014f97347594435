//! `mira setup`: the first superadmin, or a forgotten password.

use std::path::Path;

use mira_console::NewInstallation;
use mira_core::Subscription;
use mira_db::DataDir;

use crate::ServeError;
use crate::installation::{Installation, Parts, built_in_services};

/// Makes the first superadmin of the data folder, or gives the account with this
/// address another password. Returns a sentence that says which.
pub async fn set_up(data: &Path, email: &str, password: &str) -> Result<String, ServeError> {
    let data = DataDir::open(data)?;
    let installation = Installation::open(data, Parts::offline(built_in_services())).await?;
    let done = first_or_reset(&installation, email, password).await;
    installation.close().await;
    done
}

async fn first_or_reset(
    installation: &Installation,
    email: &str,
    password: &str,
) -> Result<String, ServeError> {
    let console = &installation.console;
    if !console.is_empty().await? {
        let user = console.reset_password(email, password).await?;
        return Ok(format!(
            "{} has a new password, and every session ended",
            user.email
        ));
    }
    let new = NewInstallation {
        organization_name: "My organization".to_owned(),
        subscription: Subscription::OPERATOR,
        email: email.to_owned(),
        name: String::new(),
        password: password.to_owned(),
    };
    let user = console.set_up(new).await?;
    Ok(format!(
        "{} is the first superadmin; sign in after `mira serve`",
        user.email
    ))
}
