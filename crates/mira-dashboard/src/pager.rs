//! Walking through a long list, newest first.

use maud::{Markup, html};
use mira_console::Cursor;

use crate::href::Href;
use crate::viewer::Viewer;

/// The ways on from a page of the list at `href`; nothing if it has one page.
pub(crate) fn pager(viewer: &Viewer, href: &Href, next: Option<Cursor>) -> Markup {
    let is_first = !viewer.query.has("cursor");
    html! {
        @if !is_first || next.is_some() {
            nav.pager aria-label="Pages" {
                @if !is_first { a.button href=(href) { "Newest" } }
                @if let Some(next) = next {
                    a.button href=(href.clone().with("cursor", next)) { "Older →" }
                }
            }
        }
    }
}
