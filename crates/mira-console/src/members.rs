//! The people of an organization.

use mira_core::{OrganizationId, Role, User, UserId};
use mira_store::audit::{Action, TargetKind};
use mira_store::invitations::{self, Invitation};
use mira_store::users::{self, PasswordHash};
use mira_store::{Page, PageRequest, organizations, sessions};

use crate::unit::{Settled, Unit, target};
use crate::{Caller, Console, ConsoleError, Idempotency, Made, Mutator, SignedIn, Token, input};

const INVITATION_SECS: i64 = 7 * 86_400;

/// A person to add.
#[derive(Debug, Clone)]
pub struct NewMember {
    /// The address that they will sign in with.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Their name; may be empty.
    pub name: String,
    /// Their first password; without one they get an invitation.
    pub password: Option<String>,
}

/// A person who was added, and the invitation to send them.
#[derive(Debug)]
pub struct Invited {
    /// The person.
    pub user: User,
    /// The token of their invitation, if they have no password yet; a repeated
    /// request does not get it.
    pub invitation: Option<Token>,
}

impl Console {
    /// The people of an organization, newest first.
    pub async fn members(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        page: PageRequest,
    ) -> Result<Page<User>, ConsoleError> {
        self.organization(caller, organization_id).await?;
        self.db
            .read(move |tx| {
                Box::pin(async move { Ok(users::list(tx, organization_id, &page).await?) })
            })
            .await
    }

    /// One person of an organization.
    pub async fn member(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        id: UserId,
    ) -> Result<User, ConsoleError> {
        self.organization(caller, organization_id).await?;
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    users::get(tx, id)
                        .await?
                        .filter(|user| user.organization_id == organization_id)
                        .ok_or(ConsoleError::NotFound("Member"))
                })
            })
            .await
    }

    /// Adds a person. An address in use is a conflict and changes nothing.
    pub async fn add_member(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        new: NewMember,
        idempotency: Option<Idempotency>,
    ) -> Result<Settled<Made<Invited>>, ConsoleError> {
        caller.principal.manages(organization_id, "Organization")?;
        if new.role == Role::Superadmin {
            caller.principal.has_role(Role::Superadmin)?;
        }
        let email = input::email(&new.email)?;
        let name = input::person_name(&new.name)?;
        let password_hash = match &new.password {
            Some(password) => Some(self.password_hash(password, &email).await?),
            None => None,
        };
        let role = new.role;
        self.mutate(caller, Mutator::AddMember, move |unit| {
            Box::pin(async move {
                let organization = organizations::get(unit.tx, organization_id).await?;
                organization.ok_or(ConsoleError::NotFound("Organization"))?;
                if let Some(id) = unit.made_before(idempotency.as_ref()).await? {
                    let user = unit.member_to_manage(organization_id, id).await?;
                    let invitation = None;
                    return Ok(Made::before(Invited { user, invitation }));
                }
                let (id, created_at) = (UserId::generate(unit.now, unit.entropy())?, unit.now);
                let user = User {
                    id,
                    organization_id,
                    email,
                    name,
                    role,
                    created_at,
                };
                let invitation = unit.add_user(&user, password_hash.as_ref()).await?;
                unit.audit_member(Action::MemberAdded, &user)?;
                unit.remember(idempotency, user.id).await?;
                Ok(Made::now(Invited { user, invitation }))
            })
        })
        .await
    }

    /// Gives a person another role.
    pub async fn change_member(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        id: UserId,
        role: Role,
    ) -> Result<Settled<User>, ConsoleError> {
        caller.principal.manages(organization_id, "Member")?;
        self.mutate(caller, Mutator::ChangeMember, move |unit| {
            Box::pin(async move {
                let mut user = unit.member_to_manage(organization_id, id).await?;
                if role == Role::Superadmin {
                    unit.caller.principal.has_role(Role::Superadmin)?;
                }
                // A repeat waits too: what it repeats may never have been confirmed.
                unit.announce_organization(organization_id).await?;
                if role == user.role {
                    return Ok(user);
                }
                if role < user.role {
                    unit.refuse_loss_of_last(&user, Some(role)).await?;
                }
                users::set_role(unit.tx, id, role).await?;
                user.role = role;
                unit.audit_member(Action::MemberChanged, &user)?;
                Ok(user)
            })
        })
        .await
    }

    /// Removes a person. Their sessions end at once; the keys they made stay. A repeat
    /// changes nothing and waits for what it repeats.
    pub async fn remove_member(
        &self,
        caller: &Caller,
        organization_id: OrganizationId,
        id: UserId,
    ) -> Result<Settled<User>, ConsoleError> {
        self.organization(caller, organization_id).await?;
        // Before anybody is looked for: who was removed is an admin's to know.
        caller.principal.has_role(Role::Admin)?;
        self.mutate(caller, Mutator::RemoveMember, move |unit| {
            Box::pin(async move {
                let Some(user) = unit.member(organization_id, id).await? else {
                    return unit.remove_again(organization_id, id).await;
                };
                unit.may_manage(&user)?;
                unit.refuse_loss_of_last(&user, None).await?;
                users::delete(unit.tx, id).await?;
                unit.announce_organization(organization_id).await?;
                unit.audit_removal(&user)?;
                Ok(user)
            })
        })
        .await
    }

    /// Whom the invitation behind `token` is for, if it still holds.
    pub async fn invitation(&self, token: &Token) -> Result<User, ConsoleError> {
        let (digest, now) = (token.digest(), self.now());
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let invitation = invitations::get(tx, &digest, now).await?;
                    let invitation = invitation.ok_or(ConsoleError::NotFound("Invitation"))?;
                    let user = users::get(tx, invitation.user_id).await?;
                    user.ok_or(ConsoleError::NotFound("Invitation"))
                })
            })
            .await
    }

    /// Uses an invitation up: sets the person's password and signs them in.
    pub async fn accept_invitation(
        &self,
        token: &Token,
        password: &str,
        request_id: &str,
    ) -> Result<SignedIn, ConsoleError> {
        let user = self.invitation(token).await?;
        let hash = self.password_hash(password, &user.email).await?;
        let caller = Caller::of_user(&user, request_id);
        let digest = token.digest();
        let settled = self
            .mutate(&caller, Mutator::AcceptInvitation, move |unit| {
                Box::pin(async move {
                    let invitation = invitations::take(unit.tx, &digest, unit.now).await?;
                    invitation.ok_or(ConsoleError::NotFound("Invitation"))?;
                    unit.set_password(&user, &hash).await?;
                    Ok(user)
                })
            })
            .await?;
        self.begin_session(settled.value, request_id).await
    }

    pub(crate) async fn password_hash(
        &self,
        password: &str,
        email: &str,
    ) -> Result<PasswordHash, ConsoleError> {
        let password = input::password(password, email)?;
        Ok(PasswordHash::new(self.passwords.hash(password).await?))
    }
}

