//! The query of a request, read strictly: what we know must be given once and be
//! good; what we do not know is ignored.

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use mira_core::Timestamp;
use mira_wire::{Refusal, parse_instant};
use uuid::Uuid;

use crate::invalid::Invalid;
use crate::page::Page;
use crate::uuid_text::parse_uuid;
use crate::word::Word;

/// The parameters of a query, in the order given.
pub(crate) struct Parameters(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(pairs)| Self(pairs))
            .map_err(|_| Refusal::invalid("The query cannot be read"))
    }
}

impl Parameters {
    /// `page` and `limit`; a limit above the maximum is the maximum.
    pub(crate) fn page(&self) -> Result<Page, Invalid> {
        let limit = self.positive("limit")?.unwrap_or(Page::DEFAULT_LIMIT);
        Ok(Page {
            page: self.positive("page")?.unwrap_or(1),
            limit: limit.min(Page::MAX_LIMIT),
        })
    }

    /// An instant, or a bare date, which is its midnight UTC.
    pub(crate) fn instant(&self, name: &'static str) -> Result<Option<Timestamp>, Invalid> {
        self.read(name, |text| parse_instant(text).ok(), Invalid::NotAnInstant)
    }

    /// A UUID.
    pub(crate) fn uuid(&self, name: &'static str) -> Result<Option<Uuid>, Invalid> {
        self.read(name, parse_uuid, Invalid::NotAUuid)
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&self, name: &'static str) -> Result<Option<bool>, Invalid> {
        self.read(name, |text| text.parse().ok(), Invalid::NotABoolean)
    }

    /// One of an enumeration's words.
    pub(crate) fn word<W: Word>(&self, name: &'static str) -> Result<Option<W>, Invalid> {
        self.read(name, W::parse, |parameter| Invalid::NotAWord {
            parameter,
            words: W::list(),
        })
    }

    /// Any text.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, Invalid> {
        let mut values = self.0.iter().filter(|(given, _)| given == name);
        match (values.next(), values.next()) {
            (Some(_), Some(_)) => Err(Invalid::Repeated(name)),
            (value, _) => Ok(value.map(|(_, text)| text.as_str())),
        }
    }

    /// A whole number from 1. One that is too large to count to is as good as
    /// the largest: no list is that long.
    fn positive(&self, name: &'static str) -> Result<Option<u32>, Invalid> {
        let parse = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = is_number.then(|| text.parse().unwrap_or(u32::MAX));
            number.filter(|number| *number > 0)
        };
        self.read(name, parse, Invalid::NotPositive)
    }

    fn read<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
        invalid: impl FnOnce(&'static str) -> Invalid,
    ) -> Result<Option<T>, Invalid> {
        match self.text(name)? {
            Some(text) => parse(text).map(Some).ok_or_else(|| invalid(name)),
            None => Ok(None),
        }
    }
}
