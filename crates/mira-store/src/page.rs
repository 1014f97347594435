//! Pages of a list: newest first, walked with an opaque cursor.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// The most entries one page holds.
pub const PAGE_LIMIT: u32 = 100;

/// Which page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    limit: u32,
    cursor: Option<Cursor>,
}

impl PageRequest {
    /// At most `limit` entries, 1 to [`PAGE_LIMIT`], after those before `cursor`.
    pub fn new(limit: u32, cursor: Option<Cursor>) -> Result<Self, PageError> {
        if (1..=PAGE_LIMIT).contains(&limit) {
            Ok(Self { limit, cursor })
        } else {
            Err(PageError::Limit)
        }
    }

    /// The most entries wanted.
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// The id that the page begins after, in a list ordered by id.
    pub fn after_id(&self) -> Result<Option<[u8; 16]>, PageError> {
        match self.cursor {
            None => Ok(None),
            Some(Cursor::Id(id)) => Ok(Some(id)),
            Some(Cursor::Position(_)) => Err(PageError::Cursor),
        }
    }

    /// The position that the page begins after, in a list ordered by position.
    pub(crate) fn after_position(&self) -> Result<Option<u64>, PageError> {
        match self.cursor {
            None => Ok(None),
            Some(Cursor::Position(position)) => Ok(Some(position)),
            Some(Cursor::Id(_)) => Err(PageError::Cursor),
        }
    }
}

impl Default for PageRequest {
    /// The first page, as long as may be.
    fn default() -> Self {
        Self {
            limit: PAGE_LIMIT,
            cursor: None,
        }
    }
}

/// Where a page ended. Callers carry its text and must not read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursor {
    /// The last id of a list ordered by id.
    Id([u8; 16]),
    /// The last position of a list ordered by position.
    Position(u64),
}

impl fmt::Display for Cursor {
    /// 32 hexadecimal digits for an id, 16 for a position.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{:032x}", u128::from_be_bytes(*id)),
            Self::Position(position) => write!(f, "{position:016x}"),
        }
    }
}

impl FromStr for Cursor {
    type Err = PageError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let parsed: Result<Self, ParseIntError> = match text.len() {
            32 => u128::from_str_radix(text, 16).map(|id| Self::Id(id.to_be_bytes())),
            16 => u64::from_str_radix(text, 16).map(Self::Position),
            _ => return Err(PageError::Cursor),
        };
        // `from_str_radix` also takes a sign and capitals.
        parsed
            .ok()
            .filter(|_| text.bytes().all(is_digit))
            .ok_or(PageError::Cursor)
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, newest first.
    pub items: Vec<T>,
    /// Where the next page begins; absent on the last.
    pub next_cursor: Option<Cursor>,
}

impl<T> Page<T> {
    /// The same page of other things.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next_cursor: self.next_cursor,
        }
    }

    /// The page `request` asked for, from one entry more than it may hold: the
    /// surplus says that there is a next page.
    pub fn cut(
        mut items: Vec<T>,
        request: &PageRequest,
        cursor: impl FnOnce(&T) -> Cursor,
    ) -> Self {
        let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        Self {
            next_cursor: items.last().filter(|_| has_more).map(cursor),
            items,
        }
    }
}

/// Why there is no such page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The limit is not 1 to [`PAGE_LIMIT`].
    #[error("limit is a number from 1 to 100")]
    Limit,
    /// The text is not a cursor of this list.
    #[error("cursor is the next_cursor of an earlier page of the same list")]
    Cursor,
}