impl Unit<'_> {
    /// Adds a user; one without a password gets an invitation.
    pub(crate) async fn add_user(
        &mut self,
        user: &User,
        password_hash: Option<&PasswordHash>,
    ) -> Result<Option<Token>, ConsoleError> {
        users::insert(self.tx, user, password_hash)
            .await
            .map_err(|error| {
                if error.is_conflict() {
                    ConsoleError::conflict("This email address is in use")
                } else {
                    error.into()
                }
            })?;
        if password_hash.is_some() {
            return Ok(None);
        }
        let token = Token::generate(self.entropy())?;
        let expires_at = self.now.plus_secs(INVITATION_SECS);
        let invitation = Invitation {
            user_id: user.id,
            expires_at,
        };
        invitations::insert(self.tx, &token.digest(), &invitation).await?;
        Ok(Some(token))
    }

    /// Sets a password and ends every session that the old one opened.
    pub(crate) async fn set_password(
        &mut self,
        user: &User,
        hash: &PasswordHash,
    ) -> Result<(), ConsoleError> {
        users::set_password_hash(self.tx, user.id, hash).await?;
        sessions::delete_all_of_user(self.tx, user.id).await?;
        invitations::delete_all_of_user(self.tx, user.id).await?;
        self.announce_organization(user.organization_id).await?;
        self.audit_member(Action::UserPasswordSet, user)
    }

    async fn member_to_manage(
        &mut self,
        organization_id: OrganizationId,
        id: UserId,
    ) -> Result<User, ConsoleError> {
        let user = self.member(organization_id, id).await?;
        let user = user.ok_or(ConsoleError::NotFound("Member"))?;
        self.may_manage(&user)?;
        Ok(user)
    }

    async fn member(
        &mut self,
        organization_id: OrganizationId,
        id: UserId,
    ) -> Result<Option<User>, ConsoleError> {
        let user = users::get(self.tx, id).await?;
        Ok(user.filter(|user| user.organization_id == organization_id))
    }

    pub(crate) fn may_manage(&self, user: &User) -> Result<(), ConsoleError> {
        let principal = &self.caller.principal;
        principal.manages(user.organization_id, "Member")?;
        principal.has_role(user.role)
    }

    /// The last admin of an organization stays, and so does the last superadmin;
    /// `after` is the role that is left to them.
    async fn refuse_loss_of_last(
        &mut self,
        user: &User,
        after: Option<Role>,
    ) -> Result<(), ConsoleError> {
        let id = user.organization_id;
        let admins = users::count_of_organization(self.tx, id, Role::Admin).await?;
        let superadmins = users::count_of_organization(self.tx, id, Role::Superadmin).await?;
        let stays_admin = after.is_some_and(|role| role >= Role::Admin);
        if user.role >= Role::Admin && !stays_admin && admins + superadmins <= 1 {
            return Err(ConsoleError::conflict(
                "The last admin of an organization stays",
            ));
        }
        let is_last_superadmin = user.role == Role::Superadmin
            && users::count_with_role(self.tx, Role::Superadmin).await? <= 1;
        if is_last_superadmin {
            return Err(ConsoleError::conflict("The last superadmin stays"));
        }
        Ok(())
    }

    pub(crate) fn audit_member(&mut self, action: Action, user: &User) -> Result<(), ConsoleError> {
        let details = [
            ("email", user.email.as_str().into()),
            ("role", user.role.as_str().into()),
        ];
        let target = target(TargetKind::User, user.id);
        self.audit(action, target, Some(user.organization_id), &details)
    }
}
