//! Users and organizations.

use mira_core::{
    Organization, OrganizationState, Plan, Role, Subscription, SubscriptionStatus, UserId,
};
use mira_db::Database;
use mira_store::users::{self, PasswordHash};
use mira_store::{StoreError, organizations};

use crate::fixture::{
    NOW, add_organization, add_user, is_broken_reference, organization, unique, user,
};
use crate::{read, suite, write};

suite!(
    an_organization_comes_back_as_it_was_updated,
    loading_gives_the_facts_of_every_organization,
    updating_an_unknown_organization_is_an_error,
    an_email_is_one_account_in_whatever_case,
    an_email_is_found_in_whatever_case,
    a_password_is_set_and_replaced,
    a_role_is_changed,
    admins_are_counted_in_their_organization,
    a_deleted_user_is_gone,
    a_user_of_an_unknown_organization_is_an_error,
    a_store_without_users_is_empty,
);

async fn an_organization_comes_back_as_it_was_updated(database: Database) {
    let before = add_organization(&database).await;
    let after = Organization {
        name: "Acme & Söhne".to_owned(),
        state: OrganizationState::Suspended,
        subscription: Subscription {
            plan: Plan::Enterprise,
            status: SubscriptionStatus::PastDue,
            current_period_end: Some(NOW),
        },
        ..before
    };
    let copy = after.clone();
    write!(database, |tx| organizations::update(tx, &copy)).unwrap();
    let found = read!(database, |tx| organizations::get(tx, after.id)).unwrap();
    assert_eq!(found, Some(after));
}

async fn loading_gives_the_facts_of_every_organization(database: Database) {
    let given = [
        add_organization(&database).await,
        add_organization(&database).await,
    ];
    let loaded = read!(database, |tx| async move {
        let mut loaded = Vec::new();
        organizations::load_facts(tx, |facts| loaded.push(facts)).await?;
        Ok::<_, StoreError>(loaded)
    });
    assert_eq!(loaded.unwrap(), given.map(|one| one.facts()));
}

async fn updating_an_unknown_organization_is_an_error(database: Database) {
    let missing = write!(database, |tx| async move {
        organizations::update(tx, &organization()).await
    });
    assert!(matches!(missing, Err(StoreError::Missing("organization"))));
}

async fn an_email_is_one_account_in_whatever_case(database: Database) {
    let organization = add_organization(&database).await.id;
    add_user(
        &database,
        &user(organization, "ann@example.com", Role::Member),
    )
    .await;
    let again = user(organization, "Ann@Example.COM", Role::Member);
    let refused = write!(database, |tx| users::insert(tx, &again, None)).unwrap_err();
    assert!(refused.is_conflict());
}

async fn an_email_is_found_in_whatever_case(database: Database) {
    let organization = add_organization(&database).await.id;
    let ann = user(organization, "Änn@Example.com", Role::Member);
    add_user(&database, &ann).await;
    for email in ["änn@example.com", "ÄNN@EXAMPLE.COM"] {
        let account = read!(database, |tx| users::by_email(tx, email))
            .unwrap()
            .unwrap();
        assert_eq!(account.user.id, ann.id);
        assert_eq!(account.user.email, "änn@example.com");
    }
    let nobody = read!(database, |tx| users::by_email(tx, "bob@example.com"));
    assert_eq!(nobody.unwrap(), None);
}

async fn a_password_is_set_and_replaced(database: Database) {
    let organization = add_organization(&database).await.id;
    let ann = user(organization, "ann@example.com", Role::Member);
    add_user(&database, &ann).await;
    assert_eq!(password(&database).await, None);
    for phc in ["$argon2id$1", "$argon2id$2"] {
        let hash = PasswordHash::new(phc);
        write!(database, |tx| users::set_password_hash(tx, ann.id, &hash)).unwrap();
        assert_eq!(password(&database).await, Some(PasswordHash::new(phc)));
    }
    let (nobody, hash) = (UserId::new(NOW, unique()), PasswordHash::new("$argon2id$3"));
    let missing = write!(database, |tx| users::set_password_hash(tx, nobody, &hash));
    assert!(matches!(missing, Err(StoreError::Missing("user"))));
}

#[test]
fn a_password_hash_does_not_print() {
    let hash = PasswordHash::new("$argon2id$secret");
    assert_eq!(format!("{hash:?}"), "PasswordHash(…)");
}

async fn a_role_is_changed(database: Database) {
    let organization = add_organization(&database).await.id;
    let ann = user(organization, "ann@example.com", Role::Member);
    add_user(&database, &ann).await;
    write!(database, |tx| users::set_role(tx, ann.id, Role::Admin)).unwrap();
    let found = read!(database, |tx| users::get(tx, ann.id))
        .unwrap()
        .unwrap();
    assert_eq!(found.role, Role::Admin);
}

async fn admins_are_counted_in_their_organization(database: Database) {
    let (one, other) = (
        add_organization(&database).await.id,
        add_organization(&database).await.id,
    );
    let people = [
        (one, "a@example.com", Role::Admin),
        (one, "b@example.com", Role::Admin),
        (one, "c@example.com", Role::Member),
        (one, "d@example.com", Role::Superadmin),
        (other, "e@example.com", Role::Admin),
    ];
    for (organization, email, role) in people {
        add_user(&database, &user(organization, email, role)).await;
    }
    let count = |role| {
        let database = database.clone();
        async move { read!(database, |tx| users::count_with_role(tx, role)).unwrap() }
    };
    let of_one = read!(database, |tx| users::count_of_organization(
        tx,
        one,
        Role::Admin
    ));
    assert_eq!(of_one.unwrap(), 2);
    assert_eq!(count(Role::Admin).await, 3);
    assert_eq!(count(Role::Superadmin).await, 1);
}

async fn a_deleted_user_is_gone(database: Database) {
    let organization = add_organization(&database).await.id;
    let ann = user(organization, "ann@example.com", Role::Member);
    add_user(&database, &ann).await;
    assert!(write!(database, |tx| users::delete(tx, ann.id)).unwrap());
    assert!(!write!(database, |tx| users::delete(tx, ann.id)).unwrap());
    assert_eq!(read!(database, |tx| users::get(tx, ann.id)).unwrap(), None);
}

async fn a_user_of_an_unknown_organization_is_an_error(database: Database) {
    let stray = user(organization().id, "ann@example.com", Role::Member);
    let refused = write!(database, |tx| users::insert(tx, &stray, None));
    assert!(is_broken_reference(&refused.unwrap_err()));
}

async fn a_store_without_users_is_empty(database: Database) {
    assert!(read!(database, |tx| users::is_empty(tx)).unwrap());
    let organization = add_organization(&database).await.id;
    add_user(
        &database,
        &user(organization, "ann@example.com", Role::Superadmin),
    )
    .await;
    assert!(!read!(database, |tx| users::is_empty(tx)).unwrap());
}

async fn password(database: &Database) -> Option<PasswordHash> {
    let account = read!(database, |tx| users::by_email(tx, "ann@example.com"));
    account.unwrap().unwrap().password_hash
}
