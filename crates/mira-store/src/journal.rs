//! What busy nodes count, on its way into the tables.
//!
//! A node that is asked with thousands of keys would write several rows for each of
//! them, every second. It appends 256 rows at most to the journal instead, each with
//! the entries of many keys, and the rows that have come together are settled later: once
//! for each key and not once for each flush.

use std::collections::BTreeMap;

use mira_core::{KeyId, Timestamp, WindowWord};
use mira_db::Tx;

use crate::column::contradictory;
use crate::usage::{Day, Entry, Tally, record};
use crate::{StoreError, postgres, sqlite};

// Keys fall into 256 parts, by the last byte of their ids, which is random. One part
// is settled at once, so that whoever revokes a key does not wait for the rest.

/// No last use.
const NEVER: i64 = i64::MIN;

/// Appends `entries`, which will be part of the tables once they are settled.
pub async fn append(tx: &mut Tx, entries: &[Entry]) -> Result<(), StoreError> {
    let rows = rows(entries);
    match tx {
        Tx::Sqlite(tx) => sqlite::journal::append(tx.connection(), &rows),
        Tx::Postgres(tx) => postgres::journal::append(tx, &rows).await,
    }
}

/// Moves what the journal holds of one part into the tables: the first part from
/// `from` on that has something, and after the last one the first. Says which it
/// was; there is none if nobody has anything to settle that is not being settled.
pub async fn settle(tx: &mut Tx, from: u8) -> Result<Option<u8>, StoreError> {
    let part = match tx {
        Tx::Sqlite(tx) => sqlite::journal::next_part(tx.connection(), from)?,
        Tx::Postgres(tx) => postgres::journal::next_part(tx, from).await?,
    };
    let Some(part) = part else { return Ok(None) };
    let taken = match tx {
        Tx::Sqlite(tx) => sqlite::journal::take(tx.connection(), part)?,
        Tx::Postgres(tx) => postgres::journal::take(tx, part).await?,
    };
    let mut merged = BTreeMap::new();
    for row in taken {
        let (words, no_bytes) = row.as_chunks::<8>();
        let (entries, no_words) = words.as_chunks::<8>();
        if !no_bytes.is_empty() || !no_words.is_empty() {
            return Err(contradictory("usage_journal").into());
        }
        for entry in entries.iter().map(decode) {
            merged
                .entry((entry.key_id, entry.day))
                .and_modify(|known: &mut Entry| known.merge(&entry))
                .or_insert(entry);
        }
    }
    let merged: Vec<Entry> = merged.into_values().collect();
    record(tx, &merged).await?;
    Ok(Some(part))
}

/// The entries of each part, as they stand in a row.
fn rows(entries: &[Entry]) -> Vec<(u8, Vec<u8>)> {
    let mut parts = BTreeMap::<u8, Vec<u8>>::new();
    for entry in entries {
        let [.., part] = *entry.key_id.as_bytes();
        encode(entry, parts.entry(part).or_default());
    }
    parts.into_iter().collect()
}

/// Eight words of eight bytes: the key's two, its day, what was allowed and denied,
/// its last use, and how far its minute and its day are spent.
fn encode(entry: &Entry, row: &mut Vec<u8>) {
    let last_used = entry.last_used.map_or(NEVER, Timestamp::as_millis);
    row.extend_from_slice(entry.key_id.as_bytes());
    row.extend_from_slice(&entry.day.number().to_le_bytes());
    row.extend_from_slice(&entry.tally.allowed.to_le_bytes());
    row.extend_from_slice(&entry.tally.denied.to_le_bytes());
    row.extend_from_slice(&last_used.to_le_bytes());
    row.extend_from_slice(&entry.minute_window.to_bits().to_le_bytes());
    row.extend_from_slice(&entry.day_window.to_bits().to_le_bytes());
}

fn decode(words: &[[u8; 8]; 8]) -> Entry {
    let [
        high,
        low,
        day,
        allowed,
        denied,
        last_used,
        minute,
        day_window,
    ] = *words;
    let mut key_id = [0; 16];
    key_id
        .iter_mut()
        .zip(high.into_iter().chain(low))
        .for_each(|(place, byte)| *place = byte);
    let window = |bits| WindowWord::from_bits(u64::from_le_bytes(bits));
    let last_used = i64::from_le_bytes(last_used);
    Entry {
        key_id: KeyId::from_bytes(key_id),
        day: Day::from_number(i64::from_le_bytes(day)),
        tally: Tally {
            allowed: u64::from_le_bytes(allowed),
            denied: u64::from_le_bytes(denied),
        },
        last_used: (last_used != NEVER).then(|| Timestamp::from_millis(last_used)),
        minute_window: window(minute),
        day_window: window(day_window),
    }
}

#[cfg(test)]
mod tests {
    use mira_core::{KeyId, Timestamp, WindowWord};

    use super::{decode, rows};
    use crate::usage::{Day, Entry, Tally};

    fn entry(last_byte: u8) -> Entry {
        let mut key_id = [7; 16];
        key_id[0] = 1;
        key_id[15] = last_byte;
        Entry {
            key_id: KeyId::from_bytes(key_id),
            day: Day::from_number(20_000),
            tally: Tally {
                allowed: u64::MAX,
                denied: 3,
            },
            last_used: Some(Timestamp::from_millis(-5)),
            minute_window: WindowWord::new(9, 8),
            day_window: WindowWord::new(7, 6),
        }
    }

    #[test]
    fn rows_hold_what_was_counted_by_part() {
        let never = Entry {
            last_used: None,
            ..entry(255)
        };
        let rows = rows(&[entry(3), never, entry(3)]);
        let read = rows.iter().map(|(part, row)| {
            let entries = row.as_chunks::<8>().0.as_chunks::<8>().0;
            (*part, entries.iter().map(decode).collect::<Vec<_>>())
        });
        let expected = [(3, vec![entry(3), entry(3)]), (255, vec![never])];
        assert_eq!(read.collect::<Vec<_>>(), expected);
    }
}
