//! The changelog: gapless, chained, and back as it was given.

use mira_core::{AppId, Change, MicroUsd, OrganizationFacts, OrganizationId, Timestamp};
use mira_db::{Database, DbError};
use mira_store::changelog::{self, Entry, Place, Seq};
use mira_store::{Integrity, StoreError};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use tokio::task::JoinSet;

use crate::fixture::{NOW, tamper, unique};
use crate::{key_rows, read, suite, write};

suite!(
    positions_are_gapless_under_concurrent_appends,
    a_transaction_that_is_rolled_back_consumes_no_position,
    an_empty_log_begins_at_the_start,
    the_head_is_the_last_of_the_tail,
    the_tail_begins_after_what_is_known,
    changes_come_back_as_they_were,
    a_tail_that_does_not_follow_is_found,
    a_log_that_lost_what_is_known_is_found,
    a_sound_chain_is_intact,
    an_edited_entry_is_found,
    a_dropped_entry_is_found,
    a_dropped_end_is_found,
    reordered_entries_are_found,
    an_entry_with_an_unknown_member_is_damage,
);

const CONCURRENT: u64 = 200;

async fn positions_are_gapless_under_concurrent_appends(database: Database) {
    let mut appends = JoinSet::new();
    for _ in 0..CONCURRENT {
        let database = database.clone();
        appends.spawn(async move {
            write!(database, |tx| changelog::append(tx, NOW, &change())).unwrap()
        });
    }
    let mut seqs: Vec<u64> = appends
        .join_all()
        .await
        .into_iter()
        .map(Seq::number)
        .collect();
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=CONCURRENT).collect::<Vec<_>>());
    assert_eq!(
        verify(&database).await,
        Integrity::Intact {
            entries: CONCURRENT
        }
    );
}

async fn a_transaction_that_is_rolled_back_consumes_no_position(database: Database) {
    append(&database, 1).await;
    let given_up = write!(database, |tx| async move {
        changelog::append(tx, NOW, &change()).await?;
        Err::<Seq, _>(StoreError::Missing("reason to go on"))
    });
    assert!(matches!(given_up, Err(StoreError::Missing(_))));
    let next = write!(database, |tx| changelog::append(tx, NOW, &change())).unwrap();
    assert_eq!(next, Seq::from_number(2));
    assert_eq!(verify(&database).await, Integrity::Intact { entries: 2 });
}

async fn an_empty_log_begins_at_the_start(database: Database) {
    let head = read!(database, |tx| changelog::head(tx)).unwrap();
    assert_eq!(head, Place::START);
    assert_eq!(verify(&database).await, Integrity::Intact { entries: 0 });
}

async fn the_head_is_the_last_of_the_tail(database: Database) {
    append(&database, 3).await;
    let head = read!(database, |tx| changelog::head(tx)).unwrap();
    let tail = read!(database, |tx| changelog::tail(tx, Place::START, 100)).unwrap();
    assert_eq!(tail.last().map(Entry::place), Some(head));
}

async fn the_tail_begins_after_what_is_known(database: Database) {
    append(&database, 5).await;
    let two = read!(database, |tx| changelog::tail(tx, Place::START, 2)).unwrap();
    let known = two.last().unwrap().place();
    let tail = read!(database, |tx| changelog::tail(tx, known, 2)).unwrap();
    let seqs: Vec<u64> = tail.iter().map(|entry| entry.seq.number()).collect();
    assert_eq!(seqs, [3, 4]);
}

async fn changes_come_back_as_they_were(database: Database) {
    let mut runner = TestRunner::deterministic();
    let mut given = vec![
        Change::App {
            id: AppId::new(NOW, unique()),
            balance: MicroUsd::from_micros(i64::MIN),
        },
        organization(Timestamp::MIN),
        organization(Timestamp::MAX),
    ];
    for _ in 0..200 {
        let (digest, facts) = key_rows::facts().new_tree(&mut runner).unwrap().current();
        given.push(Change::Key { digest, facts });
    }
    let changes = given.clone();
    write!(database, |tx| async move {
        for change in &changes {
            changelog::append(tx, NOW, change).await?;
        }
        Ok(())
    })
    .unwrap();
    let tail = read!(database, |tx| changelog::tail(tx, Place::START, 1000)).unwrap();
    assert!(tail.iter().all(|entry| entry.at == NOW));
    let back: Vec<Change> = tail.into_iter().map(|entry| entry.change).collect();
    assert_eq!(back, given);
}

