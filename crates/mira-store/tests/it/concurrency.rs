//! Transactions at the same time: what one decides by is not changed by another
//! before it commits, and nobody waits for anybody in a circle.

use mira_core::{Change, Permission, Role, WindowWord};
use mira_db::Database;
use mira_store::usage::{self, Day, Entry, Tally};
use mira_store::{Integrity, StoreError, audit, changelog, journal, keys, organizations, users};
use tokio::task::JoinSet;

use crate::fixture::{
    NOW, add_organization, add_user, digest_of, organization, organization_key, user,
};
use crate::{read, suite, write};

suite!(
    a_record_that_a_writer_has_read_stays_until_it_commits,
    the_last_admin_is_not_removed_twice_at_once,
    both_logs_can_be_appended_to_in_any_order,
    a_change_and_a_use_of_a_key_do_not_undo_each_other,
);

const WRITERS: usize = 20;

async fn a_record_that_a_writer_has_read_stays_until_it_commits(database: Database) {
    let id = add_organization(&database).await.id;
    let key = organization_key(id);
    let (digest, key_id) = (digest_of(&key), key.facts.id);
    write!(database, |tx| keys::insert(tx, &key, &digest)).unwrap();
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let database = database.clone();
        writers.spawn(async move {
            write!(database, |tx| async move {
                let mut organization = organizations::get(tx, id).await?.unwrap();
                let mut key = keys::get(tx, key_id).await?.unwrap().record;
                organization.name.push('+');
                key.name.push('+');
                organizations::update(tx, &organization).await?;
                keys::update(tx, &key).await
            })
            .unwrap();
        });
    }
    writers.join_all().await;
    let after = read!(database, |tx| organizations::get(tx, id)).unwrap();
    assert_eq!(after.unwrap().name.matches('+').count(), WRITERS);
    let after = read!(database, |tx| keys::get(tx, key_id)).unwrap();
    assert_eq!(after.unwrap().record.name.matches('+').count(), WRITERS);
}

async fn the_last_admin_is_not_removed_twice_at_once(database: Database) {
    let id = add_organization(&database).await.id;
    let mut admins = Vec::new();
    for name in ["ann", "bob", "cid"] {
        let admin = user(id, &format!("{name}@example.com"), Role::Admin);
        add_user(&database, &admin).await;
        admins.push(admin.id);
    }
    let mut writers = JoinSet::new();
    for admin in admins {
        let database = database.clone();
        writers.spawn(async move {
            // The loser of a deadlock would be an error as well, and that is safe.
            let _ = write!(database, |tx| async move {
                if users::count_of_organization(tx, id, Role::Admin).await? > 1 {
                    users::delete(tx, admin).await?;
                }
                Ok(())
            });
        });
    }
    writers.join_all().await;
    let left = read!(database, |tx| users::count_of_organization(
        tx,
        id,
        Role::Admin
    ));
    assert_eq!(left.unwrap(), 1);
}

async fn both_logs_can_be_appended_to_in_any_order(database: Database) {
    let mut writers = JoinSet::new();
    for at in 0..WRITERS {
        let database = database.clone();
        writers.spawn(async move {
            write!(database, |tx| async move {
                let event = crate::audit::event(None);
                let change = Change::Organization(organization().facts());
                if at % 2 == 0 {
                    audit::append(tx, &event).await?;
                    changelog::append(tx, NOW, &change).await?;
                } else {
                    changelog::append(tx, NOW, &change).await?;
                    audit::append(tx, &event).await?;
                }
                Ok::<_, StoreError>(())
            })
            .unwrap();
        });
    }
    writers.join_all().await;
    let entries = u64::try_from(WRITERS).unwrap();
    for log in [
        read!(database, |tx| audit::verify(tx)),
        read!(database, |tx| changelog::verify(tx)),
    ] {
        assert_eq!(log.unwrap(), Integrity::Intact { entries });
    }
}

/// On PostgreSQL, where there is somebody else.
#[tokio::test]
async fn a_use_of_a_key_that_is_being_changed_waits_for_nobody_and_is_noted_later() {
    let database = crate::fixture::connect().await;
    let organization = add_organization(&database).await.id;
    let (busy, free) = (
        organization_key(organization),
        organization_key(organization),
    );
    for key in [&busy, &free] {
        let (key, digest) = (key.clone(), digest_of(key));
        write!(database, |tx| keys::insert(tx, &key, &digest)).unwrap();
    }
    let uses = [(busy.facts.id, NOW), (free.facts.id, NOW)];
    let entries = uses.map(|(key_id, at)| Entry {
        key_id,
        day: Day::of(at),
        tally: Tally::default(),
        last_used: Some(at),
        minute_window: WindowWord::default(),
        day_window: WindowWord::default(),
    });
    let other = database.clone();
    write!(database, |tx| async move {
        keys::get(tx, uses[0].0).await?;
        write!(other, |tx| usage::record(tx, &entries))
    })
    .unwrap();
    let last_used = async |id| {
        let key = read!(database, |tx| keys::get(tx, id)).unwrap();
        key.unwrap().record.last_used_at
    };
    assert_eq!(last_used(uses[0].0).await, None);
    assert_eq!(last_used(uses[1].0).await, Some(NOW));
    while write!(database, |tx| journal::settle(tx, 0))
        .unwrap()
        .is_some()
    {}
    assert_eq!(last_used(uses[0].0).await, Some(NOW));
}

async fn a_change_and_a_use_of_a_key_do_not_undo_each_other(database: Database) {
    let organization = add_organization(&database).await.id;
    let key = organization_key(organization);
    let (digest, id) = (digest_of(&key), key.facts.id);
    write!(database, |tx| keys::insert(tx, &key, &digest)).unwrap();
    let mut writers = JoinSet::new();
    for at in 0..WRITERS {
        let database = database.clone();
        writers.spawn(async move {
            if at % 2 == 0 {
                write!(database, |tx| keys::touch_last_used(tx, &[(id, NOW)])).unwrap();
            } else {
                write!(database, |tx| async move {
                    let mut key = keys::get(tx, id).await?.unwrap().record;
                    "renamed".clone_into(&mut key.name);
                    keys::update(tx, &key).await
                })
                .unwrap();
            }
        });
    }
    writers.join_all().await;
    write!(database, |tx| keys::touch_last_used(tx, &[(id, NOW)])).unwrap();
    let key = read!(database, |tx| keys::get(tx, id)).unwrap().unwrap();
    assert_eq!(key.record.name, "renamed");
    assert_eq!(key.record.last_used_at, Some(NOW));
    assert!(key.record.facts.permissions().allow(Permission::Read));
}
