//! What decides, by the digest of the key.
//!
//! Readers take no lock. A key has one line of cache for itself, and counters from
//! when it is first used; what it has in common with others is kept once. Nothing
//! ever moves or is freed, so a reader holds nothing back; it only makes sure that
//! no record was changed while it read.

use std::hint::spin_loop;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

use mira_core::{Change, KeyFacts, Subject};
use mira_key::KeyDigest;

use crate::arena::Arena;
use crate::cells::Cells;
use crate::counters::Counters;
use crate::lock::lock;
use crate::record::{Own, Record};
use crate::slots::{Slot, Slots};
use crate::terms::{AllTerms, Shared, TermNumbers, Terms};

/// How much of the store the verifier holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Coverage {
    /// Every key that exists: an unknown key does not.
    Complete,
    /// Perhaps not every key: one that has the form of a key may exist.
    #[default]
    Partial,
}

/// All keys that are known here.
pub(crate) struct Index {
    slots: Slots,
    records: Arena<Record, 16_384>,
    counters: Arena<Counters, 16_384>,
    terms: AllTerms,
    /// Odd while a record is changed, and another number afterwards.
    version: AtomicU64,
    /// Whether something was told that there is no room for.
    is_full: AtomicBool,
    writer: Mutex<Writer>,
}

/// What only writers know. They take turns.
#[derive(Default)]
struct Writer {
    count: u32,
    cells: Cells,
    term_numbers: TermNumbers,
}

/// One key, as it was when it was found.
pub(crate) struct Entry<'a> {
    own: Own,
    shared: &'a Shared,
    counters: Option<&'a Counters>,
    index: &'a Index,
}

/// How often a reader tries before it takes its turn with the writers.
const TRIES: u32 = 64;

impl Default for Index {
    fn default() -> Self {
        Self {
            slots: Slots::new(),
            records: Arena::new(),
            counters: Arena::new(),
            terms: AllTerms::new(),
            version: AtomicU64::new(0),
            is_full: AtomicBool::new(false),
            writer: Mutex::default(),
        }
    }
}

impl Index {
    /// Publishes `change`. Changes may come in any order: a key may be told
    /// before its organization, which has nothing until it is told.
    pub(crate) fn apply(&self, change: &Change) {
        let mut writer = lock(&self.writer);
        match change {
            Change::Key { digest, facts } => {
                if self.apply_key(&mut writer, digest, facts).is_none() {
                    self.is_full.store(true, Ordering::Release);
                }
            }
            Change::Organization(facts) => writer.cells.organization(facts.id).store(*facts),
            Change::App { id, balance } => writer.cells.app(*id).store(*balance),
        }
    }

    /// Makes room for `keys` keys at once.
    pub(crate) fn reserve(&self, keys: usize) {
        let _writer = lock(&self.writer);
        self.slots.make_room(keys, |record| self.digest_of(record));
    }

    /// Whether something was told that there is no room for, so that not everything
    /// is known that should be.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full.load(Ordering::Acquire)
    }

    /// The key with `digest`.
    pub(crate) fn find(&self, digest: &KeyDigest) -> Option<Entry<'_>> {
        for _ in 0..TRIES {
            let before = self.version.load(Ordering::Acquire);
            let found = self.look_up(digest);
            fence(Ordering::Acquire);
            if before.is_multiple_of(2) && self.version.load(Ordering::Relaxed) == before {
                return self.entry(found?);
            }
            spin_loop();
        }
        let found = {
            let _writer = lock(&self.writer);
            self.look_up(digest)
        };
        self.entry(found?)
    }

    fn look_up(&self, digest: &KeyDigest) -> Option<(Slot, Own)> {
        let slot = self.slot(digest)?;
        // Asked for now, as it takes as long to come as the record does.
        if let Some(counters) = self.counters_in(slot) {
            counters.fetch();
        }
        Some((slot, self.records.get(slot.record())?.load()))
    }

    fn counters_in(&self, slot: Slot) -> Option<&Counters> {
        self.counters.get(slot.counters()?)
    }

    fn slot(&self, digest: &KeyDigest) -> Option<Slot> {
        self.slots.find(digest, |slot| {
            let record = self.records.get(slot.record());
            record.is_some_and(|record| record.is_of(digest))
        })
    }

    fn entry(&self, (slot, own): (Slot, Own)) -> Option<Entry<'_>> {
        Some(Entry {
            own,
            shared: self.terms.get(own.terms)?,
            counters: self.counters_in(slot),
            index: self,
        })
    }

    /// None if there is no room.
    fn apply_key(&self, writer: &mut Writer, digest: &KeyDigest, facts: &KeyFacts) -> Option<()> {
        let terms = Terms::of(facts);
        let Writer {
            count,
            cells,
            term_numbers,
        } = writer;
        let own = Own {
            digest: *digest,
            id: facts.id,
            terms: self.terms.number(terms, term_numbers, cells)?,
            retires_at: facts.state.retires_at(),
            expires_at: facts.expires_at,
        };
        if let Some(slot) = self.slot(digest) {
            self.change(self.records.get(slot.record())?, &own);
            return Some(());
        }
        let (number, record) = self.records.take()?;
        // Before anybody can find it.
        record.store(&own);
        let digest_of = |record| self.digest_of(record);
        self.slots.insert(digest, number, *count, digest_of);
        *count += 1;
        Some(())
    }

    /// Changes a record so that no reader takes a part of the old for the new.
    fn change(&self, record: &Record, own: &Own) {
        let version = self.version.load(Ordering::Relaxed);
        self.version.store(version + 1, Ordering::Relaxed);
        fence(Ordering::Release);
        record.store(own);
        self.version.store(version + 2, Ordering::Release);
    }

    fn digest_of(&self, record: u32) -> Option<KeyDigest> {
        self.records.get(record).map(|record| record.load().digest)
    }

    /// The counters of a key that had none when it was found.
    fn make_counters(&self, digest: &KeyDigest) -> Option<&Counters> {
        let _writer = lock(&self.writer);
        let slot = self.slot(digest)?;
        if let Some(number) = slot.counters() {
            return self.counters.get(number);
        }
        let (number, counters) = self.counters.take()?;
        self.slots.set_counters(digest, slot, number);
        Some(counters)
    }
}

impl<'a> Entry<'a> {
    pub(crate) fn subject(&self) -> Subject<'a> {
        self.shared.subject(&self.own)
    }

    pub(crate) fn own(&self) -> &Own {
        &self.own
    }

    pub(crate) fn terms(&self) -> &'a Terms {
        &self.shared.terms
    }

    /// What is counted for the key; made when it is first needed.
    pub(crate) fn counters(&self) -> &'a Counters {
        let made = || self.index.make_counters(&self.own.digest);
        // There is room for as many as there are records.
        self.counters.or_else(made).unwrap_or(&NONE)
    }
}

/// Stands in for counters that cannot be missing.
static NONE: Counters = Counters::new();

#[cfg(test)]
mod tests;
