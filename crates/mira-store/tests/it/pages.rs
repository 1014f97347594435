//! Pages walk a list once, and only with cursors of that list.

use mira_core::{AppId, OrganizationId};
use mira_db::Database;
use mira_store::audit::{self, AuditFilter};
use mira_store::{Cursor, PageError, PageRequest, StoreError, apps, ledger};

use crate::audit::event;
use crate::fixture::{add_app, add_organization, movement};
use crate::{read, suite, write};

suite!(
    pages_by_id_walk_everything_once,
    pages_by_position_walk_everything_once,
    what_is_added_meanwhile_does_not_disturb_the_walk,
    the_last_full_page_has_no_next,
    a_cursor_of_another_kind_of_list_is_refused,
);

async fn pages_by_id_walk_everything_once(database: Database) {
    let organization = add_organization(&database).await.id;
    let mut added = Vec::new();
    for _ in 0..23 {
        added.push(add_app(&database, organization).await.id);
    }
    added.reverse();
    for limit in [1, 5, 23, 100] {
        assert_eq!(
            walk_apps(&database, organization, limit).await,
            added,
            "limit {limit}"
        );
    }
}

async fn pages_by_position_walk_everything_once(database: Database) {
    let organization = add_organization(&database).await.id;
    let app = add_app(&database, organization).await.id;
    let mut added = Vec::new();
    for _ in 0..11 {
        let movement = movement(app, 1, None);
        added.push(movement.id);
        write!(database, |tx| ledger::append(tx, movement)).unwrap();
    }
    added.reverse();
    let mut walked = Vec::new();
    let mut cursor = None;
    loop {
        let request = PageRequest::new(4, cursor).unwrap();
        let page = read!(database, |tx| async move {
            ledger::list(tx, app, &request).await
        });
        let page = page.unwrap();
        walked.extend(page.items.iter().map(|transaction| transaction.movement.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(walked, added);
}

async fn what_is_added_meanwhile_does_not_disturb_the_walk(database: Database) {
    let organization = add_organization(&database).await.id;
    let oldest = add_app(&database, organization).await.id;
    add_app(&database, organization).await;
    let first = list_apps(&database, organization, PageRequest::new(1, None).unwrap()).await;
    add_app(&database, organization).await;
    let second = PageRequest::new(1, first.1).unwrap();
    assert_eq!(
        list_apps(&database, organization, second).await,
        (vec![oldest], None)
    );
}

async fn the_last_full_page_has_no_next(database: Database) {
    let organization = add_organization(&database).await.id;
    for _ in 0..2 {
        add_app(&database, organization).await;
    }
    let page = list_apps(&database, organization, PageRequest::new(2, None).unwrap()).await;
    assert_eq!((page.0.len(), page.1), (2, None));
}

async fn a_cursor_of_another_kind_of_list_is_refused(database: Database) {
    let organization = add_organization(&database).await.id;
    for _ in 0..2 {
        add_app(&database, organization).await;
        write!(database, |tx| async move {
            audit::append(tx, &event(None)).await
        })
        .unwrap();
    }
    let (_, of_apps) = list_apps(&database, organization, PageRequest::new(1, None).unwrap()).await;
    let wrong = PageRequest::new(1, of_apps).unwrap();
    let refused = read!(database, |tx| async move {
        audit::list(tx, &AuditFilter::default(), &wrong).await
    });
    assert!(matches!(refused, Err(StoreError::Page(PageError::Cursor))));

    let wrong = PageRequest::new(1, Some(Cursor::Position(1))).unwrap();
    let refused = read!(database, |tx| async move {
        apps::list(tx, organization, &wrong).await
    });
    assert!(matches!(refused, Err(StoreError::Page(PageError::Cursor))));
}

#[test]
fn a_cursor_survives_its_text() {
    let cursors = [
        Cursor::Id([0xab; 16]),
        Cursor::Id([0; 16]),
        Cursor::Position(u64::MAX),
    ];
    for cursor in cursors {
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }
}

#[test]
fn garbage_is_no_cursor() {
    let id = Cursor::Id([0xab; 16]).to_string();
    let plus = format!("+{}", &id[1..]);
    let garbage = [
        "",
        "1",
        "next",
        &id[1..],
        &plus,
        &id.to_uppercase(),
        "ééééééééééééééé1x",
    ];
    for text in garbage {
        assert_eq!(text.parse::<Cursor>(), Err(PageError::Cursor), "{text:?}");
    }
}

#[test]
fn a_limit_is_1_to_100() {
    for limit in [0, 101, u32::MAX] {
        assert_eq!(PageRequest::new(limit, None), Err(PageError::Limit));
    }
    for limit in [1, 100] {
        assert_eq!(PageRequest::new(limit, None).unwrap().limit(), limit);
    }
}

async fn walk_apps(database: &Database, organization: OrganizationId, limit: u32) -> Vec<AppId> {
    let mut walked = Vec::new();
    let mut cursor = None;
    loop {
        let request = PageRequest::new(limit, cursor).unwrap();
        let (ids, next) = list_apps(database, organization, request).await;
        walked.extend(ids);
        cursor = next;
        if cursor.is_none() {
            return walked;
        }
    }
}

async fn list_apps(
    database: &Database,
    organization: OrganizationId,
    request: PageRequest,
) -> (Vec<AppId>, Option<Cursor>) {
    let page = read!(database, |tx| async move {
        apps::list(tx, organization, &request).await
    });
    let page = page.unwrap();
    (
        page.items.iter().map(|app| app.id).collect(),
        page.next_cursor,
    )
}
