//! Keys as people look for them: one, or a list.

use mira_core::{KeyId, KeyRecord, ParseTextError, Standing};
use mira_store::keys::{self, KeyFilter, KeyOwner};
use mira_store::{Cursor, PAGE_LIMIT, Page, PageRequest};

use crate::{Caller, Console, ConsoleError};

/// The most pages that are read to fill one page of keys in a wanted state.
const MAX_READS: u32 = 50;

/// The word of a [`Standing`], without what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandingWord {
    /// [`Standing::Active`].
    Active,
    /// [`Standing::Retiring`].
    Retiring,
    /// [`Standing::Suspended`].
    Suspended,
    /// [`Standing::Revoked`].
    Revoked,
    /// [`Standing::Expired`].
    Expired,
}

impl Console {
    /// The keys of an organization or of an app, newest first.
    pub async fn keys(
        &self,
        caller: &Caller,
        owner: KeyOwner,
        filter: KeyFilter,
        page: PageRequest,
    ) -> Result<Page<KeyRecord>, ConsoleError> {
        self.find_owner(caller, owner).await?;
        self.db
            .read(move |tx| {
                Box::pin(async move { Ok(keys::list(tx, owner, &filter, &page).await?) })
            })
            .await
    }

    /// Those of the keys that are in `state` now. The state is computed from each
    /// record, and no call reads more than 5,000, so a page may hold fewer keys
    /// than it could and still have a next one.
    pub async fn keys_in_state(
        &self,
        caller: &Caller,
        owner: KeyOwner,
        filter: KeyFilter,
        state: StandingWord,
        page: PageRequest,
    ) -> Result<Page<KeyRecord>, ConsoleError> {
        self.find_owner(caller, owner).await?;
        let now = self.now();
        let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let mut request = page;
                    let mut found = Page {
                        items: Vec::new(),
                        next_cursor: None,
                    };
                    for _ in 0..MAX_READS {
                        let read = keys::list(tx, owner, &filter, &request).await?;
                        found.next_cursor = read.next_cursor;
                        let wanted = |key: &KeyRecord| StandingWord::of(key.standing(now)) == state;
                        found.items.extend(read.items.into_iter().filter(wanted));
                        if found.items.len() >= limit || found.next_cursor.is_none() {
                            break;
                        }
                        request = PageRequest::new(PAGE_LIMIT, found.next_cursor)
                            .map_err(mira_store::StoreError::from)?;
                    }
                    if found.items.len() > limit {
                        found.items.truncate(limit);
                        let last = found.items.last();
                        found.next_cursor = last.map(|key| Cursor::Id(*key.facts.id.as_bytes()));
                    }
                    Ok(found)
                })
            })
            .await
    }

    /// One key.
    pub async fn key(&self, caller: &Caller, id: KeyId) -> Result<KeyRecord, ConsoleError> {
        let principal = caller.principal;
        self.db
            .read(move |tx| {
                Box::pin(async move {
                    let key = keys::get(tx, id)
                        .await?
                        .ok_or(ConsoleError::NotFound("Key"))?;
                    principal.sees(key.record.facts.organization_id, "Key")?;
                    Ok(key.record)
                })
            })
            .await
    }

    async fn find_owner(&self, caller: &Caller, owner: KeyOwner) -> Result<(), ConsoleError> {
        match owner {
            KeyOwner::Organization(id) => self.organization(caller, id).await.map(|_| ()),
            KeyOwner::App(id) => self.app(caller, id).await.map(|_| ()),
        }
    }
}

impl StandingWord {
    /// Every word, in the order of a life.
    pub const ALL: &'static [Self] = &[
        Self::Active,
        Self::Retiring,
        Self::Suspended,
        Self::Revoked,
        Self::Expired,
    ];

    /// The word of `standing`.
    pub const fn of(standing: Standing) -> Self {
        match standing {
            Standing::Active => Self::Active,
            Standing::Retiring { .. } => Self::Retiring,
            Standing::Suspended => Self::Suspended,
            Standing::Revoked { .. } => Self::Revoked,
            Standing::Expired => Self::Expired,
        }
    }

    /// The word, everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Retiring => "retiring",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}

impl std::fmt::Display for StandingWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for StandingWord {
    type Err = ParseTextError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().copied().find(|one| one.as_str() == text);
        found.ok_or(ParseTextError {
            noun: "state",
            words: "active, retiring, suspended, revoked, expired",
        })
    }
}
