//! Pages of a list.

use serde::Serialize;
use utoipa::ToSchema;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// The number of the page, from 1.
    pub(crate) page: u32,
    /// How many entries a page has, 1 to [`Page::MAX_LIMIT`].
    pub(crate) limit: u32,
}

/// One page, and how many entries the whole list has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Listed<T> {
    pub(crate) items: Vec<T>,
    pub(crate) total: u64,
}

/// What a list says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Meta {
    page: u32,
    limit: u32,
    total: u64,
    total_pages: u64,
}

impl Page {
    pub(crate) const DEFAULT_LIMIT: u32 = 20;
    pub(crate) const MAX_LIMIT: u32 = 100;

    /// How many entries precede the page.
    pub(crate) fn offset(self) -> i64 {
        i64::from(self.page.saturating_sub(1)) * i64::from(self.limit)
    }

    /// What a list of `total` entries says on this page.
    pub(crate) fn meta(self, total: u64) -> Meta {
        Meta {
            page: self.page,
            limit: self.limit,
            total,
            total_pages: total.div_ceil(u64::from(self.limit)),
        }
    }
}
