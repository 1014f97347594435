//! What a request wants to change: found, and allowed to its caller, before its
//! body is looked at. So whatever a body says, what is absent or somebody else's
//! answers 404, and too low a role 403.

use mira_console::Caller;
use mira_core::{App, AppId, KeyId, KeyRecord, Organization, OrganizationId, Role, User, UserId};

use crate::Api;
use crate::failure::Failure;

impl Api {
    pub(crate) async fn organization_as(
        &self,
        role: Role,
        caller: &Caller,
        id: OrganizationId,
    ) -> Result<Organization, Failure> {
        let organization = self.console.organization(caller, id).await?;
        caller.principal.has_role(role)?;
        Ok(organization)
    }

    pub(crate) async fn member_as(
        &self,
        role: Role,
        caller: &Caller,
        organization_id: OrganizationId,
        id: UserId,
    ) -> Result<User, Failure> {
        let member = self.console.member(caller, organization_id, id).await?;
        caller.principal.has_role(role)?;
        Ok(member)
    }

    pub(crate) async fn app_as(
        &self,
        role: Role,
        caller: &Caller,
        id: AppId,
    ) -> Result<App, Failure> {
        let app = self.console.app(caller, id).await?;
        caller.principal.has_role(role)?;
        Ok(app)
    }

    pub(crate) async fn key_as(
        &self,
        role: Role,
        caller: &Caller,
        id: KeyId,
    ) -> Result<KeyRecord, Failure> {
        let key = self.console.key(caller, id).await?;
        caller.principal.has_role(role)?;
        Ok(key)
    }
}
