//! Signing in and out.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use mira_core::{Timestamp, User};
use mira_store::audit::{Action, TargetKind};
use mira_store::sessions::{self, Session};
use mira_store::{sign_in_attempts, users};

use crate::input::MAX_EMAIL;
use crate::unit::target;
use crate::{Caller, Console, ConsoleError, Mutator, Token};

/// A session ends after this long without a request.
const IDLE: Duration = Duration::from_hours(12);
/// A session ends this long after the sign-in.
const ABSOLUTE: Duration = Duration::from_hours(30 * 24);
/// A session's last use is written at most this often.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

const MAX_FAILURES: u64 = 10;
const FAILURE_WINDOW_SECS: i64 = 15 * 60;

/// A new session: the token for the cookie, and who it is for.
#[derive(Debug)]
pub struct SignedIn {
    /// The token, which stands nowhere else.
    pub token: Token,
    /// The person.
    pub user: User,
}

/// What failed sign-ins are counted for.
#[derive(Debug, Clone)]
enum Subject {
    /// An account, by its address, whether there is one or not.
    Account(String),
    /// Where the attempts come from.
    Address(IpAddr),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(email) => write!(f, "account:{email}"),
            Self::Address(IpAddr::V4(address)) => write!(f, "address:{address}"),
            // A subscriber has a whole /64 of IPv6 addresses.
            Self::Address(IpAddr::V6(address)) => {
                let network = std::net::Ipv6Addr::from_bits(address.to_bits() >> 64 << 64);
                write!(f, "address:{network}/64")
            }
        }
    }
}

