//! Money: a running balance, exactly once for each request.

use mira_core::{AppId, MicroUsd};
use mira_db::Database;
use mira_store::ledger::{self, Appended};
use mira_store::{PageRequest, StoreError, apps};
use tokio::task::JoinSet;

use crate::fixture::{NOW, add_app, add_organization, is_broken_reference, movement, unique};
use crate::{read, suite, write};

suite!(
    the_balance_runs,
    an_apps_balance_is_that_of_its_last_transaction,
    a_request_is_charged_once,
    two_apps_may_be_charged_for_one_request,
    charges_at_the_same_time_all_count,
    an_overflow_is_an_error_and_moves_nothing,
    a_movement_of_an_unknown_app_is_an_error,
    a_deleted_app_is_still_charged,
    a_balance_that_moved_is_told_once_and_as_it_is_then,
);

async fn a_balance_that_moved_is_told_once_and_as_it_is_then(database: Database) {
    let (one, other) = (new_app(&database).await, new_app(&database).await);
    assert!(!read!(database, |tx| ledger::has_moved(tx)).unwrap());
    for (app, amount) in [(one, 5), (other, 7), (one, -2)] {
        append(&database, app, amount, None).await.unwrap();
        write!(database, |tx| ledger::note_moved(tx, app)).unwrap();
    }
    let mut told = Vec::new();
    while read!(database, |tx| ledger::has_moved(tx)).unwrap() {
        let taken = write!(database, |tx| ledger::take_moved(tx, 1)).unwrap();
        assert_eq!(taken.len(), 1);
        told.extend(taken);
    }
    told.sort();
    let mut expected = [
        (one, MicroUsd::from_micros(3)),
        (other, MicroUsd::from_micros(7)),
    ];
    expected.sort();
    assert_eq!(told, expected);
    assert_eq!(
        write!(database, |tx| ledger::take_moved(tx, 1)).unwrap(),
        []
    );
}

async fn the_balance_runs(database: Database) {
    let app = new_app(&database).await;
    for amount in [10_000, -2_500, -9_000] {
        append(&database, app, amount, None).await.unwrap();
    }
    let page = read!(database, |tx| async move {
        ledger::list(tx, app, &PageRequest::default()).await
    });
    let last_first = page.unwrap().items.into_iter();
    let balances: Vec<i64> = last_first
        .map(|transaction| transaction.balance.as_micros())
        .collect();
    assert_eq!(balances, [-1_500, 7_500, 10_000]);
}

async fn an_apps_balance_is_that_of_its_last_transaction(database: Database) {
    let app = new_app(&database).await;
    assert_eq!(balance(&database, app).await, 0);
    append(&database, app, 300, None).await.unwrap();
    append(&database, app, -100, None).await.unwrap();
    assert_eq!(balance(&database, app).await, 200);
    let record = read!(database, |tx| apps::get(tx, app)).unwrap().unwrap();
    assert_eq!(record.balance.as_micros(), 200);
    let loaded = read!(database, |tx| async move {
        let mut loaded = Vec::new();
        apps::load_balances(tx, |id, balance| loaded.push((id, balance))).await?;
        Ok::<_, StoreError>(loaded)
    });
    assert_eq!(loaded.unwrap(), [(app, MicroUsd::from_micros(200))]);
}

async fn a_request_is_charged_once(database: Database) {
    let app = new_app(&database).await;
    let first = append(&database, app, -5, Some("req-1")).await.unwrap();
    let Appended::New(first) = first else {
        panic!("nothing was charged before");
    };
    let again = append(&database, app, -7, Some("req-1")).await.unwrap();
    assert_eq!(again, Appended::Repeated(first));
    assert_eq!(balance(&database, app).await, -5);
}

async fn two_apps_may_be_charged_for_one_request(database: Database) {
    for app in [new_app(&database).await, new_app(&database).await] {
        append(&database, app, -5, Some("req-1")).await.unwrap();
        assert_eq!(balance(&database, app).await, -5);
    }
}

async fn charges_at_the_same_time_all_count(database: Database) {
    let app = new_app(&database).await;
    let mut charges = JoinSet::new();
    for at in 0..50 {
        let database = database.clone();
        charges.spawn(async move {
            // Every request is charged twice, as a retry would.
            let request = format!("req-{}", at / 2);
            append(&database, app, -1, Some(&request)).await.unwrap();
        });
    }
    charges.join_all().await;
    assert_eq!(balance(&database, app).await, -25);
}

async fn an_overflow_is_an_error_and_moves_nothing(database: Database) {
    let app = new_app(&database).await;
    append(&database, app, i64::MAX, None).await.unwrap();
    let refused = append(&database, app, 1, None).await;
    assert!(matches!(refused, Err(StoreError::BalanceOverflow)));
    assert_eq!(balance(&database, app).await, i64::MAX);
}

async fn a_movement_of_an_unknown_app_is_an_error(database: Database) {
    let refused = append(&database, AppId::new(NOW, unique()), 1, None).await;
    assert!(is_broken_reference(&refused.unwrap_err()));
}

async fn a_deleted_app_is_still_charged(database: Database) {
    let app = new_app(&database).await;
    write!(database, |tx| apps::delete(tx, app, NOW)).unwrap();
    assert_eq!(read!(database, |tx| apps::get(tx, app)).unwrap(), None);
    append(&database, app, -5, Some("req-1")).await.unwrap();
    assert_eq!(balance(&database, app).await, -5);
}

async fn new_app(database: &Database) -> AppId {
    let organization = add_organization(database).await.id;
    add_app(database, organization).await.id
}

async fn append(
    database: &Database,
    app: AppId,
    micros: i64,
    request_id: Option<&str>,
) -> Result<Appended, StoreError> {
    let movement = movement(app, micros, request_id);
    write!(database, |tx| ledger::append(tx, movement))
}

async fn balance(database: &Database, app: AppId) -> i64 {
    read!(database, |tx| ledger::balance(tx, app))
        .unwrap()
        .as_micros()
}
