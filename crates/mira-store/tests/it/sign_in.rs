//! Sessions, invitations and failed sign-ins.

use mira_core::{Role, Timestamp, User, UserId};
use mira_db::Database;
use mira_store::invitations::{self, Invitation};
use mira_store::sessions::{self, Session};
use mira_store::{TokenDigest, sign_in_attempts, users};

use crate::fixture::{NOW, add_organization, add_user, is_broken_reference, unique, user};
use crate::{read, suite, write};

suite!(
    a_session_is_found_with_its_user,
    a_session_is_only_ever_seen_later,
    a_session_ends_once,
    all_sessions_of_a_user_end_together,
    idle_and_old_sessions_are_forgotten,
    a_removed_user_has_no_session_and_no_invitation,
    a_session_of_an_unknown_user_is_an_error,
    an_invitation_is_taken_once,
    an_invitation_that_has_ended_is_none,
    the_invitations_of_a_user_are_taken_back,
    invitations_that_have_ended_are_forgotten,
    failures_are_counted_for_each_subject_and_window,
    failures_are_cleared_and_pruned,
);

async fn a_session_is_found_with_its_user(database: Database) {
    let ann = add_ann(&database).await;
    let session = begin(&database, ann.id, b"one", NOW).await;
    assert_eq!(find(&database, b"one").await, Some((session, ann)));
    assert_eq!(find(&database, b"another").await, None);
}

async fn a_session_is_only_ever_seen_later(database: Database) {
    let ann = add_ann(&database).await;
    begin(&database, ann.id, b"one", NOW).await;
    let later = NOW.plus_secs(5);
    for at in [later, NOW] {
        let token = TokenDigest::of(b"one");
        write!(database, |tx| sessions::touch(tx, &token, at)).unwrap();
    }
    let (session, _) = find(&database, b"one").await.unwrap();
    assert_eq!((session.created_at, session.last_seen_at), (NOW, later));
}

async fn a_session_ends_once(database: Database) {
    let ann = add_ann(&database).await;
    begin(&database, ann.id, b"one", NOW).await;
    let token = TokenDigest::of(b"one");
    assert!(write!(database, |tx| sessions::delete(tx, &token)).unwrap());
    assert!(!write!(database, |tx| sessions::delete(tx, &token)).unwrap());
    assert_eq!(find(&database, b"one").await, None);
}

async fn all_sessions_of_a_user_end_together(database: Database) {
    let ann = add_ann(&database).await;
    let bob = user(ann.organization_id, "bob@example.com", Role::Member);
    add_user(&database, &bob).await;
    begin(&database, ann.id, b"one", NOW).await;
    begin(&database, ann.id, b"two", NOW).await;
    begin(&database, bob.id, b"three", NOW).await;
    let ended = write!(database, |tx| sessions::delete_all_of_user(tx, ann.id));
    assert_eq!(ended.unwrap(), 2);
    assert!(find(&database, b"three").await.is_some());
}

async fn idle_and_old_sessions_are_forgotten(database: Database) {
    let ann = add_ann(&database).await;
    begin(&database, ann.id, b"old", NOW).await;
    let later = NOW.plus_secs(100);
    let old = TokenDigest::of(b"old");
    write!(database, |tx| sessions::touch(tx, &old, later.plus_secs(1))).unwrap();
    begin(&database, ann.id, b"idle", later).await;
    begin(&database, ann.id, b"fresh", later.plus_secs(1)).await;
    let forgotten = write!(database, |tx| sessions::delete_expired(tx, later, NOW));
    assert_eq!(forgotten.unwrap(), 2);
    assert!(find(&database, b"fresh").await.is_some());
}

async fn a_removed_user_has_no_session_and_no_invitation(database: Database) {
    let ann = add_ann(&database).await;
    begin(&database, ann.id, b"one", NOW).await;
    invite(&database, ann.id, b"link", NOW.plus_secs(60)).await;
    write!(database, |tx| users::delete(tx, ann.id)).unwrap();
    assert_eq!(find(&database, b"one").await, None);
    assert_eq!(take(&database, b"link", NOW).await, None);
}

async fn a_session_of_an_unknown_user_is_an_error(database: Database) {
    let session = Session {
        user_id: UserId::new(NOW, unique()),
        created_at: NOW,
        last_seen_at: NOW,
    };
    let token = TokenDigest::of(b"one");
    let refused = write!(database, |tx| sessions::insert(tx, &token, &session));
    assert!(is_broken_reference(&refused.unwrap_err()));
}

