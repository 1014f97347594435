//! Apps.

use mira_core::{App, MicroUsd};
use mira_db::Database;
use mira_store::{PageRequest, StoreError, apps};

use crate::fixture::{NOW, add_app, add_organization, app, is_broken_reference, organization};
use crate::{read, suite, write};

suite!(
    an_app_is_renamed,
    a_new_app_has_nothing_whatever_it_says,
    a_deleted_app_is_gone_from_everywhere,
    an_app_of_an_unknown_organization_is_an_error,
);

async fn an_app_is_renamed(database: Database) {
    let before = add_app(&database, add_organization(&database).await.id).await;
    write!(database, |tx| apps::rename(tx, before.id, "Support")).unwrap();
    let found = read!(database, |tx| apps::get(tx, before.id)).unwrap();
    let name = "Support".to_owned();
    assert_eq!(found, Some(App { name, ..before }));
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
    let renamed = write!(database, |tx| apps::rename(tx, id, "Support"));
    assert!(matches!(renamed, Err(StoreError::Missing("app"))));
    let again = write!(database, |tx| apps::delete(tx, id, NOW));
    assert!(matches!(again, Err(StoreError::Missing("app"))));
}

async fn an_app_of_an_unknown_organization_is_an_error(database: Database) {
    let stray = app(organization().id);
    let refused = write!(database, |tx| apps::insert(tx, &stray));
    assert!(is_broken_reference(&refused.unwrap_err()));
}
