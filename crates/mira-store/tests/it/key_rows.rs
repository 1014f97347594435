//! Every key record that the domain can make comes back as it was.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::num::NonZeroU32;

use mira_core::{
    Actor, Allowlist, AppId, Environment, KeyFacts, KeyId, KeyKind, KeyRecord, KeyState,
    OrganizationId, Origin, Permission, RateLimit, Suspendable, Timestamp, UserId,
};
use mira_db::{Database, DbError};
use mira_key::{KeyDigest, ServiceName};
use mira_store::{StoreError, keys};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use crate::fixture::{add_app, add_organization, digest_of, organization_key, tamper};
use crate::{read, suite, write};

suite!(
    every_record_comes_back_as_it_was,
    every_record_comes_back_as_it_was_updated,
    loading_gives_the_facts_of_every_key,
    a_row_that_contradicts_itself_is_damage,
    a_column_that_cannot_be_read_is_damage,
);

const CASES: usize = 300;

async fn every_record_comes_back_as_it_was(database: Database) {
    for (digest, record) in records(&database).await {
        let (copy, id) = (record.clone(), record.facts.id);
        write!(database, |tx| keys::insert(tx, &copy, &digest)).unwrap();
        let stored = read!(database, |tx| keys::get(tx, id)).unwrap().unwrap();
        assert_eq!((stored.digest, stored.record), (digest, record));
    }
}

async fn every_record_comes_back_as_it_was_updated(database: Database) {
    let organization = add_organization(&database).await.id;
    let before = organization_key(organization);
    let copy = before.clone();
    write!(database, |tx| keys::insert(tx, &copy, &digest_of(&copy))).unwrap();
    for (_, record) in records(&database).await {
        let KeyKind::Organization { .. } = record.facts.kind else {
            continue;
        };
        let mut after = record;
        after.facts.id = before.facts.id;
        after.facts.organization_id = organization;
        after.prefix.clone_from(&before.prefix);
        after.origin = before.origin;
        after.rotated_to = after.rotated_to.map(|_| before.facts.id);
        after.last_used_at = before.last_used_at;
        let (copy, id) = (after.clone(), after.facts.id);
        write!(database, |tx| keys::update(tx, &copy)).unwrap();
        let stored = read!(database, |tx| keys::get(tx, id)).unwrap().unwrap();
        assert_eq!(stored.record, after);
    }
}

async fn loading_gives_the_facts_of_every_key(database: Database) {
    let mut given = Vec::new();
    for (digest, record) in records(&database).await {
        given.push((digest, record.facts.clone()));
        write!(database, |tx| keys::insert(tx, &record, &digest)).unwrap();
    }
    let mut loaded = read!(database, |tx| async move {
        let mut loaded = Vec::new();
        keys::load_facts(tx, |digest, facts| loaded.push((digest, facts))).await?;
        assert_eq!(keys::count(tx).await?, loaded.len() as u64);
        Ok::<_, StoreError>(loaded)
    })
    .unwrap();
    let by_id = |(_, facts): &(KeyDigest, KeyFacts)| facts.id;
    given.sort_by_key(by_id);
    loaded.sort_by_key(by_id);
    assert_eq!(loaded, given);
}

async fn a_row_that_contradicts_itself_is_damage(database: Database) {
    let sql = match database {
        Database::Sqlite(_) => {
            "PRAGMA ignore_check_constraints = ON;
             UPDATE keys SET state = 'revoked';
             PRAGMA ignore_check_constraints = OFF"
        }
        Database::Postgres(_) => {
            "DO $$ DECLARE name text; BEGIN
                 FOR name IN SELECT conname FROM pg_constraint
                     WHERE conrelid = 'keys'::regclass AND contype = 'c'
                 LOOP EXECUTE format('ALTER TABLE keys DROP CONSTRAINT %I', name); END LOOP;
             END $$;
             UPDATE keys SET state = 'revoked'"
        }
    };
    assert_damaged_by(database, sql).await;
}

async fn a_column_that_cannot_be_read_is_damage(database: Database) {
    assert_damaged_by(database, "UPDATE keys SET created_by = 'nobody'").await;
}

/// The damaged key is an error wherever it would appear, and never left out.
async fn assert_damaged_by(database: Database, sql: &'static str) {
    let organization = add_organization(&database).await.id;
    let key = organization_key(organization);
    let id = key.facts.id;
    write!(database, |tx| keys::insert(tx, &key, &digest_of(&key))).unwrap();
    tamper(&database, sql).await;
    let found = read!(database, |tx| keys::get(tx, id));
    assert!(matches!(
        found,
        Err(StoreError::Database(DbError::Corrupt(_)))
    ));
    let listed = read!(database, |tx| async move {
        let owner = keys::KeyOwner::Organization(organization);
        keys::list(
            tx,
            owner,
            &keys::KeyFilter::default(),
            &mira_store::PageRequest::default(),
        )
        .await
    });
    assert!(matches!(
        listed,
        Err(StoreError::Database(DbError::Corrupt(_)))
    ));
}

