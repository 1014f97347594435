//! The frame of every page.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::REFERRER_POLICY;
use maud::{DOCTYPE, Markup, html};
use mira_core::OrganizationState;

use crate::viewer::Viewer;
use crate::{asset, badge, icon};

/// Which entry of the navigation a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Apps,
    ApiKeys,
    Webhooks,
    Members,
    Organization,
    Usage,
    Audit,
    Reference,
    /// None of them.
    Installation,
}

impl Section {
    const fn path(self) -> &'static str {
        match self {
            Self::Apps => "/apps",
            Self::ApiKeys => "/settings/api-keys",
            Self::Webhooks => "/settings/webhooks",
            Self::Members => "/settings/members",
            Self::Organization => "/settings/organization",
            Self::Usage => "/usage",
            Self::Audit => "/audit",
            Self::Reference => "/docs/mira-api",
            Self::Installation => "/organizations",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Apps => "Apps",
            Self::ApiKeys => "API Keys",
            Self::Webhooks => "Webhooks",
            Self::Members => "Members",
            Self::Organization => "Organization",
            Self::Usage => "Usage",
            Self::Audit => "Audit log",
            Self::Reference => "API reference",
            Self::Installation => "Organizations",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Apps => icon::APPS,
            Self::ApiKeys => icon::KEY,
            Self::Webhooks => icon::HOOK,
            Self::Members => icon::PEOPLE,
            Self::Organization | Self::Installation => icon::BUILDING,
            Self::Usage => icon::BARS,
            Self::Audit | Self::Reference => icon::LINES,
        }
    }
}

/// A page of a signed-in person.
pub(crate) fn page(viewer: &Viewer, section: Section, title: &str, body: &Markup) -> Markup {
    frame(viewer, section, title, body, &sign_out())
}

/// A page that shows a secret this once. It tells nobody where it stood, itself
/// included, so it has no form: a browser would send one without its origin.
pub(crate) fn once(viewer: &Viewer, section: Section, title: &str, body: &Markup) -> Response {
    let policy = [(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))];
    let page = frame(viewer, section, title, body, &html! {});
    (policy, page).into_response()
}

fn frame(
    viewer: &Viewer,
    section: Section,
    title: &str,
    body: &Markup,
    sign_out: &Markup,
) -> Markup {
    let content = html! {
        a.skip href="#main" { "Skip to content" }
        div.shell {
            header.sidebar {
                (brand(viewer, section))
                (navigation(viewer, section))
                (person(viewer, sign_out))
            }
            main #main tabindex="-1" {
                @if viewer.organization.state == OrganizationState::Suspended {
                    div.alert.bad role="alert" {
                        p { strong { "This organization is suspended." } " All its keys are refused." }
                    }
                }
                @if let Some(flash) = &viewer.flash { (flash.render()) }
                (body)
            }
        }
    };
    document(title, &content)
}

/// A page that stands alone: nobody is signed in, or something went wrong.
pub(crate) fn standalone(title: &str, body: &Markup) -> Markup {
    let content = html! {
        main.standalone {
            div.standalone-brand { (icon::logo()) span { "Mira" } }
            div.card { (body) }
        }
    };
    document(title, &content)
}

/// A page for everybody, with as much room as one of a signed-in person.
pub(crate) fn open(title: &str, body: &Markup) -> Markup {
    let content = html! {
        main.open {
            div.standalone-brand { a.brand-mark href="/" aria-label="Mira" { (icon::logo()) } span { "Mira" } }
            (body)
        }
    };
    document(title, &content)
}

/// The head of a page: what it is, and what can be done here.
pub(crate) fn heading(title: &Markup, description: &Markup, actions: &Markup) -> Markup {
    html! {
        div.heading {
            div {
                h1 { (title) }
                @if !description.0.is_empty() { p.muted { (description) } }
            }
            @if !actions.0.is_empty() { div.actions { (actions) } }
        }
    }
}

/// A way back to what the page is a part of.
pub(crate) fn back(href: &crate::href::Href, label: &str) -> Markup {
    html! { nav.back aria-label="Breadcrumb" { a href=(href) { "← " (label) } } }
}

fn document(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · Mira" }
                link rel="icon" type="image/svg+xml" href=(asset::LOGO);
                link rel="stylesheet" href=(asset::STYLE);
                script src=(asset::SCRIPT) defer {}
            }
            body { (content) }
        }
    }
}

fn brand(viewer: &Viewer, section: Section) -> Markup {
    html! {
        div.brand {
            a.brand-mark href=(viewer.href("/")) aria-label="Mira" { (icon::logo()) }
            @if viewer.is_superadmin() {
                (switcher(viewer, section))
            } @else {
                span.brand-name { (viewer.organization.name) }
            }
        }
    }
}

/// Leads a superadmin to the same section of another organization.
fn switcher(viewer: &Viewer, section: Section) -> Markup {
    html! {
        details.switcher {
            summary aria-label={ "Organization: " (viewer.organization.name) ". Switch" } {
                span { (viewer.organization.name) }
            }
            div.menu {
                p.menu-title { "Organizations" }
                ul {
                    @for organization in viewer.organizations.iter().take(SWITCHER_LENGTH) {
                        @let is_here = organization.id == viewer.organization.id;
                        li {
                            a href=(viewer.href_in(organization.id, section.path()))
                                aria-current=[is_here.then_some("true")] { (organization.name) }
                        }
                    }
                }
                a.menu-more href=(viewer.href("/organizations")) { "All organizations" }
            }
        }
    }
}

fn navigation(viewer: &Viewer, current: Section) -> Markup {
    html! {
        nav.navigation aria-label="Main" {
            ul {
                (entry(viewer, Section::Apps, current))
                li.group {
                    span.group-title #nav-settings { "Settings" }
                    ul aria-labelledby="nav-settings" {
                        (entry(viewer, Section::ApiKeys, current))
                        @if viewer.is_admin() { (entry(viewer, Section::Webhooks, current)) }
                        (entry(viewer, Section::Members, current))
                        (entry(viewer, Section::Organization, current))
                    }
                }
                (entry(viewer, Section::Usage, current))
                @if viewer.is_admin() { (entry(viewer, Section::Audit, current)) }
                (entry(viewer, Section::Reference, current))
            }
        }
    }
}

fn entry(viewer: &Viewer, section: Section, current: Section) -> Markup {
    html! {
        li {
            a href=(viewer.href(section.path())) aria-current=[(section == current).then_some("page")] {
                (icon::icon(section.icon())) span { (section.label()) }
            }
        }
    }
}

fn person(viewer: &Viewer, sign_out: &Markup) -> Markup {
    let user = &viewer.user;
    html! {
        div.person {
            div.person-name {
                strong { @if user.name.is_empty() { (user.email) } @else { (user.name) } }
                (badge::role(user.role))
            }
            @if !user.name.is_empty() { p.person-email { (user.email) } }
            (sign_out)
        }
    }
}

fn sign_out() -> Markup {
    html! {
        form method="post" action="/sign-out" {
            button.link type="submit" { "Sign out" }
        }
    }
}

/// How many organizations the switcher names.
const SWITCHER_LENGTH: usize = 12;
