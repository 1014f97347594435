//! `mira backup` and `mira restore`, with real servers and real files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::StatusCode;
use mira_testkit::{Finished, Server, ServerOptions, run};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{new_key, signed_in};

const MIRA: &str = env!("CARGO_BIN_EXE_mira");

/// A data folder, and the backups beside it.
struct Place {
    root: TempDir,
}

impl Place {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        Self { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn serve(&self, data: &str) -> Server {
        let options = ServerOptions {
            demo: true,
            data: Some(self.path(data)),
            ..ServerOptions::default()
        };
        Server::start(MIRA, options)
    }

    fn mira(&self, command: &str, data: &str, further: &[&str]) -> Finished {
        let data = self.path(data);
        let mut arguments = vec![command, "--data", data.to_str().unwrap(), "--json"];
        arguments.extend_from_slice(further);
        run(MIRA, &arguments, &[], "")
    }

    fn back_up(&self, data: &str) -> PathBuf {
        let file = self.path("backup.tar");
        let done = self.mira("backup", data, &[file.to_str().unwrap()]);
        assert_eq!(done.code, Some(0), "{}", done.stderr);
        file
    }

    fn restore(&self, data: &str, file: &Path, further: &[&str]) -> Finished {
        let mut arguments = further.to_vec();
        arguments.push(file.to_str().unwrap());
        self.mira("restore", data, &arguments)
    }
}

/// What a key of the organization is told.
async fn told(server: &Server, key: &str) -> Option<String> {
    let client = server.client().with_key(key);
    let answer = client.get("/api/v1/templates").await;
    answer.code().map(str::to_owned)
}

async fn revoke(server: &Server, id: &str) {
    let admin = signed_in(server, "admin").await;
    let path = format!("/v1/keys/{id}/revoke");
    admin.post(&path, &json!({})).await.expect(StatusCode::OK);
}

#[tokio::test]
async fn backup_made_beside_a_busy_server_is_complete_and_for_nobody_else_to_read() {
    let place = Arc::new(Place::new());
    let server = place.serve("data");
    let organization = server.demo().organization_id;
    let admin = signed_in(&server, "admin").await;
    let (_, before) = new_key(&admin, &organization, json!({"name": "before"})).await;
    let beside = Arc::clone(&place);
    let backup = tokio::task::spawn_blocking(move || beside.back_up("data"));
    let mut written = 0;
    while !backup.is_finished() {
        new_key(&admin, &organization, json!({"name": "beside"})).await;
        written += 1;
    }
    assert!(written > 0, "nothing was written meanwhile");
    let archive = backup.await.unwrap();
    let mode = fs::metadata(&archive).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let restored = place.restore("other", &archive, &[]);
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    for entry in fs::read_dir(place.path("other")).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{:?}", entry.file_name());
    }
    let other = place.serve("other");
    assert_eq!(told(&other, &before).await, None);
    let answer = other
        .client()
        .with_key(&before)
        .get("/api/v1/meetings")
        .await;
    assert!(answer.json()["meta"]["total"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn older_state_is_restored_only_when_asked_for_and_says_what_it_revives() {
    let place = Place::new();
    let server = place.serve("data");
    let organization = server.demo().organization_id;
    let admin = signed_in(&server, "admin").await;
    let (id, key) = new_key(&admin, &organization, json!({"name": "leaked"})).await;
    let backup = place.back_up("data");
    // Nothing has changed since: that is not older.
    let beside = place.restore("data", &backup, &[]);
    assert_eq!(beside.code, Some(1));
    assert!(beside.stderr.contains("in use"), "{}", beside.stderr);
    revoke(&server, &id).await;
    server.stop();

    let refused = place.restore("data", &backup, &[]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains(&id), "{}", refused.stderr);
    assert!(refused.stderr.contains("--accept-older"));
    let server = place.serve("data");
    assert_eq!(told(&server, &key).await.as_deref(), Some("revoked_key"));
    server.stop();

    let restored = place.restore("data", &backup, &["--accept-older"]);
    assert_eq!(restored.code, Some(0), "{}", restored.stderr);
    let printed: Value = serde_json::from_str(&restored.stdout).unwrap();
    assert_eq!(printed["lost"]["revived"], 1);
    assert_eq!(printed["lost"]["keys"], json!([id]));
    let server = place.serve("data");
    assert_eq!(told(&server, &key).await, None);
    server.stop();

    // What it holds is now what the folder has seen.
    let again = place.restore("data", &backup, &["--accept-older"]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
}

#[tokio::test]
async fn database_that_was_put_back_by_hand_is_not_served() {
    let place = Place::new();
    let server = place.serve("data");
    let organization = server.demo().organization_id;
    let admin = signed_in(&server, "admin").await;
    let (id, _) = new_key(&admin, &organization, json!({"name": "leaked"})).await;
    server.stop();
    let database = place.path("data/mira.db");
    let old = fs::read(&database).unwrap();
    let server = place.serve("data");
    revoke(&server, &id).await;
    server.stop();
    let new = fs::read(&database).unwrap();

    fs::write(&database, &old).unwrap();
    let refused = place.mira("serve", "data", &["--listen", "127.0.0.1:0"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("--accept-older"),
        "{}",
        refused.stderr
    );

    fs::write(&database, &new).unwrap();
    place.serve("data").stop();

    // As the sentence says.
    fs::write(&database, &old).unwrap();
    let backup = place.back_up("data");
    assert_eq!(place.restore("data", &backup, &[]).code, Some(1));
    let accepted = place.restore("data", &backup, &["--accept-older"]);
    assert_eq!(accepted.code, Some(0), "{}", accepted.stderr);
    place.serve("data").stop();
}

#[test]
fn what_is_no_sound_backup_changes_nothing() {
    let place = Place::new();
    place.serve("data").stop();
    let backup = fs::read(place.back_up("data")).unwrap();
    let before = fs::read(place.path("data/mira.db")).unwrap();
    let mut flipped = backup.clone();
    // In the middle of a database.
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let cases: [(&str, &[u8]); 5] = [
        ("no backup", b""),
        ("no backup", b"SQLite format 3\0 and so on"),
        ("no backup", &backup[..100]),
        ("", &backup[..backup.len() / 2]),
        ("damaged", &flipped),
    ];
    for (reason, bytes) in cases {
        let file = place.path("bad.tar");
        fs::write(&file, bytes).unwrap();
        let refused = place.restore("data", &file, &["--accept-older"]);
        assert_eq!(refused.code, Some(1), "{reason}");
        assert!(refused.stderr.contains(reason), "{}", refused.stderr);
        assert_eq!(fs::read(place.path("data/mira.db")).unwrap(), before);
        assert!(!place.path("data/restore.partial").exists());
    }
    let missing = place.restore("data", &place.path("nothing.tar"), &[]);
    assert_eq!(missing.code, Some(1));
    assert!(missing.stderr.contains("nothing.tar"), "{}", missing.stderr);
    let empty = place.mira(
        "backup",
        "nowhere",
        &[place.path("x.tar").to_str().unwrap()],
    );
    assert_eq!(empty.code, Some(1), "{}", empty.stdout);
    assert!(!place.path("x.tar").exists());
}

/// The steps after the decision, of which any may be the last of a process.
#[tokio::test]
async fn restore_that_was_interrupted_is_completed_by_the_next_start() {
    let place = Place::new();
    let server = place.serve("data");
    let organization = server.demo().organization_id;
    let admin = signed_in(&server, "admin").await;
    let (id, key) = new_key(&admin, &organization, json!({"name": "leaked"})).await;
    let backup = place.back_up("data");
    revoke(&server, &id).await;
    server.stop();
    assert_eq!(place.restore("other", &backup, &[]).code, Some(0));
    // One file has been moved already, and the other has its log still beside it.
    let ready = place.path("data/restore.ready");
    fs::create_dir(&ready).unwrap();
    for name in ["mira.db", "high-water.json"] {
        fs::copy(place.path("other").join(name), ready.join(name)).unwrap();
    }
    fs::copy(
        place.path("other/meetings.db"),
        place.path("data/meetings.db"),
    )
    .unwrap();
    fs::write(place.path("data/mira.db-wal"), b"of the database that goes").unwrap();

    let server = place.serve("data");
    assert_eq!(told(&server, &key).await, None);
    assert!(!ready.exists());
}
