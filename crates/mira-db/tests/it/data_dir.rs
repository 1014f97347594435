//! The data folder: one owner, private, never made by accident.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mira_db::{DataDir, OpenError};
use tempfile::tempdir;

#[test]
fn missing_folder_is_created_private() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("data");
    let data = DataDir::open(&path).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert_eq!(data.file("mira.db"), path.join("mira.db"));
}

#[test]
fn only_the_last_component_is_created() {
    let dir = tempdir().unwrap();
    let error = DataDir::open(&dir.path().join("typo/data")).unwrap_err();
    assert!(matches!(error, OpenError::FolderMissing { path } if path.ends_with("typo")));
}

#[test]
fn existing_creates_nothing() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("data");
    let error = DataDir::existing(&path).unwrap_err();
    assert!(matches!(error, OpenError::FolderMissing { path: missing } if missing == path));
    assert!(!path.exists());
}

#[test]
fn second_owner_is_refused_until_the_first_is_gone() {
    let dir = tempdir().unwrap();
    let first = DataDir::open(dir.path()).unwrap();
    assert!(matches!(
        DataDir::open(dir.path()),
        Err(OpenError::Locked { .. })
    ));
    drop(first);
    DataDir::existing(dir.path()).unwrap();
}

#[test]
fn file_in_place_of_the_folder_is_named() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("data");
    fs::write(&path, "not a folder").unwrap();
    assert!(matches!(
        DataDir::open(&path),
        Err(OpenError::NotAFolder { .. })
    ));
}

#[test]
#[cfg(target_os = "linux")]
fn folder_that_takes_no_files_is_denied() {
    // Nobody, not even root, can create a file there.
    assert!(matches!(
        DataDir::open(Path::new("/sys")),
        Err(OpenError::Denied { .. })
    ));
}
