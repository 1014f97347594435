//! Refused requests.

use mira_core::{
    Access, Audience, Environment, KeyId, OrganizationId, Permission, Refused, Timestamp,
};
use mira_db::Database;
use mira_key::ServiceName;
use mira_store::refusals::{self, RefusalFilter};
use mira_store::{PageRequest, StoreError};

use crate::fixture::{NOW, unique};
use crate::{read, suite, write};

suite!(
    refusals_are_listed_last_first_and_to_their_own_organization,
    what_was_asked_for_is_read_as_it_was_written,
    the_same_refusal_is_kept_once,
    old_refusals_are_forgotten_a_few_at_a_time,
);

fn refused(at: Timestamp, organization_id: OrganizationId, key_id: KeyId) -> Refused {
    let mut request_id = Refused::first_id_at(at);
    request_id.split_at_mut(6).1.copy_from_slice(&unique());
    Refused {
        request_id,
        key_id,
        organization_id,
        access: Access::ANY,
        code: "revoked_key".to_owned(),
    }
}

fn ids() -> (OrganizationId, KeyId) {
    (
        OrganizationId::new(NOW, unique()),
        KeyId::new(NOW, unique()),
    )
}

async fn add(database: &Database, batch: Vec<Refused>) {
    write!(
        database,
        |tx| async move { refusals::add(tx, &batch).await }
    )
    .unwrap();
}

/// All that are listed, two at a time.
async fn listed(database: &Database, filter: RefusalFilter) -> Vec<Refused> {
    let mut all = Vec::new();
    let mut request = PageRequest::new(2, None).unwrap();
    loop {
        let page = read!(database, |tx| async move {
            refusals::list(tx, &filter, &request).await
        });
        let page = page.unwrap();
        all.extend(page.items);
        match page.next_cursor {
            Some(cursor) => request = PageRequest::new(2, Some(cursor)).unwrap(),
            None => return all,
        }
    }
}

async fn refusals_are_listed_last_first_and_to_their_own_organization(database: Database) {
    let ((organization, key), (other, strange)) = (ids(), ids());
    let second = KeyId::new(NOW, unique());
    let own = [key, second, key].into_iter().enumerate();
    let own: Vec<Refused> = own
        .map(|(secs, key)| {
            refused(
                NOW.plus_secs(i64::try_from(secs).unwrap()),
                organization,
                key,
            )
        })
        .collect();
    let mut batch = own.clone();
    batch.push(refused(NOW, other, strange));
    add(&database, batch).await;

    let of = |organization_id, key_id| RefusalFilter {
        organization_id,
        key_id,
    };
    let all: Vec<Refused> = own.iter().rev().cloned().collect();
    assert_eq!(listed(&database, of(organization, None)).await, all);
    let of_key: Vec<Refused> = all
        .iter()
        .filter(|one| one.key_id == key)
        .cloned()
        .collect();
    assert_eq!(listed(&database, of(organization, Some(key))).await, of_key);
    // A key is found in its own organization alone.
    assert_eq!(listed(&database, of(organization, Some(strange))).await, []);
    assert_eq!(all.first().map(Refused::at), Some(NOW.plus_secs(2)));
}

async fn what_was_asked_for_is_read_as_it_was_written(database: Database) {
    let (organization_id, key_id) = ids();
    let service = ServiceName::VERIFY;
    for access in [
        Access::ANY,
        Access {
            audience: Audience::Organization,
            permission: Some(Permission::Write),
            environments: [Environment::Staging].into_iter().collect(),
            ..Access::ANY
        },
        Access {
            audience: Audience::Service(service),
            address: Some("2001:db8::1".parse().unwrap()),
            is_metered: true,
            ..Access::ANY
        },
    ] {
        let one = Refused {
            access,
            ..refused(NOW, organization_id, key_id)
        };
        add(&database, vec![one.clone()]).await;
        let filter = RefusalFilter {
            organization_id,
            key_id: None,
        };
        assert!(listed(&database, filter).await.contains(&one));
    }
}

async fn the_same_refusal_is_kept_once(database: Database) {
    let (organization_id, key_id) = ids();
    let one = refused(NOW, organization_id, key_id);
    add(&database, vec![one.clone()]).await;
    add(&database, vec![one.clone()]).await;
    let filter = RefusalFilter {
        organization_id,
        key_id: None,
    };
    assert_eq!(listed(&database, filter).await, [one]);
}

async fn old_refusals_are_forgotten_a_few_at_a_time(database: Database) {
    let (organization_id, key_id) = ids();
    let at = |secs| refused(NOW.plus_secs(secs), organization_id, key_id);
    let (young, batch) = (at(0), vec![at(-3), at(-2), at(-1)]);
    add(&database, batch).await;
    add(&database, vec![young.clone()]).await;
    for forgotten in [2, 1, 0] {
        let count: Result<u64, StoreError> = write!(database, |tx| refusals::forget(tx, NOW, 2));
        assert_eq!(count.unwrap(), forgotten);
    }
    let filter = RefusalFilter {
        organization_id,
        key_id: None,
    };
    assert_eq!(listed(&database, filter).await, [young]);
}