impl Console {
    /// Signs a person in. Ten failures in fifteen minutes, for an account or from
    /// an address, stop further attempts there, right ones too.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        address: IpAddr,
        request_id: &str,
    ) -> Result<SignedIn, ConsoleError> {
        // An address that is too long is nobody's, and is not kept whole.
        let email: String = email
            .trim()
            .to_lowercase()
            .chars()
            .take(MAX_EMAIL)
            .collect();
        let account = self.account_to_try(&email, address).await?;
        let phc = account
            .as_ref()
            .and_then(|account| account.password_hash.as_ref());
        let phc = phc.map(|hash| hash.as_str().to_owned());
        let is_match = self.passwords.verify(password, phc).await?;
        // Attempts made side by side were all let in before the first had failed; a
        // right password must not be told from a wrong one by what they hear now.
        let account_now = self.account_to_try(&email, address).await?;
        // Whoever changed the password meanwhile ended what the old one opens.
        if is_match && account_now.is_some() && account_now == account {
            let user = account.ok_or(ConsoleError::InvalidCredentials)?.user;
            return self.begin_session(user, request_id).await;
        }
        self.note_failure(email, address, request_id).await?;
        Err(ConsoleError::InvalidCredentials)
    }

    /// Who the session behind `token` is, if it has not ended.
    pub async fn session(&self, token: &Token) -> Result<Option<User>, ConsoleError> {
        self.refuse_without_lease()?;
        let (now, digest) = (self.now(), token.digest());
        let found = self
            .db
            .read(move |tx| {
                Box::pin(async move { Ok::<_, ConsoleError>(sessions::get(tx, &digest).await?) })
            })
            .await?;
        let Some((session, user)) = found.filter(|(session, _)| is_live(session, now)) else {
            return Ok(None);
        };
        if now - session.last_seen_at >= TOUCH_EVERY {
            let touched = self.db.write(move |tx| {
                Box::pin(
                    async move { Ok::<_, ConsoleError>(sessions::touch(tx, &digest, now).await?) },
                )
            });
            // Who they are is known; that it could not be noted is no reason to refuse.
            touched.await.ok();
        }
        Ok(Some(user))
    }

    /// Ends the session behind `token`.
    pub async fn sign_out(&self, caller: &Caller, token: &Token) -> Result<(), ConsoleError> {
        let digest = token.digest();
        self.mutate(caller, Mutator::SignOut, move |unit| {
            Box::pin(async move {
                if sessions::delete(unit.tx, &digest).await? {
                    let principal = unit.caller.principal;
                    let target = target(TargetKind::User, principal.actor());
                    let organization_id = principal.organization_id();
                    unit.audit(Action::SessionEnded, target, organization_id, &[])?;
                }
                Ok(())
            })
        })
        .await
        .map(|_| ())
    }

    /// Forgets ended sessions, old failures and used-up invitations.
    pub async fn forget_what_has_ended(&self) -> Result<(), ConsoleError> {
        let now = self.now();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    sessions::delete_expired(tx, before(now, IDLE), before(now, ABSOLUTE)).await?;
                    sign_in_attempts::prune(tx, now.plus_secs(-FAILURE_WINDOW_SECS)).await?;
                    mira_store::invitations::delete_expired(tx, now).await?;
                    Ok::<_, ConsoleError>(())
                })
            })
            .await
    }

    async fn account_to_try(
        &self,
        email: &str,
        address: IpAddr,
    ) -> Result<Option<users::Account>, ConsoleError> {
        let (email, since) = (email.to_owned(), self.now().plus_secs(-FAILURE_WINDOW_SECS));
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    for subject in [Subject::Account(email.clone()), Subject::Address(address)] {
                        let subject = subject.to_string();
                        let failures = sign_in_attempts::count_failures(tx, &subject, since);
                        if failures.await? >= MAX_FAILURES {
                            let retry_after_secs = FAILURE_WINDOW_SECS.unsigned_abs();
                            return Err(ConsoleError::TooManyAttempts { retry_after_secs });
                        }
                    }
                    Ok(users::by_email(tx, &email).await?)
                })
            })
            .await
    }

    pub(crate) async fn begin_session(
        &self,
        user: User,
        request_id: &str,
    ) -> Result<SignedIn, ConsoleError> {
        self.mutate(
            &Caller::of_user(&user, request_id),
            Mutator::BeginSession,
            move |unit| {
                Box::pin(async move {
                    let token = Token::generate(unit.entropy())?;
                    let session = Session {
                        user_id: user.id,
                        created_at: unit.now,
                        last_seen_at: unit.now,
                    };
                    let account = Subject::Account(user.email.clone());
                    sign_in_attempts::clear(unit.tx, &account.to_string()).await?;
                    sessions::insert(unit.tx, &token.digest(), &session).await?;
                    let target = target(TargetKind::User, user.id);
                    let organization_id = Some(user.organization_id);
                    unit.audit(Action::SessionCreated, target, organization_id, &[])?;
                    Ok(SignedIn { token, user })
                })
            },
        )
        .await
        .map(|settled| settled.value)
    }

    async fn note_failure(
        &self,
        email: String,
        address: IpAddr,
        request_id: &str,
    ) -> Result<(), ConsoleError> {
        let caller = Caller {
            request_id: Some(request_id.to_owned()),
            ..Self::system()
        };
        self.mutate(&caller, Mutator::NoteFailure, move |unit| {
            Box::pin(async move {
                for subject in [Subject::Account(email.clone()), Subject::Address(address)] {
                    let subject = subject.to_string();
                    sign_in_attempts::record_failure(unit.tx, &subject, unit.now).await?;
                }
                let account: String = email.chars().take(MAX_EMAIL).collect();
                let target = target(TargetKind::Account, account);
                unit.audit(Action::SignInFailed, target, None, &[])
            })
        })
        .await
        .map(|settled| settled.value)
    }
}

fn is_live(session: &Session, now: Timestamp) -> bool {
    !now.has_reached(session.last_seen_at + IDLE) && !now.has_reached(session.created_at + ABSOLUTE)
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    now.plus_secs(-i64::try_from(age.as_secs()).unwrap_or(i64::MAX))
}
