//! Whether this is a server whose confirmed writes can be trusted.

use tokio_postgres::Error;
use tokio_postgres::config::TargetSessionAttrs;

use super::PostgresOptions;
use super::address::Address;
use super::error::cause;
use super::session::Session;
use crate::open_error::OpenError;

/// A connection to the server, once it has proved fit.
pub(super) async fn connect(
    address: &Address,
    options: &PostgresOptions,
) -> Result<Session, OpenError> {
    let session = match Session::open(address, options, TargetSessionAttrs::ReadWrite).await {
        Ok(session) => session,
        Err(cause) => {
            let database = address.name.clone();
            let any = Session::open(address, options, TargetSessionAttrs::Any).await;
            return Err(match any {
                Ok(_) => OpenError::ReadOnly { database },
                Err(_) => OpenError::Unreachable { database, cause },
            });
        }
    };
    let second = Session::open(address, options, TargetSessionAttrs::ReadWrite)
        .await
        .map_err(|cause| OpenError::Unreachable {
            database: address.name.clone(),
            cause,
        })?;
    check(address, &session, &second)
        .await
        .map_err(|error| address.refused(&error))??;
    Ok(session)
}

impl Address {
    /// The server refused a step of the preparation.
    pub(super) fn refused(&self, error: &Error) -> OpenError {
        OpenError::Server {
            database: self.name.clone(),
            cause: cause(error),
        }
    }
}

async fn check(
    address: &Address,
    first: &Session,
    second: &Session,
) -> Result<Result<(), OpenError>, Error> {
    let database = address.name.clone();
    let row = first
        .client
        .query_one(
            "SELECT pg_is_in_recovery(), current_setting('server_encoding'),
                    current_setting('synchronous_standby_names')",
            &[],
        )
        .await?;
    if row.try_get(0)? {
        return Ok(Err(OpenError::ReadOnly { database }));
    }
    if row.try_get::<_, &str>(1)? != "UTF8" {
        return Ok(Err(OpenError::Encoding { database }));
    }
    if lets_any_confirm(row.try_get(2)?) {
        return Ok(Err(OpenError::AnyStandby { database }));
    }
    if shares_sessions(first, second).await? {
        return Ok(Err(OpenError::Pooled { database }));
    }
    Ok(Ok(()))
}

/// Whether two connections that both are open are served by one backend, or one
/// of them by several.
async fn shares_sessions(first: &Session, second: &Session) -> Result<bool, Error> {
    let before = backend(first).await?;
    let other = backend(second).await?;
    let after = backend(first).await?;
    Ok(before == other || before != after)
}

async fn backend(session: &Session) -> Result<i32, Error> {
    let row = session
        .client
        .query_one("SELECT pg_backend_pid()", &[])
        .await?;
    row.try_get(0)
}

/// Whether fewer standbys than are named must confirm a commit, whichever they
/// are: `ANY 1 (a, b)`.
fn lets_any_confirm(standby_names: &str) -> bool {
    let Some((word, rest)) = standby_names.trim().split_once(char::is_whitespace) else {
        return false;
    };
    let Some((count, names)) = rest.split_once('(') else {
        return false;
    };
    let standbys = names.split(',').count();
    let all_must = count.trim().parse() == Ok(standbys) && !names.contains('*');
    word.eq_ignore_ascii_case("any") && !all_must
}

#[cfg(test)]
mod tests {
    use super::lets_any_confirm;

    #[test]
    fn a_quorum_that_a_promoted_standby_may_be_outside_of_is_found() {
        for unsafe_names in ["ANY 1 (a, b)", "any 2(a, b, c)", " Any 1 ( * ) "] {
            assert!(lets_any_confirm(unsafe_names), "{unsafe_names}");
        }
        for safe in [
            "",
            "a",
            "*",
            "FIRST 1 (a, b)",
            "1 (a, b)",
            "ANY 2 (a, b)",
            "anyone, b",
        ] {
            assert!(!lets_any_confirm(safe), "{safe}");
        }
    }
}
