//! Units of windows are given once, in the windows of the store's own clock.

use std::num::NonZeroU32;
use std::time::{Duration, SystemTime};

use mira_core::{Allotment, KeyId, Shortage, Timestamp, Window, WindowWord};
use mira_db::Database;
use mira_key::KeyDigest;
use mira_store::windows::{self, CLOCK_TOLERANCE, Counted, KEPT_AFTER};
use mira_store::{StoreError, keys};
use tokio::task::JoinSet;

use crate::fixture::{NOW, add_organization, digest_of, organization_key, unique};
use crate::{read, suite, write};

suite!(
    units_are_given_as_the_arithmetic_says,
    nodes_that_ask_at_once_get_different_units,
    nothing_is_given_of_a_window_of_another_time,
    only_what_is_long_over_is_forgotten,
    counts_are_kept_and_found_again,
    giving_waits_for_no_change_of_the_key,
);

async fn units_are_given_as_the_arithmetic_says(database: Database) {
    let key = key();
    let mut given = 0;
    for (limit, least, want, nodes) in [
        (100, 1, 1, 3),
        (100, 1, 1, 3),
        (100, 1, 1, 1),
        (100, 5, 30, 2),
        // Lowered below what is gone, and raised again.
        (10, 1, 1, 3),
        (90, 1, 200, 3),
        (100, 11, 11, 3),
        (100, 1, 1, 3),
        (100, 9, 9, 3),
        (100, 1, 1, 3),
        (u32::MAX, 1, u32::MAX, u32::MAX),
        (u32::MAX, 1, 1, 1),
    ] {
        let shortage = shortage(limit, least, want);
        let nodes = number(nodes);
        let expected = Allotment::next(&shortage, given, nodes);
        let allotment = give(&database, key, shortage, nodes).await.unwrap();
        assert_eq!(allotment, expected, "{shortage:?} after {given}");
        given = allotment.until;
    }
    // The day is another window, and another key has its own.
    let one = number(1);
    for (key, window) in [(key, Window::Minute), (self::key(), Window::Day)] {
        let shortage = Shortage {
            window,
            number: window.number(now()),
            ..shortage(4, 1, 1)
        };
        let allotment = give(&database, key, shortage, one).await.unwrap();
        assert_eq!((allotment.from, allotment.until), (0, 1), "{window:?}");
    }
}

async fn nodes_that_ask_at_once_get_different_units(database: Database) {
    const LIMIT: u32 = 500;
    let key = key();
    let mut nodes = JoinSet::new();
    for node in 0..8 {
        let database = database.clone();
        nodes.spawn(async move {
            let mut units = Vec::new();
            loop {
                let shortage = shortage(LIMIT, 1, 1 + node % 3);
                let allotment = give(&database, key, shortage, number(8)).await.unwrap();
                if allotment.from == allotment.until {
                    break units;
                }
                units.extend(allotment.from..allotment.until);
            }
        });
    }
    let mut units: Vec<u32> = nodes.join_all().await.into_iter().flatten().collect();
    units.sort_unstable();
    assert_eq!(units, (0..LIMIT).collect::<Vec<_>>());
}

async fn nothing_is_given_of_a_window_of_another_time(database: Database) {
    let day = Window::Day.number(now());
    let tolerance = i64::try_from(CLOCK_TOLERANCE.as_millis()).unwrap();
    for (instant, window) in [
        (now().plus_secs(86_400 + 60), Window::Day),
        (now().plus_secs(-86_400 - 60), Window::Day),
        (now().plus_secs(120), Window::Minute),
        (now().plus_secs(-120), Window::Minute),
    ] {
        let number = window.number(instant);
        let shortage = Shortage {
            window,
            number,
            ..shortage(10, 1, 1)
        };
        let allotment = give(&database, key(), shortage, self::number(1)).await;
        assert_eq!(allotment, None, "{window:?} {number}, today is {day}");
    }
    // As soon as a clock that is right within the tolerance may be in it.
    let soon = Timestamp::from_millis(now().as_millis() + tolerance / 2);
    let shortage = Shortage {
        window: Window::Minute,
        number: Window::Minute.number(soon),
        ..shortage(10, 1, 1)
    };
    assert!(give(&database, key(), shortage, number(1)).await.is_some());
}

