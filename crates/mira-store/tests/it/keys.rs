//! Keys are found, filtered and touched; a digest has one key.

use mira_core::{
    Actor, AppId, Environment, KeyId, KeyRecord, OrganizationId, Timestamp, Transition,
};
use mira_db::Database;
use mira_key::{KeyDigest, ServiceName};
use mira_store::keys::{self, KeyFilter, KeyOwner, KindWord};
use mira_store::{PageRequest, StoreError};

use crate::fixture::{
    NOW, add_app, add_organization, app_key, digest_of, is_broken_reference, organization,
    organization_key, unique,
};
use crate::{read, suite, write};

suite!(
    a_digest_has_one_key,
    a_key_is_found_by_its_digest,
    an_unknown_key_is_none,
    updating_an_unknown_key_is_an_error,
    a_key_of_an_unknown_organization_is_an_error,
    a_key_of_an_unknown_app_is_an_error,
    updating_leaves_last_used_at_alone,
    the_later_use_wins_in_whatever_order,
    keys_are_filtered_by_kind_service_and_environment,
    the_unrevoked_keys_of_an_app_are_found_with_their_digests,
    many_keys_are_revoked_at_once_like_one,
);

async fn a_digest_has_one_key(database: Database) {
    let organization = add_organization(&database).await.id;
    let (first, second) = (
        organization_key(organization),
        organization_key(organization),
    );
    let digest = digest_of(&first);
    write!(database, |tx| keys::insert(tx, &first, &digest)).unwrap();
    let refused = write!(database, |tx| keys::insert(tx, &second, &digest)).unwrap_err();
    assert!(refused.is_conflict());
}

async fn a_key_is_found_by_its_digest(database: Database) {
    let key = add(
        &database,
        organization_key(add_organization(&database).await.id),
    )
    .await;
    let digest = digest_of(&key);
    let found = read!(database, |tx| keys::by_digest(tx, &digest)).unwrap();
    assert_eq!(found.map(|stored| stored.record), Some(key));
}

async fn an_unknown_key_is_none(database: Database) {
    let id = KeyId::new(NOW, unique());
    let digest = KeyDigest::of(b"nobody's");
    assert_eq!(read!(database, |tx| keys::get(tx, id)).unwrap(), None);
    assert_eq!(
        read!(database, |tx| keys::by_digest(tx, &digest)).unwrap(),
        None
    );
}

async fn updating_an_unknown_key_is_an_error(database: Database) {
    let key = organization_key(add_organization(&database).await.id);
    let missing = write!(database, |tx| keys::update(tx, &key));
    assert!(matches!(missing, Err(StoreError::Missing("key"))));
}

async fn a_key_of_an_unknown_organization_is_an_error(database: Database) {
    let key = organization_key(organization().id);
    let refused = write!(database, |tx| keys::insert(tx, &key, &digest_of(&key)));
    assert!(is_broken_reference(&refused.unwrap_err()));
}

async fn a_key_of_an_unknown_app_is_an_error(database: Database) {
    let organization = add_organization(&database).await.id;
    let mut app = add_app(&database, organization).await;
    app.id = AppId::new(NOW, unique());
    let key = app_key(&app, ServiceName::VERIFY);
    let refused = write!(database, |tx| keys::insert(tx, &key, &digest_of(&key)));
    assert!(is_broken_reference(&refused.unwrap_err()));
}

async fn updating_leaves_last_used_at_alone(database: Database) {
    let before = add(
        &database,
        organization_key(add_organization(&database).await.id),
    )
    .await;
    let id = before.facts.id;
    write!(database, |tx| keys::touch_last_used(tx, &[(id, NOW)])).unwrap();
    write!(database, |tx| keys::update(tx, &before)).unwrap();
    assert_eq!(last_used_at(&database, id).await, Some(NOW));
}

async fn the_later_use_wins_in_whatever_order(database: Database) {
    let id = add(
        &database,
        organization_key(add_organization(&database).await.id),
    )
    .await
    .facts
    .id;
    let later = NOW.plus_secs(60);
    for at in [NOW, later, NOW] {
        write!(database, |tx| keys::touch_last_used(tx, &[(id, at)])).unwrap();
    }
    assert_eq!(last_used_at(&database, id).await, Some(later));
}

