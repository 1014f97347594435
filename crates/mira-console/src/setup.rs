//! The first person of an installation, and the way back in for one who forgot
//! their password.

use mira_core::{Role, Subscription, User, UserId};
use mira_store::audit::{Action, TargetKind};
use mira_store::{meta, users};

use crate::unit::target;
use crate::{Caller, Console, ConsoleError, Mutator, Principal, input};

/// What an empty installation begins with.
#[derive(Debug, Clone)]
pub struct NewInstallation {
    /// The name of the first organization.
    pub organization_name: String,
    /// What it has subscribed to.
    pub subscription: Subscription,
    /// The first superadmin's address.
    pub email: String,
    /// The first superadmin's name; may be empty.
    pub name: String,
    /// The first superadmin's password.
    pub password: String,
}

impl Console {
    /// Whether nobody can sign in yet.
    pub async fn is_empty(&self) -> Result<bool, ConsoleError> {
        self.db
            .read(|tx| Box::pin(async move { Ok::<_, ConsoleError>(users::is_empty(tx).await?) }))
            .await
    }

    /// Makes the first organization and the first superadmin. Refused once there
    /// is any user, so a set-up link works one time.
    pub async fn set_up(&self, new: NewInstallation) -> Result<User, ConsoleError> {
        let organization_name = input::name(&new.organization_name)?;
        let email = input::email(&new.email)?;
        let name = input::person_name(&new.name)?;
        let password_hash = self.password_hash(&new.password, &email).await?;
        let subscription = new.subscription;
        self.mutate(&Self::system(), Mutator::SetUp, move |unit| {
            Box::pin(async move {
                if !users::is_empty(unit.tx).await? {
                    return Err(ConsoleError::conflict(
                        "This installation is set up already",
                    ));
                }
                let organization = unit
                    .create_organization(organization_name, subscription)
                    .await?;
                let user = User {
                    id: UserId::generate(unit.now, unit.entropy())?,
                    organization_id: organization.id,
                    email,
                    name,
                    role: Role::Superadmin,
                    created_at: unit.now,
                };
                unit.add_user(&user, Some(&password_hash)).await?;
                let created_at = unit.now.as_millis().to_string();
                meta::set(unit.tx, meta::Fact::CreatedAt, &created_at).await?;
                let installation = target(TargetKind::Installation, user.organization_id);
                let organization_id = Some(user.organization_id);
                unit.audit(
                    Action::InstallationSetUp,
                    installation,
                    organization_id,
                    &[],
                )?;
                Ok(user)
            })
        })
        .await
        .map(|settled| settled.value)
    }

    /// Gives the account with this address another password, and ends its
    /// sessions. For operators who hold the data folder.
    pub async fn reset_password(&self, email: &str, password: &str) -> Result<User, ConsoleError> {
        let email = input::email(email)?;
        let hash = self.password_hash(password, &email).await?;
        self.mutate(&Self::system(), Mutator::ResetPassword, move |unit| {
            Box::pin(async move {
                let account = users::by_email(unit.tx, &email).await?;
                let user = account.ok_or(ConsoleError::NotFound("Account"))?.user;
                unit.set_password(&user, &hash).await?;
                Ok(user)
            })
        })
        .await
        .map(|settled| settled.value)
    }

    /// The caller that stands for whoever runs this process.
    pub fn system() -> Caller {
        Caller {
            principal: Principal::System,
            request_id: None,
            wait: None,
        }
    }
}
