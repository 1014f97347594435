//! Writes: grouped, isolated, durable.

use std::future::pending;

use mira_db::{Database, DbError, Fault, Outage};
use rusqlite::Connection;
use tempfile::tempdir;
use tokio::task::{JoinHandle, JoinSet};

use crate::notes::{HeldWriter, bodies, execute, insert, open, read_notes, write_note};

fn spawn_note(db: &Database, body: &'static str) -> JoinHandle<Result<(), DbError>> {
    let db = db.clone();
    tokio::spawn(async move { write_note(&db, body).await })
}

fn spawn_sql(db: &Database, sql: &'static str) -> JoinHandle<Result<(), DbError>> {
    let db = db.clone();
    tokio::spawn(async move {
        db.write(move |tx| Box::pin(async move { execute(tx, sql) }))
            .await
    })
}

#[tokio::test]
async fn queued_writes_share_one_commit() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    let db = open(&path);
    let held = HeldWriter::hold(&db).await;
    let first = spawn_note(&db, "first");
    let second = tokio::spawn({
        let db = db.clone();
        async move {
            db.write::<_, DbError, _>(move |tx| {
                Box::pin(async move {
                    let elsewhere = Connection::open(path)?;
                    let count = "SELECT count(*) FROM notes";
                    let committed: i64 = elsewhere.query_row(count, [], |row| row.get(0))?;
                    Ok((committed, bodies(tx)?))
                })
            })
            .await
        }
    });
    held.release().await;
    assert_eq!(
        second.await.unwrap().unwrap(),
        (0, vec!["first".to_owned()])
    );
    first.await.unwrap().unwrap();
}

#[tokio::test]
async fn failing_panicking_and_waiting_work_is_undone_alone() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    let held = HeldWriter::hold(&db).await;

    let before = spawn_note(&db, "before");
    let failing = tokio::spawn({
        let db = db.clone();
        async move {
            db.write::<(), DbError, _>(|tx| {
                Box::pin(async move {
                    insert(tx, "failing")?;
                    insert(tx, "failing")
                })
            })
            .await
        }
    });
    let panicking = tokio::spawn({
        let db = db.clone();
        async move {
            db.write::<(), DbError, _>(|tx| {
                Box::pin(async move {
                    insert(tx, "panicking")?;
                    panic!("on purpose")
                })
            })
            .await
        }
    });
    let waiting = tokio::spawn({
        let db = db.clone();
        async move {
            db.write::<(), DbError, _>(|tx| {
                Box::pin(async move {
                    insert(tx, "waiting")?;
                    pending().await
                })
            })
            .await
        }
    });
    let after = spawn_note(&db, "after");
    held.release().await;

    before.await.unwrap().unwrap();
    assert!(matches!(
        failing.await.unwrap(),
        Err(DbError::Conflict { .. })
    ));
    assert!(matches!(
        panicking.await.unwrap(),
        Err(DbError::Internal(Fault::Panicked))
    ));
    assert!(matches!(
        waiting.await.unwrap(),
        Err(DbError::Internal(Fault::Waited))
    ));
    after.await.unwrap().unwrap();
    assert_eq!(read_notes(&db).await, ["before", "after"]);
}

#[tokio::test]
async fn unique_violation_names_its_columns() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    write_note(&db, "same").await.unwrap();
    let Err(DbError::Conflict { constraint }) = write_note(&db, "same").await else {
        panic!("expected a conflict");
    };
    assert_eq!(constraint, "notes.body");
}

#[tokio::test]
async fn other_violations_are_internal() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    let result = spawn_sql(&db, "INSERT INTO notes (body) VALUES (NULL)")
        .await
        .unwrap();
    assert!(matches!(
        result,
        Err(DbError::Internal(Fault::Statement(_)))
    ));
}

#[tokio::test]
async fn failed_commit_fails_the_whole_batch_and_only_that() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    let held = HeldWriter::hold(&db).await;
    let neighbor = spawn_note(&db, "neighbor");
    let orphan = spawn_sql(&db, "INSERT INTO replies (note) VALUES (99)");
    held.release().await;
    for result in [neighbor.await.unwrap(), orphan.await.unwrap()] {
        assert!(matches!(
            result,
            Err(DbError::Unavailable(Outage::Storage(_)))
        ));
    }
    write_note(&db, "later").await.unwrap();
    assert_eq!(read_notes(&db).await, ["later"]);
}

#[tokio::test]
async fn full_disk_is_unavailable_and_leaves_nothing_half_done() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    spawn_sql(&db, "PRAGMA max_page_count = 1")
        .await
        .unwrap()
        .unwrap();

    let held = HeldWriter::hold(&db).await;
    let before = spawn_note(&db, "before");
    let large = spawn_sql(
        &db,
        "INSERT INTO notes (body) VALUES (hex(zeroblob(100000)))",
    );
    let after = spawn_note(&db, "after");
    held.release().await;
    for result in [
        before.await.unwrap(),
        large.await.unwrap(),
        after.await.unwrap(),
    ] {
        assert!(matches!(result, Err(DbError::Unavailable(_))), "{result:?}");
    }

    spawn_sql(&db, "PRAGMA max_page_count = 100000")
        .await
        .unwrap()
        .unwrap();
    write_note(&db, "later").await.unwrap();
    assert_eq!(read_notes(&db).await, ["later"]);
}

#[tokio::test]
async fn queued_write_commits_though_its_caller_has_gone() {
    let dir = tempdir().unwrap();
    let db = open(&dir.path().join("notes.db"));
    let held = HeldWriter::hold(&db).await;
    let caller = spawn_note(&db, "orphaned");
    tokio::task::yield_now().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    held.release().await;
    write_note(&db, "next").await.unwrap();
    assert_eq!(read_notes(&db).await, ["orphaned", "next"]);
}

#[tokio::test]
async fn thousand_concurrent_writes_all_commit() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    let db = open(&path);
    // More than the queue holds, so that most of them wait for a place.
    let held = HeldWriter::hold(&db).await;
    let mut writes = JoinSet::new();
    for n in 0..1000 {
        let db = db.clone();
        writes.spawn(async move { write_note(&db, format!("note {n}")).await });
    }
    held.release().await;
    while let Some(result) = writes.join_next().await {
        result.unwrap().unwrap();
    }
    assert_eq!(read_notes(&db).await.len(), 1000);
}

#[tokio::test]
async fn acknowledged_write_survives_a_crash() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    let db = open(&path);
    write_note(&db, "kept").await.unwrap();
    // What a crash leaves behind: the files as they are, nothing closed.
    let crashed = dir.path().join("crashed.db");
    std::fs::copy(&path, &crashed).unwrap();
    std::fs::copy(
        dir.path().join("notes.db-wal"),
        dir.path().join("crashed.db-wal"),
    )
    .unwrap();
    assert_eq!(read_notes(&open(&crashed)).await, ["kept"]);
}