async fn keys_are_filtered_by_kind_service_and_environment(database: Database) {
    let organization = add_organization(&database).await.id;
    let app = add_app(&database, organization).await;
    let mut staging = organization_key(organization);
    staging.facts.environment = Environment::Staging;
    let staging = add(&database, staging).await.facts.id;
    let verify = add(&database, app_key(&app, ServiceName::VERIFY))
        .await
        .facts
        .id;
    let inference = add(&database, app_key(&app, ServiceName::INFERENCE))
        .await
        .facts
        .id;

    let any = KeyFilter::default();
    let organization_keys = KeyFilter {
        kind: Some(KindWord::Organization),
        ..any
    };
    let app_keys = KeyFilter {
        kind: Some(KindWord::App),
        ..any
    };
    let of_verify = KeyFilter {
        service: Some(ServiceName::VERIFY),
        ..any
    };
    let of_staging = KeyFilter {
        environment: Some(Environment::Staging),
        ..any
    };
    let cases = [
        (any, vec![inference, verify, staging]),
        (organization_keys, vec![staging]),
        (app_keys, vec![inference, verify]),
        (of_verify, vec![verify]),
        (of_staging, vec![staging]),
        (
            KeyFilter {
                environment: Some(Environment::Staging),
                ..app_keys
            },
            vec![],
        ),
    ];
    for (filter, wanted) in cases {
        assert_eq!(
            list(&database, organization, filter).await,
            wanted,
            "{filter:?}"
        );
    }
}

async fn the_unrevoked_keys_of_an_app_are_found_with_their_digests(database: Database) {
    let app = add_app(&database, add_organization(&database).await.id).await;
    let live = add(&database, app_key(&app, ServiceName::VERIFY)).await;
    let dead = add(&database, app_key(&app, ServiceName::VERIFY)).await;
    let Transition::Changed(dead) = dead.revoke(NOW, mira_core::Actor::System) else {
        panic!("the key was active");
    };
    write!(database, |tx| keys::update(tx, &dead)).unwrap();
    let found = read!(database, |tx| keys::unrevoked_of_app(tx, app.id)).unwrap();
    let digest = digest_of(&live);
    assert_eq!(
        found,
        [keys::StoredKey {
            digest,
            record: live
        }]
    );
}

async fn add(database: &Database, key: KeyRecord) -> KeyRecord {
    let copy = key.clone();
    write!(database, |tx| keys::insert(tx, &copy, &digest_of(&copy))).unwrap();
    key
}

async fn last_used_at(database: &Database, id: KeyId) -> Option<Timestamp> {
    let stored = read!(database, |tx| keys::get(tx, id)).unwrap();
    stored.unwrap().record.last_used_at
}

async fn list(database: &Database, organization: OrganizationId, filter: KeyFilter) -> Vec<KeyId> {
    let owner = KeyOwner::Organization(organization);
    let page = read!(database, |tx| async move {
        keys::list(tx, owner, &filter, &PageRequest::default()).await
    });
    page.unwrap().map(|key| key.facts.id).items
}

async fn many_keys_are_revoked_at_once_like_one(database: Database) {
    let organization = add_organization(&database).await.id;
    let app = add_app(&database, organization).await;
    let mut expected = Vec::new();
    for number in 0..3 {
        let key = add(&database, app_key(&app, ServiceName::VERIFY)).await;
        let at = NOW.plus_secs(number);
        let Transition::Changed(key) = key.revoke(at, Actor::System) else {
            panic!("it was active");
        };
        expected.push((at, key));
    }
    let revoked: Vec<_> = expected
        .iter()
        .map(|(at, key)| (key.facts.id, *at))
        .collect();
    write!(database, |tx| keys::revoke(tx, &revoked, Actor::System)).unwrap();
    for (_, key) in expected {
        let id = key.facts.id;
        let stored = read!(database, |tx| keys::get(tx, id)).unwrap();
        assert_eq!(stored.map(|stored| stored.record), Some(key));
    }
    let unknown = [(KeyId::new(NOW, unique()), NOW)];
    let refused = write!(database, |tx| keys::revoke(tx, &unknown, Actor::System));
    assert!(matches!(refused, Err(StoreError::Missing(_))));
    write!(database, |tx| keys::revoke(tx, &[], Actor::System)).unwrap();
}