async fn an_invitation_is_taken_once(database: Database) {
    let ann = add_ann(&database).await;
    let invitation = invite(&database, ann.id, b"link", NOW.plus_secs(60)).await;
    let token = TokenDigest::of(b"link");
    let shown = read!(database, |tx| invitations::get(tx, &token, NOW));
    assert_eq!(shown.unwrap(), Some(invitation));
    assert_eq!(take(&database, b"link", NOW).await, Some(invitation));
    assert_eq!(take(&database, b"link", NOW).await, None);
}

async fn an_invitation_that_has_ended_is_none(database: Database) {
    let ann = add_ann(&database).await;
    let end = NOW.plus_secs(60);
    invite(&database, ann.id, b"link", end).await;
    let token = TokenDigest::of(b"link");
    assert_eq!(
        read!(database, |tx| invitations::get(tx, &token, end)).unwrap(),
        None
    );
    assert_eq!(take(&database, b"link", end).await, None);
}

async fn the_invitations_of_a_user_are_taken_back(database: Database) {
    let ann = add_ann(&database).await;
    invite(&database, ann.id, b"link", NOW.plus_secs(60)).await;
    let taken_back = write!(database, |tx| invitations::delete_all_of_user(tx, ann.id));
    assert_eq!(taken_back.unwrap(), 1);
    assert_eq!(take(&database, b"link", NOW).await, None);
}

async fn invitations_that_have_ended_are_forgotten(database: Database) {
    let ann = add_ann(&database).await;
    invite(&database, ann.id, b"over", NOW).await;
    invite(&database, ann.id, b"open", NOW.plus_secs(1)).await;
    let forgotten = write!(database, |tx| invitations::delete_expired(tx, NOW));
    assert_eq!(forgotten.unwrap(), 1);
    assert!(take(&database, b"open", NOW).await.is_some());
}

async fn failures_are_counted_for_each_subject_and_window(database: Database) {
    for (subject, secs) in [("account:ann", 0), ("account:ann", 10), ("address:::1", 10)] {
        fail(&database, subject, NOW.plus_secs(secs)).await;
    }
    assert_eq!(count(&database, "account:ann", NOW.plus_secs(-1)).await, 2);
    assert_eq!(count(&database, "account:ann", NOW).await, 1);
    assert_eq!(count(&database, "account:bob", NOW.plus_secs(-1)).await, 0);
}

async fn failures_are_cleared_and_pruned(database: Database) {
    for subject in ["account:ann", "account:bob"] {
        fail(&database, subject, NOW).await;
        fail(&database, subject, NOW.plus_secs(1)).await;
    }
    write!(database, |tx| sign_in_attempts::clear(tx, "account:ann")).unwrap();
    let before = NOW.plus_secs(-1);
    assert_eq!(count(&database, "account:ann", before).await, 0);
    let pruned = write!(database, |tx| sign_in_attempts::prune(tx, NOW));
    assert_eq!(pruned.unwrap(), 1);
    assert_eq!(count(&database, "account:bob", before).await, 1);
}

#[test]
fn a_token_digest_does_not_print() {
    assert_eq!(format!("{:?}", TokenDigest::of(b"token")), "TokenDigest(…)");
}

async fn add_ann(database: &Database) -> User {
    let organization = add_organization(database).await.id;
    let ann = user(organization, "ann@example.com", Role::Admin);
    add_user(database, &ann).await;
    ann
}

async fn begin(database: &Database, user_id: UserId, token: &[u8], at: Timestamp) -> Session {
    let session = Session {
        user_id,
        created_at: at,
        last_seen_at: at,
    };
    let token = TokenDigest::of(token);
    write!(database, |tx| sessions::insert(tx, &token, &session)).unwrap();
    session
}

async fn find(database: &Database, token: &[u8]) -> Option<(Session, User)> {
    let token = TokenDigest::of(token);
    read!(database, |tx| sessions::get(tx, &token)).unwrap()
}

async fn invite(
    database: &Database,
    user_id: UserId,
    token: &[u8],
    expires_at: Timestamp,
) -> Invitation {
    let invitation = Invitation {
        user_id,
        expires_at,
    };
    let token = TokenDigest::of(token);
    write!(database, |tx| invitations::insert(tx, &token, &invitation)).unwrap();
    invitation
}

async fn take(database: &Database, token: &[u8], now: Timestamp) -> Option<Invitation> {
    let token = TokenDigest::of(token);
    write!(database, |tx| invitations::take(tx, &token, now)).unwrap()
}

async fn fail(database: &Database, subject: &'static str, at: Timestamp) {
    write!(database, |tx| sign_in_attempts::record_failure(
        tx, subject, at
    ))
    .unwrap();
}

async fn count(database: &Database, subject: &'static str, after: Timestamp) -> u64 {
    read!(database, |tx| sign_in_attempts::count_failures(
        tx, subject, after
    ))
    .unwrap()
}
