//! The command line against a running server.

use std::path::Path;

use http::StatusCode;
use mira_testkit::{Finished, Server, run};
use serde_json::Value;

use crate::demo;

const MIRA: &str = env!("CARGO_BIN_EXE_mira");

/// Somebody at a terminal: the server they mean, and what else their shell has set.
pub(crate) struct Operator {
    url: String,
    key: Option<String>,
    home: tempfile::TempDir,
}

impl Operator {
    pub(crate) fn of(server: &Server, key: Option<&str>) -> Self {
        Self {
            url: server.url(),
            key: key.map(str::to_owned),
            home: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn types(&self, line: &str) -> Finished {
        self.types_with(line, "", &[])
    }

    fn types_with(&self, line: &str, input: &str, variables: &[(&str, &str)]) -> Finished {
        let arguments: Vec<&str> = line.split(' ').collect();
        let mut environment = vec![("MIRA_URL", self.url.as_str())];
        environment.push(("HOME", self.home.path().to_str().unwrap()));
        environment.extend(self.key.as_deref().map(|key| ("MIRA_API_KEY", key)));
        environment.extend(variables);
        run(MIRA, &arguments, &environment, input)
    }

    /// What a line that works prints.
    #[track_caller]
    pub(crate) fn reads(&self, line: &str) -> String {
        let finished = self.types(line);
        assert_eq!(finished.code, Some(0), "{line}: {}", finished.stderr);
        finished.stdout
    }

    #[track_caller]
    pub(crate) fn reads_json(&self, line: &str) -> Value {
        serde_json::from_str(&self.reads(&format!("{line} --json"))).unwrap()
    }

    /// The code that the server gives a key, and the exit code that says so.
    pub(crate) fn verdict(&self, key: &str) -> (String, Option<i32>) {
        let finished = self.types_with("keys verify - --cost 0 --json", key, &[]);
        let verdict: Value = serde_json::from_str(&finished.stdout).unwrap();
        (verdict["code"].as_str().unwrap().to_owned(), finished.code)
    }
}

fn run_without_server(line: &str, environment: &[(&str, &str)], input: &str) -> Finished {
    let arguments: Vec<&str> = line.split(' ').collect();
    run(MIRA, &arguments, environment, input)
}

async fn status_of_meetings(server: &Server, key: &str) -> StatusCode {
    let client = server.client().with_key(key);
    client.get("/api/v1/meetings").await.status
}

#[tokio::test]
async fn key_lives_and_dies_at_the_command_line() {
    let server = demo();
    let admin = Operator::of(&server, Some(&server.demo().keys.admin));

    let made = admin.types("keys create --name CI --permissions read,write");
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let key = made.stdout.trim_end();
    assert!(
        key.starts_with("mira_live_") && !key.contains(char::is_whitespace),
        "{key}"
    );
    assert!(!made.stderr.contains(key));
    assert_eq!(status_of_meetings(&server, key).await, StatusCode::OK);
    assert_eq!(admin.verdict(key), ("valid".to_owned(), Some(0)));

    let listed = admin.reads_json("keys list --state active");
    let items = listed["items"].as_array().unwrap();
    let record = items.iter().find(|record| record["name"] == "CI").unwrap();
    let id = record["id"].as_str().unwrap();
    assert!(admin.reads("keys list").contains(id));
    assert!(
        admin
            .reads(&format!("keys show {id}"))
            .contains("read,write")
    );

    assert!(
        admin
            .reads(&format!("keys suspend {id}"))
            .contains("suspended")
    );
    assert_eq!(admin.verdict(key), ("suspended_key".to_owned(), Some(1)));
    assert_eq!(
        status_of_meetings(&server, key).await,
        StatusCode::UNAUTHORIZED
    );
    admin.reads(&format!("keys resume {id}"));
    assert_eq!(admin.verdict(key), ("valid".to_owned(), Some(0)));

    let rotated = admin.reads(&format!("keys rotate {id} --grace-period-secs 60"));
    let successor = rotated.trim_end();
    assert_eq!(status_of_meetings(&server, successor).await, StatusCode::OK);
    assert_eq!(status_of_meetings(&server, key).await, StatusCode::OK);

    let revoked = admin.reads_json(&format!("keys revoke {id} --reason leaked"));
    assert_eq!(revoked["state"], "revoked");
    assert_eq!(revoked["effective"], true);
    assert_eq!(admin.verdict(key), ("revoked_key".to_owned(), Some(1)));
    assert_eq!(
        status_of_meetings(&server, key).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(status_of_meetings(&server, successor).await, StatusCode::OK);
    let trail = admin.reads(&format!("audit list --action key.revoked --target {id}"));
    assert!(trail.contains("reason=leaked"), "{trail}");
}

#[tokio::test]
async fn app_and_its_keys_are_managed_at_the_command_line() {
    let server = demo();
    let demo = server.demo();
    let admin = Operator::of(&server, Some(&demo.keys.admin));
    let app = admin.reads_json("apps create --name Checker");
    let app = app["id"].as_str().unwrap();
    let key = admin.reads(&format!("keys create --app {app} --service verify"));
    assert!(key.starts_with("mk_verify_"), "{key}");
    let listed = admin.reads(&format!("keys list --app {app}"));
    assert!(listed.contains("mk_verify_"), "{listed}");
    assert!(
        admin
            .reads(&format!("apps rename {app} --name Proof"))
            .contains("Proof")
    );
    assert!(admin.reads("apps list").contains("Proof"));

    let topup = admin.types(&format!("apps topup {app} --amount 25"));
    assert_eq!(topup.code, Some(1));
    assert!(
        topup.stderr.contains("(forbidden, status 403, request "),
        "{}",
        topup.stderr
    );

    admin.reads(&format!("apps delete {app}"));
    assert_eq!(
        admin.verdict(key.trim_end()),
        ("revoked_key".to_owned(), Some(1))
    );
}

#[tokio::test]
async fn superadmin_manages_people_money_and_tenants_after_login() {
    let server = demo();
    let demo = server.demo();
    let superadmin = demo.user("superadmin");
    let operator = Operator::of(&server, None);
    let password = [("MIRA_PASSWORD", superadmin.password.as_str())];
    let line = format!("login --email {}", superadmin.email);
    let login = operator.types_with(&line, "", &password);
    assert_eq!(login.code, Some(0), "{}", login.stderr);

    let app = demo.app_id.as_str();
    let topup = operator.reads_json(&format!("apps topup {app} --amount 2.5 --reason Invoice"));
    assert_eq!(
        (&topup["type"], &topup["amount"]),
        (&"topup".into(), &2.5.into())
    );
    let adjusted = operator.reads(&format!("apps adjust {app} --amount -1 --reason Mistake"));
    assert!(adjusted.contains("adjustment"), "{adjusted}");
    assert!(
        operator
            .reads(&format!("apps transactions {app}"))
            .contains("Mistake")
    );

    let invited = operator.reads("users add --email new@example.com --role admin");
    assert!(invited.contains("/invitations/"), "{invited}");
    let people = operator.reads_json("users list");
    let items = people["items"].as_array().unwrap();
    let person = items
        .iter()
        .find(|person| person["email"] == "new@example.com")
        .unwrap();
    let id = person["id"].as_str().unwrap();
    assert!(
        operator
            .reads(&format!("users role {id} member"))
            .contains("member")
    );
    operator.reads(&format!("users remove {id}"));
    assert!(!operator.reads("users list").contains("new@example.com"));

    let tenant = operator.reads_json("orgs create --name Other");
    let tenant = tenant["id"].as_str().unwrap();
    let line = format!("orgs subscribe {tenant} --plan business");
    assert!(operator.reads(&line).contains("business"));
    let key = operator.reads(&format!(
        "keys create --name Theirs --organization {tenant}"
    ));
    assert_eq!(
        status_of_meetings(&server, key.trim_end()).await,
        StatusCode::OK
    );
    operator.reads(&format!("orgs suspend {tenant}"));
    assert_eq!(
        status_of_meetings(&server, key.trim_end()).await,
        StatusCode::UNAUTHORIZED
    );
    operator.reads(&format!("orgs resume {tenant}"));
    assert_eq!(
        status_of_meetings(&server, key.trim_end()).await,
        StatusCode::OK
    );
    assert!(operator.reads("audit verify").contains("true"));
    assert!(operator.reads("usage").contains("ALLOWED"));
}

#[tokio::test]
async fn logout_ends_the_session_that_login_kept() {
    let server = demo();
    let demo = server.demo();
    let member = demo.user("member");
    let operator = Operator::of(&server, None);
    let refused = operator.types("keys list");
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("mira login"), "{}", refused.stderr);

    let line = format!("login --email {}", member.email);
    let wrong = operator.types_with(&line, "", &[("MIRA_PASSWORD", "not the password")]);
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong.stderr.contains("invalid_credentials"),
        "{}",
        wrong.stderr
    );

    operator.types_with(&line, "", &[("MIRA_PASSWORD", &member.password)]);
    let kept = operator.home.path().join(".config/mira/session.json");
    let session: Value = serde_json::from_slice(&std::fs::read(&kept).unwrap()).unwrap();
    let cookie = session["cookie"].as_str().unwrap().to_owned();
    assert!(operator.reads("orgs show").contains("Acme"));

    // A session is for the server that gave it, and for no other.
    let elsewhere = operator.types_with("orgs show", "", &[("MIRA_URL", "http://127.0.0.1:9")]);
    assert!(
        elsewhere.stderr.contains("mira login"),
        "{}",
        elsewhere.stderr
    );

    assert_eq!(operator.types("logout").code, Some(0));
    assert!(!kept.exists());
    let client = server.client().with_header("cookie", &cookie);
    assert_eq!(client.get("/v1/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn json_is_what_the_api_answers() {
    let server = demo();
    let key = server.demo().keys.admin;
    let admin = Operator::of(&server, Some(&key));
    let organization = server.demo().organization_id;
    let path = format!("/v1/organizations/{organization}");
    let answer = server.client().with_key(&key).get(&path).await;
    assert_eq!(
        admin.reads("orgs show --json").trim_end(),
        answer.text().trim_end()
    );
}

#[tokio::test]
async fn refusal_is_said_on_stderr_with_its_code_and_request() {
    let server = demo();
    let reader = Operator::of(&server, Some(&server.demo().keys.read));
    let refused = reader.types("keys list");
    assert_eq!(refused.code, Some(1));
    assert_eq!(refused.stdout, "");
    let expected =
        "mira: API key lacks the admin permission (missing_permission, status 403, request ";
    assert!(refused.stderr.starts_with(expected), "{}", refused.stderr);

    let nobody = Operator {
        url: "http://127.0.0.1:9".to_owned(),
        ..reader
    };
    let unreachable = nobody.types("keys list");
    assert_eq!(unreachable.code, Some(1));
    assert!(
        unreachable.stderr.contains("cannot connect"),
        "{}",
        unreachable.stderr
    );
    assert_eq!(nobody.types("keys show mira_live_x").code, Some(2));
}

#[test]
fn inspect_needs_no_server_and_does_not_repeat_the_key() {
    let secret = "a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6";
    let finished = run_without_server("keys inspect -", &[], &format!("mk_verify_{secret}\n"));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert!(
        finished.stdout.contains("mk_verify_a1b2"),
        "{}",
        finished.stdout
    );
    assert!(!finished.stdout.contains(&secret[4..]));
    let other = run_without_server("keys inspect -", &[], "hunter2");
    assert_eq!((other.code, other.stdout.as_str()), (Some(1), ""));
    assert!(!other.stderr.contains("hunter2"));
}

#[test]
fn config_check_names_the_place_of_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mira.toml");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        run_without_server(&format!("config check {}", file.display()), &[], "")
    };
    assert_eq!(check("[store]\nlease_ms = 1000").code, Some(0));
    let wrong = check("[server]\nlisen = \"127.0.0.1:1\"");
    assert_eq!(wrong.code, Some(1));
    assert!(
        wrong
            .stderr
            .contains("mira.toml:2:1: unknown member \"lisen\""),
        "{}",
        wrong.stderr
    );
}

#[test]
fn openapi_is_a_document() {
    let finished = run_without_server("openapi", &[], "");
    let document: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert!(document["paths"]["/v1/keys/{key}/revoke"].is_object());
}

#[tokio::test]
async fn set_up_folder_takes_an_import_only_while_nobody_serves_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = serve(&data);
    assert!(server.stdout().contains("set-up link: http://"));
    server.stop();