async fn only_what_is_long_over_is_forgotten(database: Database) {
    let minute = Window::Minute.number(now());
    let kept = u32::try_from(KEPT_AFTER.as_secs() / 60).unwrap();
    let day = Window::Day.number(now());
    let old = [
        (Window::Minute, minute - kept - 2),
        (Window::Minute, minute - kept - 3),
        (Window::Day, day - 2),
    ];
    let recent = [
        (Window::Minute, minute - kept + 1),
        (Window::Minute, minute),
        (Window::Day, day),
    ];
    let counted = |&(window, number): &(Window, u32)| Counted {
        key_id: key(),
        window,
        word: WindowWord::new(number, 1),
    };
    let batch: Vec<Counted> = old.iter().chain(&recent).map(counted).collect();
    write!(database, |tx| windows::keep(tx, &batch)).unwrap();
    for forgotten in [2, 1, 0] {
        let count = write!(database, |tx| windows::forget(tx, 1)).unwrap();
        assert_eq!(count, forgotten);
    }
}

async fn counts_are_kept_and_found_again(database: Database) {
    let organization = add_organization(&database).await;
    let key = organization_key(organization.id);
    let (digest, key_id) = (digest_of(&key), key.facts.id);
    write!(database, |tx| keys::insert(tx, &key, &digest)).unwrap();
    let minute = Window::Minute.number(NOW);
    let day = Window::Day.number(NOW);
    for (window, number, count) in [
        (Window::Minute, minute, 7),
        (Window::Minute, minute, 5),
        (Window::Minute, minute - 1, 60),
        (Window::Day, day, u32::MAX),
        (Window::Day, day - 1, 3),
    ] {
        let counted = Counted {
            key_id,
            window,
            word: WindowWord::new(number, count),
        };
        write!(database, |tx| windows::keep(tx, &[counted, counted])).unwrap();
    }
    let found = loaded(&database).await;
    let expected = [
        (digest, Window::Minute, WindowWord::new(minute, 7)),
        (digest, Window::Day, WindowWord::new(day, u32::MAX)),
    ];
    assert_eq!(found, expected);
}

/// A revoke holds the row of the key until it commits; who asks for units does not
/// notice, and the revoke not the units.
async fn giving_waits_for_no_change_of_the_key(database: Database) {
    if matches!(database, Database::Sqlite(_)) {
        // One writer at a time, whatever they write.
        return;
    }
    let organization = add_organization(&database).await;
    let key = organization_key(organization.id);
    let (digest, id) = (digest_of(&key), key.facts.id);
    write!(database, |tx| keys::insert(tx, &key, &digest)).unwrap();
    let beside = database.clone();
    let given = write!(database, |tx| async move {
        let key = keys::get(tx, id).await?.unwrap().record;
        keys::update(tx, &key).await?;
        let give = give(&beside, id, shortage(10, 1, 1), number(1));
        Ok::<_, StoreError>(tokio::time::timeout(Duration::from_secs(2), give).await)
    });
    assert!(given.unwrap().unwrap().is_some());
}

async fn give(
    database: &Database,
    key: KeyId,
    shortage: Shortage,
    nodes: NonZeroU32,
) -> Option<Allotment> {
    write!(database, |tx| windows::give(tx, key, &shortage, nodes)).unwrap()
}

async fn loaded(database: &Database) -> Vec<(KeyDigest, Window, WindowWord)> {
    read!(database, |tx| async move {
        let mut found = Vec::new();
        windows::load(tx, NOW, |digest, window, word| {
            found.push((digest, window, word));
        })
        .await?;
        Ok::<_, StoreError>(found)
    })
    .unwrap()
}

fn key() -> KeyId {
    KeyId::new(NOW, unique())
}

/// Of today, which lasts longer than a test.
fn shortage(limit: u32, least: u32, want: u32) -> Shortage {
    Shortage {
        window: Window::Day,
        number: Window::Day.number(now()),
        limit: number(limit),
        least: number(least),
        want: number(want),
    }
}

fn number(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the store's clock is the system's"
)]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp::from_millis(i64::try_from(since.unwrap().as_millis()).unwrap())
}
