//! A repeated request finds what the first one made.

use mira_db::Database;
use mira_store::idempotency::{self, Remembered, Slot};

use crate::fixture::NOW;
use crate::{read, suite, write};

suite!(
    a_repeat_finds_what_the_first_made,
    actors_routes_and_keys_are_apart,
    a_slot_is_taken_once,
    what_is_old_is_forgotten,
);

async fn a_repeat_finds_what_the_first_made(database: Database) {
    add(&database, slot("ann", "k")).await;
    let found = read!(database, |tx| async move {
        idempotency::get(tx, &slot("ann", "k")).await
    });
    assert_eq!(found.unwrap(), Some(remembered()));
}

async fn actors_routes_and_keys_are_apart(database: Database) {
    add(&database, slot("ann", "k")).await;
    let elsewhere = Slot {
        route: "POST /elsewhere".to_owned(),
        ..slot("ann", "k")
    };
    for other in [slot("bob", "k"), slot("ann", "l"), elsewhere] {
        let found = read!(
            database,
            |tx| async move { idempotency::get(tx, &other).await }
        );
        assert_eq!(found.unwrap(), None);
    }
}

async fn a_slot_is_taken_once(database: Database) {
    add(&database, slot("ann", "k")).await;
    let refused = write!(database, |tx| async move {
        idempotency::insert(tx, &slot("ann", "k"), &remembered()).await
    });
    assert!(refused.unwrap_err().is_conflict());
}

async fn what_is_old_is_forgotten(database: Database) {
    add(&database, slot("ann", "k")).await;
    let before = NOW.plus_secs(-1);
    assert_eq!(
        write!(database, |tx| idempotency::prune(tx, before)).unwrap(),
        0
    );
    assert_eq!(
        write!(database, |tx| idempotency::prune(tx, NOW)).unwrap(),
        1
    );
    add(&database, slot("ann", "k")).await;
}

fn slot(actor: &str, key: &str) -> Slot {
    Slot {
        actor: actor.to_owned(),
        route: "POST /v1/apps".to_owned(),
        key: key.to_owned(),
    }
}

fn remembered() -> Remembered {
    Remembered {
        fingerprint: [7; 32],
        record_id: "app_1".to_owned(),
        created_at: NOW,
    }
}

async fn add(database: &Database, slot: Slot) {
    write!(database, |tx| async move {
        idempotency::insert(tx, &slot, &remembered()).await
    })
    .unwrap();
}
