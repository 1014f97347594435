//! Apps.

use mira_core::{App, MicroUsd};
use mira_db::Database;
use mira_store::{PageRequest, StoreError, apps};

use crate::fixture::{NOW, add_app, add_organization, app, is_broken_reference, organization};
use crate::{read, suite, write};

suite!(
    an_app_takes_another_name_and_threshold,
    a_new_app_has_nothing_whatever_it_says,
    a_deleted_app_is_gone_from_everywhere,
    an_app_of_an_unknown_organization_is_an_error,
);

async fn an_app_takes_another_name_and_threshold(database: Database) {
    let before = add_app(&database, add_organization(&database).await.id).await;
    let id = before.id;
    for threshold in [Some(MicroUsd::from_micros(5_000_000)), None] {
        let changed = App {
            name: format!("Support {threshold:?}"),
            low_balance_threshold: threshold,
            ..before.clone()
        };
        let written = changed.clone();
        write!(database, |tx| apps::update(tx, &written)).unwrap();
        let found = read!(database, |tx| apps::get(tx, id)).unwrap();
        assert_eq!(found, Some(changed));
    }
}

async fn a_new_app_has_nothing_whatever_it_says(database: Database) {
    let mut rich = app(add_organization(&database).await.id);
    rich.balance = MicroUsd::from_micros(1_000_000);
    let id = rich.id;
    write!(database, |tx| apps::insert(tx, &rich)).unwrap();
    let found = read!(database, |tx| apps::get(tx, id)).unwrap().unwrap();
    assert_eq!(found.balance, MicroUsd::ZERO);
}

async fn a_deleted_app_is_gone_from_everywhere(database: Database) {
    let app = add_app(&database, add_organization(&database).await.id).await;
    let (id, owner) = (app.id, app.organization_id);
    write!(database, |tx| apps::delete(tx, id, NOW)).unwrap();
    assert_eq!(read!(database, |tx| apps::get(tx, id)).unwrap(), None);
    let listed = read!(database, |tx| async move {
        apps::list(tx, owner, &PageRequest::default()).await
    });
    assert_eq!(listed.unwrap().items, []);
    let changed = write!(database, |tx| apps::update(tx, &app));
    assert!(matches!(changed, Err(StoreError::Missing("app"))));
    let again = write!(database, |tx| apps::delete(tx, id, NOW));
    assert!(matches!(again, Err(StoreError::Missing("app"))));
}

async fn an_app_of_an_unknown_organization_is_an_error(database: Database) {
    let stray = app(organization().id);
    let refused = write!(database, |tx| apps::insert(tx, &stray));
    assert!(is_broken_reference(&refused.unwrap_err()));
}
