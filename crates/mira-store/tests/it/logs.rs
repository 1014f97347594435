//! Both logs are appended to at once, as the last step.

use mira_core::Change;
use mira_db::{Database, DbError, Fault};
use mira_store::changelog::{self, Place, Seq};
use mira_store::{Integrity, StoreError, audit, logs};

use crate::fixture::{NOW, add_organization, organization};
use crate::{read, suite, write};

suite!(
    what_is_concluded_is_in_both_logs_and_chained,
    nothing_to_conclude_appends_nothing,
    a_conclusion_that_fails_keeps_nothing,
);

async fn what_is_concluded_is_in_both_logs_and_chained(database: Database) {
    for round in 1..=3 {
        let changes = [change(), change(), change()];
        let events = [crate::audit::event(None), crate::audit::event(None)];
        let given = changes.clone();
        let last = write!(database, |tx| logs::conclude(tx, NOW, &given, &events));
        assert_eq!(last.unwrap(), Seq::from_number(round * 3));
        let head = read!(database, |tx| changelog::head(tx)).unwrap();
        assert_eq!(head.seq, Seq::from_number(round * 3));
        let tail = read!(database, |tx| changelog::tail(tx, Place::START, 100)).unwrap();
        let back = tail.into_iter().rev().take(3).rev();
        assert!(back.map(|entry| entry.change).eq(changes));
    }
    let changes = read!(database, |tx| changelog::verify(tx)).unwrap();
    assert_eq!(changes, Integrity::Intact { entries: 9 });
    let events = read!(database, |tx| audit::verify(tx)).unwrap();
    assert_eq!(events, Integrity::Intact { entries: 6 });
}

async fn nothing_to_conclude_appends_nothing(database: Database) {
    let none = write!(database, |tx| logs::conclude(tx, NOW, &[], &[])).unwrap();
    assert_eq!(none, Seq::START);
    let events = [crate::audit::event(None)];
    let none = write!(database, |tx| logs::conclude(tx, NOW, &[], &events)).unwrap();
    assert_eq!(none, Seq::START);
    let head = read!(database, |tx| changelog::head(tx)).unwrap();
    assert_eq!(head, Place::START);
}

async fn a_conclusion_that_fails_keeps_nothing(database: Database) {
    let event = crate::audit::event(None);
    let twice = [event.clone(), event];
    let refused = write!(database, |tx| async move {
        mira_store::organizations::insert(tx, &organization()).await?;
        logs::conclude(tx, NOW, &[change()], &twice).await
    });
    assert!(refused.unwrap_err().is_conflict());
    let head = read!(database, |tx| changelog::head(tx)).unwrap();
    assert_eq!(head, Place::START);
    let page = mira_store::PageRequest::default();
    let all = read!(database, |tx| mira_store::organizations::list(
        tx, None, &page
    ))
    .unwrap();
    assert!(all.items.is_empty());
}

/// On PostgreSQL, which has committed by then.
#[tokio::test]
async fn nothing_may_follow_a_conclusion() {
    let database = crate::fixture::connect().await;
    let id = add_organization(&database).await.id;
    let late = write!(database, |tx| async move {
        logs::conclude(tx, NOW, &[change()], &[]).await?;
        mira_store::organizations::get(tx, id).await
    });
    let Err(StoreError::Database(DbError::Internal(Fault::WentOn))) = late else {
        panic!("{late:?}");
    };
}

fn change() -> Change {
    Change::Organization(organization().facts())
}
