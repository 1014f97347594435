//! The fields of a key, as its forms show and read them.

use std::num::NonZeroU32;

use maud::{Markup, html};
use mira_console::{ConsoleError, NewKey};
use mira_core::{
    Allowlist, Edit, Environment, KeyKind, KeyRecord, Permission, Permissions, RateLimit, Timestamp,
};

use crate::control::{self, Input};
use crate::fields::{Fields, invalid};
use crate::moment;

/// What a new key's form begins with.
pub(crate) fn defaults() -> Fields {
    Fields::default()
        .with("permissions", Permission::Read.as_str())
        .with("environment", Environment::default().as_str())
}

/// What the form of an existing key begins with.
pub(crate) fn of_record(key: &KeyRecord) -> Fields {
    let facts = &key.facts;
    let number = |limit: Option<NonZeroU32>| limit.map_or_else(String::new, |n| n.to_string());
    let instant = |at: Option<Timestamp>| at.map_or_else(String::new, moment::control_value);
    let networks = facts.ip_allowlist.as_ref().map(Allowlist::to_string);
    let fields = Fields::default()
        .with("name", key.name.as_str())
        .with("environment", facts.environment.as_str())
        .with("expires_at", instant(facts.expires_at))
        .with("retires_at", instant(facts.state.retires_at()))
        .with(
            "ip_allowlist",
            networks.unwrap_or_default().replace(", ", "\n"),
        )
        .with("per_minute", number(facts.rate_limit.per_minute))
        .with("per_day", number(facts.rate_limit.per_day));
    facts.permissions().iter().fold(fields, |fields, one| {
        fields.with("permissions", one.as_str())
    })
}

/// What a new key's form says.
pub(crate) fn read_new(fields: &Fields, name: Option<String>) -> Result<NewKey, ConsoleError> {
    Ok(NewKey {
        name,
        environment: fields.parsed("environment")?.unwrap_or_default(),
        expires_at: instant(fields, "expires_at")?,
        ip_allowlist: allowlist(fields)?,
        rate_limit: rate_limit(fields)?,
        permissions: None,
    })
}

/// What the form of an existing key says beyond what it was shown with, so that
/// nothing is written that nobody touched.
pub(crate) fn read_edit(fields: &Fields, key: &KeyRecord) -> Result<Edit, ConsoleError> {
    let shown = of_record(key);
    let touched = |name: &str| fields.has(name) && fields.text(name).trim() != shown.text(name);
    let is_organization_key = matches!(key.facts.kind, KeyKind::Organization { .. });
    let permissions = permissions(fields)?;
    let touched_networks =
        entries(fields.text("ip_allowlist")) != entries(shown.text("ip_allowlist"));
    let touched_limits = touched("per_minute") || touched("per_day");
    Ok(Edit {
        name: touched("name").then(|| fields.text("name").to_owned()),
        permissions: Some(permissions)
            .filter(|new| is_organization_key && *new != key.facts.permissions()),
        environment: fields
            .parsed("environment")?
            .filter(|_| touched("environment")),
        expires_at: optional(touched("expires_at"), || instant(fields, "expires_at"))?,
        ip_allowlist: optional(touched_networks, || allowlist(fields))?,
        rate_limit: optional(touched_limits, || Ok(Some(rate_limit(fields)?)))?,
        retires_at: optional(touched("retires_at"), || instant(fields, "retires_at"))?.flatten(),
    })
}

/// The permissions that are checked.
pub(crate) fn permissions(fields: &Fields) -> Result<Permissions, ConsoleError> {
    let checked: Result<Permissions, _> = fields.all("permissions").map(str::parse).collect();
    checked.map_err(invalid)
}

/// The permissions, with what each allows.
pub(crate) fn permission_boxes(fields: &Fields) -> Markup {
    html! {
        fieldset.field {
            legend { "Permissions" }
            div.choices {
                @for permission in Permission::ALL {
                    @let word = permission.as_str();
                    label.choice {
                        input type="checkbox" name="permissions" value=(word)
                            checked[fields.all("permissions").any(|one| one == word)];
                        span {
                            code { (word) }
                            span.hint { (allows(*permission)) }
                        }
                    }
                }
            }
        }
    }
}

/// Where the key is meant to be used.
pub(crate) fn environment_select(fields: &Fields) -> Markup {
    let options: Vec<_> = Environment::ALL
        .iter()
        .rev()
        .map(|one| (one.as_str(), environment_title(*one)))
        .collect();
    control::select(
        "Environment",
        "environment",
        &options,
        fields.text("environment"),
    )
}

/// What narrows a key: its end, its networks, its limits.
pub(crate) fn restrictions(fields: &Fields) -> Markup {
    html! {
        fieldset.section {
            legend { "Restrictions" }
            (Input::new("datetime-local", "Expires (UTC)", "expires_at")
                .value(fields.text("expires_at"))
                .hint("From this instant on the key is refused. Empty means it does not expire."))
            (control::text_area("Allowed IP addresses", "ip_allowlist", fields.text("ip_allowlist"),
                "Addresses or networks such as 203.0.113.0/24, one on each line. Empty means any."))
            div.columns {
                (Input::new("number", "Requests per minute", "per_minute").min("1")
                    .value(fields.text("per_minute")).placeholder("default"))
                (Input::new("number", "Requests per day", "per_day").min("1")
                    .value(fields.text("per_day")).placeholder("default"))
            }
        }
    }
}

/// An environment as a title: `Production`.
pub(crate) const fn environment_title(environment: Environment) -> &'static str {
    match environment {
        Environment::Development => "Development",
        Environment::Staging => "Staging",
        Environment::Production => "Production",
    }
}

const fn allows(permission: Permission) -> &'static str {
    match permission {
        Permission::Read => "Read access to meetings, reports, templates, team stats, and insights",
        Permission::Write => "Create, update, and delete templates. Start roleplay sessions.",
        Permission::Admin => "Full access including administrative operations",
    }
}

fn optional<T>(
    is_touched: bool,
    read: impl FnOnce() -> Result<T, ConsoleError>,
) -> Result<Option<T>, ConsoleError> {
    is_touched.then(read).transpose()
}

fn instant(fields: &Fields, name: &str) -> Result<Option<Timestamp>, ConsoleError> {
    let read = |text| {
        moment::read_control(text)
            .ok_or_else(|| invalid("An instant is written as in 2026-01-15T10:30, in UTC"))
    };
    fields.given(name).map(read).transpose()
}

fn allowlist(fields: &Fields) -> Result<Option<Allowlist>, ConsoleError> {
    let entries = entries(fields.text("ip_allowlist"));
    if entries.is_empty() {
        return Ok(None);
    }
    Allowlist::parse(&entries).map(Some).map_err(invalid)
}

fn entries(text: &str) -> Vec<&str> {
    text.split(|c: char| c == ',' || c.is_whitespace())
        .filter(|entry| !entry.is_empty())
        .collect()
}

fn rate_limit(fields: &Fields) -> Result<RateLimit, ConsoleError> {
    let number = |name| {
        let read: Result<Option<NonZeroU32>, _> = fields.given(name).map(str::parse).transpose();
        read.map_err(|_| invalid("A limit is a whole number of requests, at least 1"))
    };
    Ok(RateLimit {
        per_minute: number("per_minute")?,
        per_day: number("per_day")?,
    })
}
