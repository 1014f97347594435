//! Opening a database: refused early, with the reason and the remedy.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mira_db::{Database, OpenError, Sqlite};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::notes::{ADD_AUTHOR, CREATE, migrations, open, read_notes, try_open, write_note};

const PAGE: usize = 4096;

#[tokio::test]
async fn database_files_are_private() {
    let dir = tempdir().unwrap();
    let _db = open(&dir.path().join("notes.db"));
    for name in ["notes.db", "notes.db-wal", "notes.db-shm"] {
        let mode = fs::metadata(dir.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn missing_folder_is_named() {
    let dir = tempdir().unwrap();
    let error = try_open(&dir.path().join("absent/notes.db")).unwrap_err();
    assert!(matches!(error, OpenError::FolderMissing { path } if path.ends_with("absent")));
}

#[test]
fn file_in_place_of_the_folder_is_named() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, "").unwrap();
    let error = try_open(&path.join("notes.db")).unwrap_err();
    assert!(matches!(error, OpenError::NotAFolder { path: found } if found == path));
}

#[test]
fn folder_in_place_of_the_file_is_named() {
    let dir = tempdir().unwrap();
    assert!(matches!(
        try_open(dir.path()),
        Err(OpenError::NotAFile { .. })
    ));
}

#[test]
#[cfg(target_os = "linux")]
fn folder_that_takes_no_files_is_denied() {
    let error = try_open(Path::new("/sys/notes.db")).unwrap_err();
    assert!(matches!(error, OpenError::Denied { path } if path == Path::new("/sys")));
}

#[test]
fn garbage_is_damaged_and_the_message_says_what_to_do() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    for garbage in [&b"garbage"[..], &[0x5a; 3 * PAGE]] {
        fs::write(&path, garbage).unwrap();
        let error = try_open(&path).unwrap_err();
        assert!(matches!(error, OpenError::Damaged { .. }), "{error}");
        let message = error.to_string();
        assert!(
            message.contains("notes.db is damaged, restore it from a backup"),
            "{message}"
        );
        assert_eq!(fs::read(&path).unwrap(), garbage);
    }
}

#[tokio::test]
async fn flipped_bytes_in_any_page_are_damage() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    let db = open(&path);
    for n in 0..20 {
        write_note(&db, format!("{n} {}", "x".repeat(1500)))
            .await
            .unwrap();
    }
    db.close().await.unwrap();
    let sound = fs::read(&path).unwrap();
    assert!(sound.len() > 10 * PAGE);

    for page in (PAGE..sound.len()).step_by(PAGE) {
        let mut bytes = sound.clone();
        for byte in &mut bytes[page..page + 16] {
            *byte = !*byte;
        }
        fs::write(&path, &bytes).unwrap();
        let result = try_open(&path);
        assert!(
            matches!(result, Err(OpenError::Damaged { .. })),
            "page {}",
            page / PAGE
        );
    }
}

#[tokio::test]
async fn truncated_file_is_damaged() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    open(&path).close().await.unwrap();
    let sound = fs::read(&path).unwrap();
    fs::write(&path, &sound[..sound.len() - PAGE]).unwrap();
    assert!(matches!(try_open(&path), Err(OpenError::Damaged { .. })));
}

#[tokio::test]
async fn older_schema_is_brought_up_to_date() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    let db = open(&path);
    write_note(&db, "old").await.unwrap();
    db.close().await.unwrap();
    let db = Database::Sqlite(Sqlite::open(&path, migrations(&[CREATE, ADD_AUTHOR])).unwrap());
    assert_eq!(read_notes(&db).await, ["old"]);
}

#[tokio::test]
async fn newer_schema_is_refused() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    let db = Database::Sqlite(Sqlite::open(&path, migrations(&[CREATE, ADD_AUTHOR])).unwrap());
    db.close().await.unwrap();
    assert!(matches!(
        try_open(&path),
        Err(OpenError::Newer { version: 2, .. })
    ));
}

#[tokio::test]
async fn divergent_schema_is_refused() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    open(&path).close().await.unwrap();
    let other = (
        "V1__create_notes",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT;",
    );
    let result = Sqlite::open(&path, migrations(&[other]));
    assert!(matches!(result, Err(OpenError::Divergent { .. })));
}

#[tokio::test]
async fn failed_migration_leaves_the_schema_as_it_was() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    let db = open(&path);
    write_note(&db, "old").await.unwrap();
    db.close().await.unwrap();
    let broken = ("V3__break", "ALTER TABLE absent ADD COLUMN x;");
    Sqlite::open(&path, migrations(&[CREATE, ADD_AUTHOR, broken])).unwrap_err();
    assert_eq!(read_notes(&open(&path)).await, ["old"]);
}

#[tokio::test]
async fn file_locked_by_another_process_is_named() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("notes.db");
    open(&path).close().await.unwrap();
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .unwrap();
    assert!(matches!(try_open(&path), Err(OpenError::Locked { .. })));
}