    let data_text = data.display().to_string();
    let password = [("MIRA_PASSWORD", "correct horse battery")];
    let line = format!("setup --data {data_text} --email ada@example.com");
    let setup = run_without_server(&line, &password, "");
    assert_eq!(setup.code, Some(0), "{}", setup.stderr);

    let server = serve(&data);
    let operator = Operator::of(&server, None);
    let login = operator.types_with("login --email ada@example.com", "", &password);
    assert_eq!(login.code, Some(0), "{}", login.stderr);
    let organization = operator.reads_json("orgs show");
    let organization = organization["id"].as_str().unwrap().to_owned();
    operator.reads(&format!("orgs subscribe {organization} --plan enterprise"));

    let import = format!("import keys --data {data_text} --organization {organization} -");
    let key = "an-older-system-issued-this-key";
    let lines = format!("{{\"key\":\"{key}\",\"name\":\"Old\"}}\n");
    let beside = run_without_server(&import, &[], &lines);
    assert_eq!((beside.code, beside.stdout.as_str()), (Some(1), ""));
    server.stop();

    let first = run_without_server(&import, &[], &lines);
    assert_eq!(
        first.stdout.trim_end(),
        r#"{"imported":1,"skipped":0}"#,
        "{}",
        first.stderr
    );
    let again = run_without_server(&import, &[], &lines);
    assert_eq!(
        again.stdout.trim_end(),
        r#"{"imported":0,"skipped":1}"#,
        "{}",
        again.stderr
    );
    let server = serve(&data);
    assert_eq!(status_of_meetings(&server, key).await, StatusCode::OK);
}

fn serve(data: &Path) -> Server {
    let options = mira_testkit::ServerOptions {
        data: Some(data.to_owned()),
        ..mira_testkit::ServerOptions::default()
    };
    Server::start(MIRA, options)
}
