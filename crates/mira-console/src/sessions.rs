//! Signing in and out.

use std::net::IpAddr;
use std::time::Duration;

use mira_core::{Actor, EventId, OrganizationId, Timestamp, User};
use mira_db::Tx;
use mira_store::audit::{self, Action, AuditEvent, Target, TargetKind};
use mira_store::sessions::{self, Session};
use mira_store::{TokenDigest, sign_in_attempts, users};

use crate::{Caller, Console, ConsoleError, Principal, Token};

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
        let email = email.trim().to_lowercase();
        let now = self.now();
        let subjects = [format!("account:{email}"), format!("address:{address}")];
        let account = self.account_to_try(&email, &subjects, now).await?;
        let phc = account
            .as_ref()
            .and_then(|account| account.password_hash.as_ref());
        let phc = phc.map(|hash| hash.as_str().to_owned());
        let is_match = self.passwords.verify(password, phc).await?;
        if let Some(account) = account.filter(|_| is_match) {
            // Attempts made side by side were all let in before the first had failed.
            self.account_to_try(&email, &subjects, now).await?;
            return self.begin_session(account.user, subjects, request_id).await;
        }
        self.note_failure(email, subjects, request_id).await?;
        Err(ConsoleError::InvalidCredentials)
    }

    /// Who the session behind `token` is, if it has not ended.
    pub async fn session(&self, token: &Token) -> Result<Option<User>, ConsoleError> {
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
            self.db
                .write(move |tx| {
                    Box::pin(async move {
                        Ok::<_, ConsoleError>(sessions::touch(tx, &digest, now).await?)
                    })
                })
                .await?;
        }
        Ok(Some(user))
    }

    /// Ends the session behind `token`.
    pub async fn sign_out(&self, caller: &Caller, token: &Token) -> Result<(), ConsoleError> {
        let digest = token.digest();
        self.mutate(caller, move |unit| {
            Box::pin(async move {
                if sessions::delete(unit.tx, &digest).await? {
                    let principal = unit.caller.principal;
                    let target = Target {
                        kind: TargetKind::User,
                        id: principal.actor.to_string(),
                    };
                    let organization_id = Some(principal.organization_id);
                    unit.audit(Action::SessionEnded, target, organization_id, &[])
                        .await?;
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
        subjects: &[String; 2],
        now: Timestamp,
    ) -> Result<Option<users::Account>, ConsoleError> {
        let (email, subjects) = (email.to_owned(), subjects.clone());
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let since = now.plus_secs(-FAILURE_WINDOW_SECS);
                    for subject in &subjects {
                        if sign_in_attempts::count_failures(tx, subject, since).await?
                            >= MAX_FAILURES
                        {
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
        subjects: [String; 2],
        request_id: &str,
    ) -> Result<SignedIn, ConsoleError> {
        let token = Token::generate(self.entropy.as_ref())?;
        let digest = token.digest();
        let event = self.session_event(Action::SessionCreated, &user, request_id)?;
        let session = Session {
            user_id: user.id,
            created_at: event.at,
            last_seen_at: event.at,
        };
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    sign_in_attempts::clear(tx, &subjects[0]).await?;
                    insert_session(tx, &digest, &session).await?;
                    Ok::<_, ConsoleError>(audit::append(tx, &event).await?)
                })
            })
            .await?;
        Ok(SignedIn { token, user })
    }

    async fn note_failure(
        &self,
        email: String,
        subjects: [String; 2],
        request_id: &str,
    ) -> Result<(), ConsoleError> {
        let now = self.now();
        let event = AuditEvent {
            id: self.new_event_id(now)?,
            at: now,
            actor: Actor::System,
            action: Action::SignInFailed,
            target: Target {
                kind: TargetKind::Account,
                id: email.chars().take(254).collect(),
            },
            organization_id: None,
            request_id: Some(request_id.to_owned()),
            details: serde_json::Map::new(),
        };
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    for subject in &subjects {
                        sign_in_attempts::record_failure(tx, subject, now).await?;
                    }
                    Ok(audit::append(tx, &event).await?)
                })
            })
            .await
    }

    fn session_event(
        &self,
        action: Action,
        user: &User,
        request_id: &str,
    ) -> Result<AuditEvent, ConsoleError> {
        let now = self.now();
        Ok(AuditEvent {
            id: self.new_event_id(now)?,
            at: now,
            actor: Actor::User(user.id),
            action,
            target: Target {
                kind: TargetKind::User,
                id: user.id.to_string(),
            },
            organization_id: Some(user.organization_id),
            request_id: Some(request_id.to_owned()),
            details: serde_json::Map::new(),
        })
    }

    fn new_event_id(&self, now: Timestamp) -> Result<EventId, ConsoleError> {
        let mut random = [0; 10];
        self.entropy.fill(&mut random)?;
        Ok(EventId::new(now, random))
    }
}

impl Principal {
    /// A person, as the store knows them now.
    pub fn of_user(user: &User) -> Self {
        Self {
            actor: Actor::User(user.id),
            role: user.role,
            organization_id: user.organization_id,
        }
    }

    /// An organization key with `admin`, in its own organization and no other.
    pub fn of_admin_key(id: mira_core::KeyId, organization_id: OrganizationId) -> Self {
        Self {
            actor: Actor::Key(id),
            role: mira_core::Role::Admin,
            organization_id,
        }
    }
}

async fn insert_session(
    tx: &mut Tx,
    digest: &TokenDigest,
    session: &Session,
) -> Result<(), ConsoleError> {
    Ok(sessions::insert(tx, digest, session).await?)
}

fn is_live(session: &Session, now: Timestamp) -> bool {
    !now.has_reached(session.last_seen_at + IDLE) && !now.has_reached(session.created_at + ABSOLUTE)
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    now.plus_secs(-i64::try_from(age.as_secs()).unwrap_or(i64::MAX))
}
