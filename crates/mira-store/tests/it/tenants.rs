//! The tenant is the boundary of every list.

use mira_core::{KeyId, Role};
use mira_db::Database;
use mira_key::ServiceName;
use mira_store::audit::{self, AuditFilter};
use mira_store::keys::{self, KeyFilter, KeyOwner};
use mira_store::usage::{self, Day, Increment, Tally, UsageOf};
use mira_store::{PageRequest, apps, ledger, organizations, users};

use crate::audit::event;
use crate::fixture::{
    NOW, add_app, add_organization, add_user, app_key, digest_of, is_broken_reference, movement,
    organization_key, user,
};
use crate::{read, suite, write};

suite!(
    tenants_never_see_each_other_in_lists,
    an_app_key_stays_in_its_apps_organization
);

async fn tenants_never_see_each_other_in_lists(database: Database) {
    let mut tenants = Vec::new();
    for email in ["ann@example.com", "bob@example.com"] {
        let organization = add_organization(&database).await.id;
        let app = add_app(&database, organization).await;
        let user = user(organization, email, Role::Admin);
        add_user(&database, &user).await;
        let (key, of_app) = (
            organization_key(organization),
            app_key(&app, ServiceName::VERIFY),
        );
        let tenant = (
            organization,
            app.id,
            user.id,
            [key.facts.id, of_app.facts.id],
        );
        write!(database, |tx| async move {
            for key in [&key, &of_app] {
                keys::insert(tx, key, &digest_of(key)).await?;
                let tally = Tally {
                    allowed: 1,
                    denied: 0,
                };
                let (key_id, day) = (key.facts.id, Day::of(NOW));
                usage::add(tx, &[Increment { key_id, day, tally }]).await?;
            }
            ledger::append(tx, movement(app.id, 5, None)).await?;
            audit::append(tx, &event(Some(organization))).await
        })
        .unwrap();
        tenants.push(tenant);
    }

    for (organization, app, user, key_ids) in tenants {
        let seen = read!(database, |tx| async move {
            let all = PageRequest::default();
            let own = KeyOwner::Organization(organization);
            let any = KeyFilter::default();
            let ids = |page: mira_store::Page<mira_core::KeyRecord>| -> Vec<KeyId> {
                page.map(|key| key.facts.id).items
            };
            let days = Day::of(NOW)..Day::from_number(i64::MAX);
            let events = AuditFilter {
                organization_id: Some(organization),
                ..AuditFilter::default()
            };
            let mut of_organization = ids(keys::list(tx, own, &any, &all).await?);
            of_organization.sort();
            let of_app = ids(keys::list(tx, KeyOwner::App(app), &any, &all).await?);
            let users = users::list(tx, organization, &all)
                .await?
                .map(|user| user.id)
                .items;
            let apps = apps::list(tx, organization, &all)
                .await?
                .map(|app| app.id)
                .items;
            let only = organizations::list(tx, Some(organization), &all).await?;
            let events = audit::list(tx, &events, &all).await?.items.len();
            let moved = ledger::list(tx, app, &all).await?.items.len();
            let used = usage::by_key(tx, UsageOf::Organization(organization), days, 10).await?;
            let only = only.map(|one| one.id).items;
            Ok::<_, mira_store::StoreError>((
                (of_organization, of_app, users, apps, only),
                (events, moved, used.len()),
            ))
        })
        .unwrap();
        let lists = (
            key_ids.to_vec(),
            vec![key_ids[1]],
            vec![user],
            vec![app],
            vec![organization],
        );
        assert_eq!(seen, (lists, (1, 1, 2)));
    }
}

async fn an_app_key_stays_in_its_apps_organization(database: Database) {
    let owner = add_organization(&database).await.id;
    let other = add_organization(&database).await.id;
    let app = add_app(&database, owner).await;
    let mut key = app_key(&app, ServiceName::VERIFY);
    key.facts.organization_id = other;
    let refused = write!(database, |tx| keys::insert(tx, &key, &digest_of(&key)));
    assert!(is_broken_reference(&refused.unwrap_err()));
}
