//! Starting and stopping, and everything that can be wrong before that.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use http::StatusCode;
use mira_testkit::{Finished, Server, ServerOptions, run};

use crate::demo;

const BINARY: &str = env!("CARGO_BIN_EXE_mira");

fn serve(arguments: &[&str]) -> Finished {
    let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
    all.extend_from_slice(arguments);
    run(BINARY, &all, &[], "")
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[track_caller]
fn assert_refused(finished: &Finished, words: &[&str]) {
    assert_eq!(
        finished.code,
        Some(1),
        "{}{}",
        finished.stdout,
        finished.stderr
    );
    assert_eq!(
        finished.stderr.trim().lines().count(),
        1,
        "{}",
        finished.stderr
    );
    for word in words {
        assert!(
            finished.stderr.contains(word),
            "{word:?} is not in {}",
            finished.stderr
        );
    }
}

#[test]
fn data_folder_that_cannot_be_used_is_named_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("no").join("such");
    assert_refused(
        &serve(&["--data", text(&absent)]),
        &[text(absent.parent().unwrap()), "create it"],
    );
    let file = folder.path().join("file");
    std::fs::write(&file, "not a folder").unwrap();
    assert_refused(&serve(&["--data", text(&file)]), &[text(&file)]);
    assert_refused(&serve(&["--data", "/sys/kernel"]), &["/sys/kernel"]);
}

#[test]
fn damaged_database_is_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("mira.db");
    std::fs::write(&database, vec![7_u8; 100_000]).unwrap();
    assert_refused(
        &serve(&["--data", text(folder.path())]),
        &["mira.db", "backup"],
    );
}

#[test]
fn data_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let options = ServerOptions {
        data: Some(folder.path().to_owned()),
        ..ServerOptions::default()
    };
    let server = Server::start(BINARY, options);
    assert_refused(
        &serve(&["--data", text(folder.path())]),
        &[text(folder.path())],
    );
    let import = run(
        BINARY,
        &[
            "import",
            "keys",
            "--data",
            text(folder.path()),
            "--organization",
            "org_x",
            "/dev/null",
        ],
        &[],
        "",
    );
    assert_ne!(import.code, Some(0));
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn port_in_use_is_refused() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let finished = run(
        BINARY,
        &["serve", "--data", text(folder.path()), "--listen", &address],
        &[],
        "",
    );
    assert_refused(&finished, &[&address, "--listen"]);
}

#[test]
fn wrong_configuration_is_named_by_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("mira.toml");
    std::fs::write(&config, "[server]\nlisten = \"127.0.0.1:0\"\nlisen = 1\n").unwrap();
    let finished = serve(&["--data", text(folder.path()), "--config", text(&config)]);
    assert_refused(&finished, &["mira.toml:3:1", "lisen"]);
    let check = run(BINARY, &["config", "check", text(&config)], &[], "");
    assert_ne!(check.code, Some(0));
    assert!(check.stderr.contains("mira.toml:3:1"), "{}", check.stderr);
}

#[tokio::test]
async fn probes_answer_and_the_server_stops_cleanly() {
    let server = demo();
    let client = server.client();
    client.get("/healthz").await.expect(StatusCode::OK);
    let ready = client.get("/readyz").await.expect(StatusCode::OK).json();
    assert_eq!(ready["status"], "ready");
    assert!(ready["lease_ms"].is_u64());
    let metrics = client.get("/metrics").await.expect(StatusCode::OK);
    assert!(metrics.text().contains("mira_serving 1"));
    let finished = server.stop();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
}

#[tokio::test]
async fn demo_is_made_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let options = || ServerOptions {
        demo: true,
        data: Some(folder.path().to_owned()),
        ..ServerOptions::default()
    };
    let server = Server::start(BINARY, options());
    let first = server.demo();
    server.stop();
    let server = Server::start(BINARY, options());
    let second = server.demo();
    assert_eq!(first.keys.read, second.keys.read);
    assert_eq!(second.url, server.url());
    let client = server.client().with_key(&first.keys.read);
    let meetings = client
        .get("/api/v1/meetings")
        .await
        .expect(StatusCode::OK)
        .json();
    assert!(meetings["meta"]["total"].as_u64().unwrap() >= 20);
    let mode = folder
        .path()
        .join("demo.json")
        .metadata()
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn set_up_link_makes_the_first_superadmin_once() {
    let server = Server::start(BINARY, ServerOptions::default());
    let line = server
        .wait_for_stdout("set-up link: ", Duration::from_secs(5))
        .unwrap();
    let path = line.split_once(&server.url()).unwrap().1.trim().to_owned();
    let client = server.client();
    client.get(&path).await.expect(StatusCode::OK);
    client
        .get("/setup/0000")
        .await
        .expect(StatusCode::NOT_FOUND);
    let form =
        "organization_name=Acme&email=root%40acme.example&name=&password=correct+horse+battery";
    let form_request = || {
        let mut request = client.request(http::Method::POST, &path);
        request.headers_mut().insert(
            "content-type",
            "application/x-www-form-urlencoded".parse().unwrap(),
        );
        request.map(|_| http_body_util::Full::new(form.into()))
    };
    let made = client.send(form_request()).await;
    assert!(
        made.status.is_redirection() || made.status.is_success(),
        "{}",
        made.text()
    );
    let me = client.get("/v1/me").await.expect(StatusCode::OK).json();
    assert_eq!(me["user"]["role"], "superadmin");
    assert!(client.send(form_request()).await.status.is_client_error());
}

#[tokio::test]
async fn set_up_link_leads_to_where_people_reach_the_installation() {
    let server = Server::start(
        BINARY,
        ServerOptions {
            config: Some("[server]\npublic_url = \"https://mira.example.com\"\n".to_owned()),
            ..ServerOptions::default()
        },
    );
    let line = server
        .wait_for_stdout("set-up link: ", Duration::from_secs(5))
        .unwrap();
    assert!(
        line.starts_with("set-up link: https://mira.example.com/setup/"),
        "{line}"
    );
}

#[tokio::test]
async fn demo_prints_the_published_calls_and_they_work() {
    let server = demo();
    let facts = server.demo();
    let printed = server.stdout();
    for line in [
        format!("curl -X GET \"{}/api/v1/meetings\" \\", server.url()),
        format!("-H \"Authorization: Bearer {}\" \\", facts.keys.read),
        format!("curl -X POST {}/verify/v1/stream \\", server.url()),
        format!("-H \"Authorization: Bearer {}\" \\", facts.keys.verify),
        "-H \"Content-Type: application/json\"".to_owned(),
    ] {
        assert!(printed.contains(&line), "{line} is not in {printed}");
    }
    for user in &facts.users {
        assert!(printed.contains(&user.email) && printed.contains(&user.password));
    }
    // A shell runs the first call as it is printed.
    let call: String = printed
        .lines()
        .map(str::trim)
        .skip_while(|line| !line.starts_with("curl -X GET"))
        .take(3)
        .collect::<Vec<_>>()
        .join("\n");
    let finished = run("sh", &["-c", &format!("{call} --silent --fail")], &[], "");
    assert_eq!(finished.code, Some(0), "{call}");
    assert!(finished.stdout.contains("\"meetings\"") || finished.stdout.contains("\"data\":["));
}
