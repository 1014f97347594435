//! What busy nodes count reaches the tables once, by way of the journal.

use std::collections::BTreeSet;

use mira_core::{KeyId, Window, WindowWord};
use mira_db::Database;
use mira_store::usage::{self, Day, Entry, Tally, UsageOf};
use mira_store::{journal, keys, windows};
use tokio::task::JoinSet;

use crate::fixture::{NOW, add_organization, digest_of, organization_key, tamper};
use crate::{read, suite, write};

suite!(
    what_is_settled_is_what_was_appended,
    parts_are_settled_in_turn,
    nodes_that_settle_at_once_count_nothing_twice,
    rows_of_another_shape_are_damage,
);

const DAY: Day = Day::of(NOW);
const NEXT: Day = Day::from_number(DAY.number() + 1);

async fn what_is_settled_is_what_was_appended(database: Database) {
    let [one, other] = add_keys(&database).await;
    let entry = Entry {
        tally: Tally {
            allowed: 3,
            denied: 1,
        },
        last_used: Some(NOW.plus_secs(9)),
        minute_window: WindowWord::new(Window::Minute.number(NOW), 40),
        day_window: WindowWord::new(Window::Day.number(NOW), 70),
        ..Entry::new(one, DAY)
    };
    let later = Entry {
        last_used: Some(NOW),
        minute_window: WindowWord::new(Window::Minute.number(NOW), 30),
        ..entry
    };
    let denied = Entry {
        tally: Tally {
            allowed: 0,
            denied: 2,
        },
        ..Entry::new(other, NEXT)
    };
    write!(database, |tx| journal::append(tx, &[entry, denied])).unwrap();
    write!(database, |tx| journal::append(tx, &[later])).unwrap();
    assert_eq!(sums(&database, one).await, []);
    settle_all(&database).await;
    let tally = |allowed, denied| Tally { allowed, denied };
    assert_eq!(sums(&database, one).await, [(DAY, tally(6, 2))]);
    assert_eq!(sums(&database, other).await, [(NEXT, tally(0, 2))]);
    let stored = read!(database, |tx| keys::get(tx, one)).unwrap().unwrap();
    assert_eq!(stored.record.last_used_at, Some(NOW.plus_secs(9)));
    let words = read!(database, |tx| async {
        let mut words = Vec::new();
        windows::load(tx, NOW, |_, window, word| words.push((window, word))).await?;
        Ok(words)
    });
    let expected = [
        (Window::Minute, entry.minute_window),
        (Window::Day, entry.day_window),
    ];
    assert_eq!(words.unwrap(), expected);
}

async fn parts_are_settled_in_turn(database: Database) {
    let keys = add_keys::<6>(&database).await;
    let part = |key: &KeyId| key.as_bytes()[15];
    let parts: BTreeSet<u8> = keys.iter().map(part).collect();
    let entries: Vec<Entry> = keys.iter().map(|key| once(*key)).collect();
    write!(database, |tx| journal::append(tx, &entries)).unwrap();
    let last = *parts.last().unwrap();
    let mut settled = vec![settle(&database, last).await.unwrap()];
    while let Some(part) = settle(&database, last.wrapping_add(1)).await {
        settled.push(part);
    }
    let mut expected = vec![last];
    expected.extend(parts.iter().filter(|part| **part != last));
    assert_eq!(settled, expected);
}

async fn nodes_that_settle_at_once_count_nothing_twice(database: Database) {
    let [key] = add_keys(&database).await;
    for _ in 0..20 {
        write!(database, |tx| journal::append(tx, &[once(key)])).unwrap();
    }
    let mut nodes = JoinSet::new();
    for _ in 0..4 {
        let database = database.clone();
        nodes.spawn(async move { settle(&database, 0).await });
    }
    nodes.join_all().await;
    settle_all(&database).await;
    let allowed = sums(&database, key)
        .await
        .first()
        .map(|(_, tally)| tally.allowed);
    assert_eq!(allowed, Some(20));
}

async fn rows_of_another_shape_are_damage(database: Database) {
    let [key] = add_keys(&database).await;
    write!(database, |tx| journal::append(tx, &[once(key)])).unwrap();
    let sql = "UPDATE usage_journal SET entries = substr(entries, 1, 63)";
    tamper(&database, sql).await;
    write!(database, |tx| journal::settle(tx, 0)).unwrap_err();
    assert_eq!(sums(&database, key).await, []);
}

fn once(key: KeyId) -> Entry {
    let tally = Tally {
        allowed: 1,
        denied: 0,
    };
    Entry {
        tally,
        ..Entry::new(key, DAY)
    }
}

async fn add_keys<const N: usize>(database: &Database) -> [KeyId; N] {
    let organization = add_organization(database).await.id;
    let mut ids = Vec::new();
    for _ in 0..N {
        let key = organization_key(organization);
        ids.push(key.facts.id);
        write!(database, |tx| keys::insert(tx, &key, &digest_of(&key))).unwrap();
    }
    ids.try_into().unwrap()
}

async fn settle(database: &Database, from: u8) -> Option<u8> {
    write!(database, |tx| journal::settle(tx, from)).unwrap()
}

async fn settle_all(database: &Database) {
    while settle(database, 0).await.is_some() {}
}

async fn sums(database: &Database, key: KeyId) -> Vec<(Day, Tally)> {
    let days = DAY..Day::from_number(NEXT.number() + 1);
    read!(database, |tx| usage::by_day(tx, UsageOf::Key(key), days)).unwrap()
}
