//! `mira import keys`, on the folder of a server that has stopped.

use std::path::PathBuf;

use mira_testkit::{Demo, Finished, Server, ServerOptions, run};

const MIRA: &str = env!("CARGO_BIN_EXE_mira");

/// The data folder of a demo that nobody serves.
struct Folder {
    demo: Demo,
    data: PathBuf,
    root: tempfile::TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let options = ServerOptions {
            demo: true,
            data: Some(data.clone()),
            ..ServerOptions::default()
        };
        let server = Server::start(MIRA, options);
        let demo = server.demo();
        server.stop();
        Self {
            demo,
            data,
            root: folder,
        }
    }

    fn import(&self, further: &[&str], lines: &str) -> Finished {
        let data = self.data.to_str().unwrap();
        let mut arguments = vec!["import", "keys", "--data", data, "--organization"];
        arguments.push(&self.demo.organization_id);
        arguments.extend_from_slice(further);
        arguments.push("-");
        run(MIRA, &arguments, &[], lines)
    }

    /// A line with a key of its own; `members` follow it.
    fn line(members: &str) -> String {
        let number = members.len();
        format!("{{\"key\":\"an-older-system-issued-this-key-{number}\"{members}}}\n")
    }
}

#[test]
fn import_refuses_what_creation_refuses() {
    let folder = Folder::new();
    let app = &folder.demo.app_id;
    let of_app = |service: &str| format!(",\"app_id\":\"{app}\",\"service\":\"{service}\"");
    let verify = of_app("verify");
    for (members, reason) in [
        (
            ",\"permissions\":[]",
            "permissions has at least one of read, write, admin",
        ),
        (
            ",\"expires_at\":\"2020-01-01T00:00:00Z\"",
            "expires_at lies in the past",
        ),
        (&of_app("billing"), "There is no service called billing"),
        (
            &format!("{verify},\"permissions\":[\"read\"]"),
            "An app key is authorized for its service and carries no permissions",
        ),
        (",\"name\":\" \"", "A name has 1 to 100 characters"),
    ] {
        let lines = format!("{}\n{}", Folder::line(""), Folder::line(members));
        let refused = folder.import(&[], &lines);
        assert_eq!(refused.code, Some(1), "{members}");
        assert_eq!(refused.stdout, "", "{members}");
        let expected = format!("line 3: {reason}");
        assert!(refused.stderr.contains(&expected), "{}", refused.stderr);
    }
    // Nothing of the refused imports was taken in.
    let lines = format!("{}{}", Folder::line(""), Folder::line(&verify));
    let taken = folder.import(&[], &lines);
    let printed = taken.stdout.trim_end();
    assert_eq!(printed, r#"{"imported":2,"skipped":0}"#, "{}", taken.stderr);
}

#[test]
fn import_takes_keys_of_a_configured_service() {
    let folder = Folder::new();
    let config = folder.root.path().join("mira.toml");
    let service = "[[service]]\nname = \"billing\"\nprefix = \"/billing\"\n\
                   upstream = \"http://127.0.0.1:9\"\nkey = \"app\"\n";
    std::fs::write(&config, service).unwrap();
    let app = &folder.demo.app_id;
    let line = Folder::line(&format!(
        ",\"app_id\":\"{app}\",\"service\":\"billing\",\"name\":\"Old\""
    ));
    let taken = folder.import(&["--config", config.to_str().unwrap()], &line);
    let printed = taken.stdout.trim_end();
    assert_eq!(printed, r#"{"imported":1,"skipped":0}"#, "{}", taken.stderr);
}
