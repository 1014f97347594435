//! Who looks at a page, and at which organization.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::request::Parts;
use mira_console::{Caller, PageRequest};
use mira_core::{Organization, OrganizationId, Role, User};
use mira_wire::ErrorCode;

use crate::Dashboard;
use crate::fault::Fault;
use crate::fields::{Fields, invalid};
use crate::flash::Flash;
use crate::href::Href;
use crate::visit::Visit;

/// The name under which a superadmin's choice travels in every link.
const ORGANIZATION: &str = "organization";

/// The signed-in person, and the organization that they look at: their own, or
/// the one that a superadmin chose.
pub(crate) struct Viewer {
    /// On whose behalf the console is asked.
    pub(crate) caller: Caller,
    /// The person.
    pub(crate) user: User,
    /// The organization that the page is about.
    pub(crate) organization: Organization,
    /// What a superadmin can switch to; empty for everybody else.
    pub(crate) organizations: Vec<Organization>,
    /// What the last action has to say.
    pub(crate) flash: Option<Flash>,
    /// The query of this request.
    pub(crate) query: Fields,
    /// What the edge says of this request.
    pub(crate) visit: Visit,
}

/// Why there is no viewer.
pub(crate) enum NoViewer {
    /// Nobody is signed in.
    SignIn(Href),
    /// There is somebody, and something went wrong.
    Fault(Fault),
}

impl Viewer {
    /// Whether the person may change things.
    pub(crate) fn is_admin(&self) -> bool {
        self.user.role >= Role::Admin
    }

    /// Whether the person manages the whole installation.
    pub(crate) fn is_superadmin(&self) -> bool {
        self.user.role == Role::Superadmin
    }

    /// Keeps members away from pages that only lead to what they may not do.
    pub(crate) fn require_admin(&self) -> Result<(), Fault> {
        demand(self.is_admin())
    }

    /// Keeps everybody else away from what only superadmins do.
    pub(crate) fn require_superadmin(&self) -> Result<(), Fault> {
        demand(self.is_superadmin())
    }

    /// A link that keeps the chosen organization.
    pub(crate) fn href(&self, path: impl Into<String>) -> Href {
        self.href_in(self.organization.id, path)
    }

    /// A link into another organization.
    pub(crate) fn href_in(&self, id: OrganizationId, path: impl Into<String>) -> Href {
        let href = Href::to(path);
        if id == self.user.organization_id {
            href
        } else {
            href.with(ORGANIZATION, id)
        }
    }

    /// The page of a list that the query asks for.
    pub(crate) fn page(&self, limit: u32) -> Result<PageRequest, Fault> {
        let cursor = self.query.parsed("cursor")?;
        Ok(PageRequest::new(limit, cursor).map_err(invalid)?)
    }

    /// Looks at the organization that owns what the page is about. The console
    /// has shown that the person may.
    pub(crate) async fn enter(
        &mut self,
        dashboard: &Dashboard,
        id: OrganizationId,
    ) -> Result<(), Fault> {
        if self.organization.id != id {
            self.organization = dashboard.console.organization(&self.caller, id).await?;
        }
        Ok(())
    }
}

impl FromRequestParts<Dashboard> for Viewer {
    type Rejection = NoViewer;

    async fn from_request_parts(
        parts: &mut Parts,
        dashboard: &Dashboard,
    ) -> Result<Self, Self::Rejection> {
        let caller = parts.extensions.get::<Caller>().cloned();
        let user = parts.extensions.get::<User>().cloned();
        let (Some(caller), Some(user)) = (caller, user) else {
            return Err(NoViewer::SignIn(sign_in(parts)));
        };
        let visit = Visit::from_request_parts(parts, dashboard).await?;
        let query = Fields::of_query(&parts.uri);
        let chosen = query
            .given(ORGANIZATION)
            .map_or(Ok(user.organization_id), str::parse)
            .map_err(|_| Fault::not_found("Organization"))?;
        let console = &dashboard.console;
        let organization = console
            .organization(&caller, chosen)
            .await
            .map_err(Fault::from)?;
        let organizations = if user.role == Role::Superadmin {
            let first = console.organizations(&caller, PageRequest::default()).await;
            first.map_err(Fault::from)?.items
        } else {
            vec![]
        };
        let flash = Flash::of_query(&query, console, &caller).await;
        Ok(Self {
            caller,
            user,
            organization,
            organizations,
            flash,
            query,
            visit,
        })
    }
}

fn demand(holds: bool) -> Result<(), Fault> {
    if holds {
        Ok(())
    } else {
        Err(Fault::of(ErrorCode::Forbidden))
    }
}

/// The sign-in page, which leads back to a page and never to an action.
fn sign_in(parts: &Parts) -> Href {
    let href = Href::to("/sign-in");
    match parts.uri.path_and_query() {
        Some(wanted) if parts.method == Method::GET && wanted.as_str() != "/" => {
            href.with("next", wanted)
        }
        _ => href,
    }
}

impl From<Fault> for NoViewer {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl IntoResponse for NoViewer {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn(href) => href.see_other(),
            Self::Fault(fault) => fault.into_response(),
        }
    }
}
