//! `mira logout`: the end of the session that `mira login` kept.

use super::Context;
use crate::api::Api;
use crate::error::CommandError;
use crate::login::Login;
use crate::terminal::note;

pub(super) async fn run(context: &Context) -> Result<(), CommandError> {
    let Some(login) = Login::read(&context.environment)? else {
        note("Nobody is signed in");
        return Ok(());
    };
    let ended = Api::of_login(&login)?.delete("/v1/sessions/current").await;
    Login::forget(&context.environment)?;
    match ended {
        // A session that has ended before is as good as one that ends now.
        Ok(_) | Err(CommandError::Refused { status: 401, .. }) => {
            note(&format!("Signed out at {}", login.url));
            Ok(())
        }
        Err(error) => Err(error),
    }
}
