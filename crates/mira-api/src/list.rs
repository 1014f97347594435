//! Lists, page by page.

use mira_console::{PAGE_LIMIT, Page, PageRequest};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::failure::Failure;

/// One page of a list, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The entries.
    items: Vec<T>,
    /// Where the next page begins; null on the last.
    #[schema(required, example = json!(null))]
    next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A list that is never long enough for a second page.
    pub(crate) fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }

    /// `page` with each entry in its JSON shape.
    pub(crate) fn of<U>(page: Page<U>, shape: impl FnMut(U) -> T) -> Self {
        let page = page.map(shape);
        Self {
            items: page.items,
            next_cursor: page.next_cursor.map(|cursor| cursor.to_string()),
        }
    }
}

/// Which page of a list without filters.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    /// The most entries of one page.
    #[param(minimum = 1, maximum = 100, default = 100, example = 20)]
    limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[param(example = "019bb80b39c07e3a8f1d2c4b5a697887")]
    cursor: Option<String>,
}

impl ListQuery {
    pub(crate) fn page(&self) -> Result<PageRequest, Failure> {
        page(self.limit, self.cursor.as_deref())
    }
}

/// The page that `limit` and `cursor` ask for.
pub(crate) fn page(limit: Option<u32>, cursor: Option<&str>) -> Result<PageRequest, Failure> {
    let cursor = cursor.map(str::parse).transpose()?;
    Ok(PageRequest::new(limit.unwrap_or(PAGE_LIMIT), cursor)?)
}
