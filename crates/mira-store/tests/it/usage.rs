//! Usage adds up, for each key and day.

use mira_core::{KeyId, KeyRecord};
use mira_db::Database;
use mira_key::ServiceName;
use mira_store::keys;
use mira_store::usage::{self, Day, Flush, Increment, Tally, UsageOf};

use crate::fixture::{
    NOW, add_app, add_organization, app_key, digest_of, is_broken_reference, organization_key,
    unique,
};
use crate::{read, suite, write};

suite!(
    usage_adds_up_by_organization_app_and_key,
    the_end_of_the_days_is_outside,
    the_busiest_keys_come_first,
    usage_of_an_unknown_key_is_an_error,
    flush_is_written_once_for_each_source,
);

const DAY: Day = Day::of(NOW);
const NEXT: Day = Day::from_number(DAY.number() + 1);

async fn usage_adds_up_by_organization_app_and_key(database: Database) {
    let organization = add_organization(&database).await.id;
    let app = add_app(&database, organization).await;
    let first = add_key(&database, organization_key(organization)).await;
    let second = add_key(&database, app_key(&app, ServiceName::VERIFY)).await;
    add(
        &database,
        &[(first, DAY, 3, 1), (first, DAY, 4, 0), (second, DAY, 10, 2)],
    )
    .await;
    let cases = [
        (UsageOf::Organization(organization), (17, 3)),
        (UsageOf::App(app.id), (10, 2)),
        (UsageOf::Key(first), (7, 1)),
    ];
    for (of, (allowed, denied)) in cases {
        let sums = read!(database, |tx| usage::by_day(tx, of, DAY..NEXT)).unwrap();
        assert_eq!(sums, [(DAY, Tally { allowed, denied })], "{of:?}");
    }
}

async fn the_end_of_the_days_is_outside(database: Database) {
    let organization = add_organization(&database).await.id;
    let key = add_key(&database, organization_key(organization)).await;
    add(&database, &[(key, DAY, 1, 0), (key, NEXT, 2, 0)]).await;
    let of = UsageOf::Key(key);
    let one = read!(database, |tx| usage::by_day(tx, of, DAY..NEXT)).unwrap();
    assert_eq!(one.len(), 1);
    let end = Day::from_number(NEXT.number() + 1);
    let both = read!(database, |tx| usage::by_day(tx, of, DAY..end)).unwrap();
    let days: Vec<Day> = both.into_iter().map(|(day, _)| day).collect();
    assert_eq!(days, [DAY, NEXT]);
}

async fn the_busiest_keys_come_first(database: Database) {
    let organization = add_organization(&database).await.id;
    let mut busy = Vec::new();
    for allowed in [5, 9, 7] {
        let key = add_key(&database, organization_key(organization)).await;
        add(&database, &[(key, DAY, allowed, 0)]).await;
        busy.push((key, Tally { allowed, denied: 0 }));
    }
    let of = UsageOf::Organization(organization);
    let top = read!(database, |tx| usage::by_key(tx, of, DAY..NEXT, 2)).unwrap();
    busy.sort_by_key(|(_, tally)| std::cmp::Reverse(tally.allowed));
    busy.truncate(2);
    assert_eq!(top, busy);
}

async fn usage_of_an_unknown_key_is_an_error(database: Database) {
    let increment = increment(KeyId::new(NOW, unique()), DAY, 1, 0);
    let refused = write!(database, |tx| usage::add(tx, &[increment]));
    assert!(is_broken_reference(&refused.unwrap_err()));
}

async fn flush_is_written_once_for_each_source(database: Database) {
    let [one, other] = [[1; 16], [2; 16]];
    for (source, number, is_new) in [
        (one, 1, true),
        (one, 1, false),
        (other, 1, true),
        (one, 3, true),
        (one, 2, false),
        (one, 3, false),
        (one, 4, true),
    ] {
        let flush = Flush { source, number };
        let begun = write!(database, |tx| usage::begin_flush(tx, flush, NOW)).unwrap();
        assert_eq!(begun, is_new, "{flush:?}");
    }
    for (source, number) in [(one, 4), (other, 1), ([3; 16], 0)] {
        let last = read!(database, |tx| usage::last_flush(tx, source)).unwrap();
        assert_eq!(last, number);
    }
    for (until, forgotten) in [(NOW, 0), (NOW.plus_secs(1), 2)] {
        let count = write!(database, |tx| usage::forget_flushes(tx, until)).unwrap();
        assert_eq!(count, forgotten);
    }
}

#[test]
fn a_day_begins_at_its_first_instant() {
    assert_eq!(Day::of(DAY.start()), DAY);
    assert_eq!(Day::of(NEXT.start()), NEXT);
    let last = mira_core::Timestamp::from_millis(NEXT.start().as_millis() - 1);
    assert_eq!(Day::of(last), DAY);
}

async fn add_key(database: &Database, key: KeyRecord) -> KeyId {
    let id = key.facts.id;
    write!(database, |tx| keys::insert(tx, &key, &digest_of(&key))).unwrap();
    id
}

async fn add(database: &Database, counts: &[(KeyId, Day, u64, u64)]) {
    let batch: Vec<Increment> = counts
        .iter()
        .map(|(key, day, allowed, denied)| increment(*key, *day, *allowed, *denied))
        .collect();
    write!(database, |tx| usage::add(tx, &batch)).unwrap();
}

fn increment(key_id: KeyId, day: Day, allowed: u64, denied: u64) -> Increment {
    let tally = Tally { allowed, denied };
    Increment { key_id, day, tally }
}
