//! `mira users`: the people of an organization.

use clap::Subcommand;
use mira_core::{OrganizationId, Role, UserId};
use serde_json::{Map, json};

use super::Context;
use crate::error::CommandError;
use crate::page::{self, PageArguments};
use crate::query::Query;
use crate::table::{Field, record};

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List the people of an organization
    List {
        /// Another organization than one's own
        #[arg(long, value_name = "ORG")]
        organization: Option<OrganizationId>,
        #[command(flatten)]
        page: PageArguments,
    },
    /// Add a person; without `MIRA_PASSWORD` they get an invitation link
    Add {
        #[arg(long)]
        email: String,
        /// member, admin or superadmin
        #[arg(long, default_value = "member")]
        role: Role,
        #[arg(long)]
        name: Option<String>,
        /// Another organization than one's own
        #[arg(long, value_name = "ORG")]
        organization: Option<OrganizationId>,
    },
    /// Give a person another role
    Role {
        user: UserId,
        /// member, admin or superadmin
        role: Role,
        /// Another organization than one's own
        #[arg(long, value_name = "ORG")]
        organization: Option<OrganizationId>,
    },
    /// Remove a person; their sessions end at once, and their keys stay
    Remove {
        user: UserId,
        /// Another organization than one's own
        #[arg(long, value_name = "ORG")]
        organization: Option<OrganizationId>,
    },
}

const FIELDS: &[Field] = &[
    ("id", "/id"),
    ("email", "/email"),
    ("name", "/name"),
    ("role", "/role"),
    ("created at", "/created_at"),
    ("invitation", "/invitation_url"),
];

pub(super) async fn run(users: Users, context: &Context) -> Result<(), CommandError> {
    let api = context.api()?;
    let organization = match &users {
        Users::List { organization, .. }
        | Users::Add { organization, .. }
        | Users::Role { organization, .. }
        | Users::Remove { organization, .. } => api.organization(*organization).await?,
    };
    let members = format!("/v1/organizations/{organization}/members");
    match users {
        Users::List { page, .. } => {
            let people = api.get(&page.of(Query::of(members))).await?;
            let columns = FIELDS.split_last().map_or(FIELDS, |(_, columns)| columns);
            page::print(context, &people, columns);
        }
        Users::Add {
            email, role, name, ..
        } => {
            let mut body = Map::new();
            body.insert("email".to_owned(), email.into());
            body.insert("role".to_owned(), role.as_str().into());
            body.extend(name.map(|name| ("name".to_owned(), name.into())));
            let password = context.variable("MIRA_PASSWORD");
            body.extend(password.map(|password| ("password".to_owned(), password.into())));
            let person = api.post(&members, &body.into()).await?;
            context.print(&person, |person| record(person, FIELDS));
        }
        Users::Role { user, role, .. } => {
            let body = json!({"role": role.as_str()});
            let person = api.patch(&format!("{members}/{user}"), &body).await?;
            context.print(&person, |person| record(person, FIELDS));
        }
        Users::Remove { user, .. } => {
            let removed = api.delete(&format!("{members}/{user}")).await?;
            context.print(&removed, |_| format!("{user} is removed"));
        }
    }
    Ok(())
}
