//! `mira setup`: the first superadmin, or a forgotten password.

use std::time::Duration;

use mira_console::NewInstallation;
use mira_core::Subscription;
use mira_db::DataDir;

use crate::installation::{Installation, Place, built_in_services};
use crate::{Config, ServeError};

/// Makes the first superadmin of an installation, or gives the account with this
/// address another password. Returns a sentence that says which.
pub async fn set_up(place: Place<'_>, email: &str, password: &str) -> Result<String, ServeError> {
    if let Place::Folder(folder) = place {
        // This one may make it.
        drop(DataDir::open(folder)?);
    }
    let lease = Duration::from_millis(Config::default().store.lease_ms);
    let services = built_in_services();
    let installation = Installation::open_offline(place, lease, services).await?;
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