/// Records of one organization and app in `database`, ready to be inserted.
async fn records(database: &Database) -> Vec<(KeyDigest, KeyRecord)> {
    let organization = add_organization(database).await.id;
    let app = add_app(database, organization).await.id;
    let mut runner = TestRunner::deterministic();
    (0..CASES)
        .map(|_| record().new_tree(&mut runner).unwrap().current())
        .map(|(digest, mut record)| {
            record.facts.organization_id = organization;
            if let KeyKind::App { app_id, .. } = &mut record.facts.kind {
                *app_id = app;
            }
            (digest, record)
        })
        .collect()
}

fn record() -> impl Strategy<Value = (KeyDigest, KeyRecord)> {
    let text = || any::<String>();
    let origin = (instant(), actor()).prop_map(|(created_at, created_by)| Origin {
        created_at,
        created_by,
        rotated_from: None,
    });
    (facts(), text(), text(), origin, option::of(instant())).prop_map(
        |((digest, facts), name, prefix, origin, last_used_at)| {
            // A key can be its own neighbor as far as the tables care, which
            // saves the test a second one.
            let neighbor = (last_used_at.is_some()).then_some(facts.id);
            let record = KeyRecord {
                facts,
                name,
                prefix,
                origin: Origin {
                    rotated_from: neighbor,
                    ..origin
                },
                last_used_at,
                rotated_to: neighbor,
            };
            (digest, record)
        },
    )
}

/// Facts of any key, with its digest.
pub(crate) fn facts() -> impl Strategy<Value = (KeyDigest, KeyFacts)> {
    let environment = select(Environment::ALL);
    let limit = || option::of(any::<NonZeroU32>());
    let ids = (any::<[u8; 32]>(), any::<[u8; 16]>(), any::<[u8; 16]>());
    let life = (state(), option::of(instant()));
    (
        ids,
        kind(),
        environment,
        life,
        option::of(allowlist()),
        limit(),
        limit(),
    )
        .prop_map(
            |(ids, kind, environment, (state, expires_at), ip_allowlist, per_minute, per_day)| {
                let (digest, id, organization) = ids;
                let facts = KeyFacts {
                    id: KeyId::from_bytes(id),
                    organization_id: OrganizationId::from_bytes(organization),
                    kind,
                    environment,
                    state,
                    expires_at,
                    ip_allowlist,
                    rate_limit: RateLimit {
                        per_minute,
                        per_day,
                    },
                };
                (KeyDigest::from_bytes(digest), facts)
            },
        )
}

fn kind() -> impl Strategy<Value = KeyKind> {
    let permissions = vec(select(Permission::ALL), 0..=3).prop_map(|set| KeyKind::Organization {
        permissions: set.into_iter().collect(),
    });
    let service =
        (any::<[u8; 16]>(), "[a-z][a-z0-9-]{1,30}").prop_map(|(app, service)| KeyKind::App {
            app_id: AppId::from_bytes(app),
            service: service.parse::<ServiceName>().unwrap(),
        });
    prop_oneof![permissions, service]
}

fn state() -> impl Strategy<Value = KeyState> {
    let grace = || (instant(), instant());
    let was = prop_oneof![
        Just(Suspendable::Active),
        grace().prop_map(|(since, until)| Suspendable::Retiring { since, until }),
    ];
    prop_oneof![
        Just(KeyState::Active),
        grace().prop_map(|(since, until)| KeyState::Retiring { since, until }),
        (instant(), was).prop_map(|(since, was)| KeyState::Suspended { since, was }),
        (instant(), actor()).prop_map(|(at, by)| KeyState::Revoked { at, by }),
    ]
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        Just(Actor::System),
        any::<[u8; 16]>().prop_map(|id| Actor::User(UserId::from_bytes(id))),
        any::<[u8; 16]>().prop_map(|id| Actor::Key(KeyId::from_bytes(id))),
    ]
}

fn instant() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn allowlist() -> impl Strategy<Value = Allowlist> {
    let network = prop_oneof![
        any::<Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<Ipv6Addr>().prop_map(|address| address.to_string()),
        (any::<u32>(), 0_u32..=32).prop_map(|(bits, length)| {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            format!("{}/{length}", Ipv4Addr::from(bits & mask))
        }),
        (any::<u128>(), 0_u32..=128).prop_map(|(bits, length)| {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            format!("{}/{length}", Ipv6Addr::from(bits & mask))
        }),
    ];
    vec(network, 1..8).prop_map(|entries| Allowlist::parse(&entries).unwrap())
}