async fn a_tail_that_does_not_follow_is_found(database: Database) {
    append(&database, 3).await;
    let tail = read!(database, |tx| changelog::tail(tx, Place::START, 2)).unwrap();
    let known = tail.last().unwrap().place();
    let other = Place {
        chain: Place::START.chain,
        ..known
    };
    let forked = read!(database, |tx| changelog::tail(tx, other, 10));
    assert!(matches!(forked, Err(StoreError::Forked)));
    let sql = "UPDATE changelog SET body = replace(body, '\"balance\":7', '\"balance\":8') \
               WHERE position = 3";
    tamper(&database, sql).await;
    let forked = read!(database, |tx| changelog::tail(tx, known, 10));
    assert!(matches!(forked, Err(StoreError::Forked)));
}

async fn a_log_that_lost_what_is_known_is_found(database: Database) {
    append(&database, 3).await;
    let known = read!(database, |tx| changelog::head(tx)).unwrap();
    let tail = read!(database, |tx| changelog::tail(tx, known, 10)).unwrap();
    assert!(tail.is_empty());
    tamper(&database, "DELETE FROM changelog WHERE position = 3").await;
    let forked = read!(database, |tx| changelog::tail(tx, known, 10));
    assert!(matches!(forked, Err(StoreError::Forked)));
}

async fn a_sound_chain_is_intact(database: Database) {
    append(&database, 9).await;
    assert_eq!(verify(&database).await, Integrity::Intact { entries: 9 });
}

async fn an_edited_entry_is_found(database: Database) {
    append(&database, 5).await;
    let sql = "UPDATE changelog SET body = replace(body, '\"balance\":7', '\"balance\":8') \
               WHERE position = 3";
    tamper(&database, sql).await;
    assert_eq!(verify(&database).await, Integrity::BrokenAt(3));
}

async fn a_dropped_entry_is_found(database: Database) {
    append(&database, 5).await;
    tamper(&database, "DELETE FROM changelog WHERE position = 2").await;
    assert_eq!(verify(&database).await, Integrity::BrokenAt(2));
}

async fn a_dropped_end_is_found(database: Database) {
    append(&database, 5).await;
    tamper(&database, "DELETE FROM changelog WHERE position = 5").await;
    assert_eq!(verify(&database).await, Integrity::BrokenAt(5));
}

async fn reordered_entries_are_found(database: Database) {
    append(&database, 5).await;
    let sql = "UPDATE changelog SET position = 99 WHERE position = 3;
               UPDATE changelog SET position = 3 WHERE position = 4;
               UPDATE changelog SET position = 4 WHERE position = 99";
    tamper(&database, sql).await;
    assert_eq!(verify(&database).await, Integrity::BrokenAt(3));
}

async fn an_entry_with_an_unknown_member_is_damage(database: Database) {
    append(&database, 1).await;
    let sql =
        "UPDATE changelog SET body = replace(body, '\"at\":', '\"only_on\":\"monday\",\"at\":')";
    tamper(&database, sql).await;
    let tail = read!(database, |tx| changelog::tail(tx, Place::START, 10));
    assert!(matches!(
        tail,
        Err(StoreError::Database(DbError::Corrupt(_)))
    ));
}

fn change() -> Change {
    Change::App {
        id: AppId::new(NOW, unique()),
        balance: MicroUsd::from_micros(7),
    }
}

fn organization(subscribed_until: Timestamp) -> Change {
    Change::Organization(OrganizationFacts {
        id: OrganizationId::new(NOW, unique()),
        is_suspended: subscribed_until == Timestamp::MIN,
        subscribed_until,
    })
}

async fn append(database: &Database, entries: u64) {
    for _ in 0..entries {
        write!(database, |tx| changelog::append(tx, NOW, &change())).unwrap();
    }
}

async fn verify(database: &Database) -> Integrity {
    read!(database, |tx| changelog::verify(tx)).unwrap()
}
