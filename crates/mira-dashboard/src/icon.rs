//! The few pictures, drawn with strokes of the text's color.

use maud::{Markup, html};

/// An eye whose pupil is a keyhole: Mira looks at keys.
pub(crate) fn logo() -> Markup {
    html! {
        svg.logo viewBox="0 0 24 24" aria-hidden="true" {
            path.logo-eye d="M1.8 12C5.2 6.4 8.6 4.4 12 4.4s6.8 2 10.2 7.6c-3.4 5.6-6.8 7.6-10.2 7.6S5.2 17.6 1.8 12Z" {}
            path.logo-pupil d="M12 7.6a3 3 0 0 0-1.45 5.63L9.9 16.4h4.2l-.65-3.17A3 3 0 0 0 12 7.6Z" {}
        }
    }
}

/// A grid: apps.
pub(crate) const APPS: &str = "M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4zM9.5 9.5h4v4h-4z";
/// A key.
pub(crate) const KEY: &str =
    "M8.2 7.8 13.5 2.5M11 5l2 2M9.2 10.3a3.3 3.3 0 1 1-6.6 0 3.3 3.3 0 0 1 6.6 0Z";
/// Two people.
pub(crate) const PEOPLE: &str = "M8.2 5.2a2.4 2.4 0 1 1-4.8 0 2.4 2.4 0 0 1 4.8 0ZM1.5 13.2c.3-2.6 1.9-4 4.3-4s4 1.4 4.3 4\
     M10.6 2.9a2.4 2.4 0 0 1 0 4.6M12 9.5c1.5.5 2.3 1.8 2.5 3.7";
/// A building: the organization.
pub(crate) const BUILDING: &str =
    "M3.5 13.5v-11h6v11M9.5 6.5h3v7M2 13.5h12M5.5 5.2h2M5.5 7.8h2M5.5 10.4h2";
/// A hook: webhooks.
pub(crate) const HOOK: &str =
    "M10.5 2.5v6.3a3.6 3.6 0 1 1-7.2 0l2.2 1.9M10.5 4.6a1 1 0 1 1 0-2.1 1 1 0 0 1 0 2.1Z";
/// Bars: usage.
pub(crate) const BARS: &str = "M3 13.5V8.8M8 13.5v-11M13 13.5V6";
/// Lines: the audit log.
pub(crate) const LINES: &str = "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01";

/// A picture beside a word that says the same.
pub(crate) fn icon(path: &str) -> Markup {
    html! { svg.icon viewBox="0 0 16 16" aria-hidden="true" { path d=(path) {} } }
}
