//! Reads: current, consistent, read-only.

use std::sync::mpsc;

use mira_db::{DbError, Fault};
use tempfile::tempdir;
use tokio::sync::oneshot;

use crate::notes::{bodies, insert, open, read_notes, write_note};

#[tokio::test]
async fn committed_write_is_seen_by_the_next_read() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    for n in 0..50 {
        write_note(&db, format!("note {n}")).await.unwrap();
        assert_eq!(read_notes(&db).await.len(), n + 1);
    }
}

#[tokio::test]
async fn read_keeps_its_snapshot_while_a_write_commits() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    let (first_read, has_read) = oneshot::channel();
    let (go_on, may_go_on) = mpsc::channel();
    let reading = tokio::spawn({
        let db = db.clone();
        async move {
            db.read::<_, DbError, _>(move |tx| {
                Box::pin(async move {
                    let before = bodies(tx)?;
                    first_read.send(()).unwrap();
                    may_go_on.recv().unwrap();
                    Ok((before, bodies(tx)?))
                })
            })
            .await
        }
    });
    has_read.await.unwrap();
    write_note(&db, "meanwhile").await.unwrap();
    assert_eq!(read_notes(&db).await, ["meanwhile"]);
    go_on.send(()).unwrap();
    assert_eq!(reading.await.unwrap().unwrap(), (vec![], vec![]));
}

#[tokio::test]
async fn read_cannot_write() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    let result: Result<(), DbError> = db
        .read(|tx| Box::pin(async move { insert(tx, "smuggled") }))
        .await;
    assert!(result.is_err());
    assert!(read_notes(&db).await.is_empty());
}

#[tokio::test]
async fn panicking_reads_leave_the_readers_alive() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    for _ in 0..10 {
        let result: Result<(), DbError> =
            db.read(|_| Box::pin(async { panic!("on purpose") })).await;
        assert!(matches!(result, Err(DbError::Internal(Fault::Panicked))));
    }
    assert!(read_notes(&db).await.is_empty());
}
