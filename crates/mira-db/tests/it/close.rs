//! Closing: nothing queued is lost, nothing later is taken.

use mira_db::{DbError, Outage};
use tempfile::tempdir;

use crate::notes::{HeldWriter, open, read_notes, write_note};

#[tokio::test]
async fn close_commits_what_was_queued_and_refuses_what_comes_later() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    let db = open(&path);
    let held = HeldWriter::hold(&db).await;
    let queued = tokio::spawn({
        let db = db.clone();
        async move { write_note(&db, "queued").await }
    });
    tokio::task::yield_now().await;
    let closing = tokio::spawn(db.clone().close());
    held.release().await;
    queued.await.unwrap().unwrap();
    closing.await.unwrap().unwrap();

    let late = write_note(&db, "late").await;
    assert!(matches!(late, Err(DbError::Unavailable(Outage::Closed))));
    db.close().await.unwrap();
    assert_eq!(read_notes(&open(&path)).await, ["queued"]);
}

#[tokio::test]
async fn closed_database_is_one_file() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    write_note(&db, "note").await.unwrap();
    db.close().await.unwrap();
    let files: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(files, ["notes.db"]);
}
